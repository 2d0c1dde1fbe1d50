/** The project's own files, read as text: what the tidy tests look at. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Paths from the project's root, with `/`, in order. */
export function filesMatching(...patterns: readonly string[]): string[] {
  return patterns.flatMap((pattern) => globSync(pattern, { cwd: root, exclude: (path) => String(path).includes('node_modules') })).map((path) => path.replaceAll('\\', '/')).toSorted();
}

export function textOf(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

export interface Import {
  readonly file: string;
  /** The project's file, or the package as it is written: `zod`, `node:fs`, `preact/hooks`. */
  readonly target: string;
  readonly kind: 'value' | 'type' | 'dynamic';
}

const statement = /(?:^|\n)[ \t]*(?:import|export)\s+(type\s+)?(?:([\w\s{},*$]*?)\s*\bfrom\s*)?'([^']+)'/g;
const expression = /\bimport\(\s*'([^']+)'/g;

export function importsOf(file: string): Import[] {
  const code = withoutComments(textOf(file));
  const targetOf = (specifier: string) => (specifier.startsWith('.') ? posix.normalize(posix.join(dirname(file), specifier)) : specifier);
  const declared = [...code.matchAll(statement)].map(([, type, names = '', specifier = '']): Import => ({ file, target: targetOf(specifier), kind: type !== undefined || hasOnlyTypes(names) ? 'type' : 'value' }));
  const dynamic = [...code.matchAll(expression)].map(([, specifier = '']): Import => ({ file, target: targetOf(specifier), kind: 'dynamic' }));
  return [...declared, ...dynamic];
}

/** `{ type A, type B }` leaves nothing at run time. */
function hasOnlyTypes(names: string): boolean {
  const inner = /^\{([^}]*)\}\s*$/.exec(names.trim())?.[1];
  return inner !== undefined && inner.split(',').every((name) => name.trim() === '' || name.trim().startsWith('type '));
}

const commentOrText = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/(?![*/\s])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[dgimsuvy]*(?=\s*[.,;)\]])/g;

/** The code with comments blanked out; lines keep their numbers. */
export function withoutComments(text: string): string {
  return text.replace(commentOrText, (found) => (found.startsWith('//') || found.startsWith('/*') ? blank(found) : found));
}

/** Identifiers and punctuation alone: comments, strings and patterns are blanked out, but what a template computes stays. */
export function codeAlone(text: string): string {
  return text.replace(commentOrText, (found) => (found.startsWith('`') ? (found.match(/\$\{[^}]*\}/g) ?? []).join(' ') : blank(found)));
}

const blank = (text: string): string => text.replace(/[^\n]/g, ' ');

/** `file:line` of each line of `files` where the pattern is found in the code, comments left out. */
export function linesWith(pattern: RegExp, files: readonly string[]): string[] {
  return files.flatMap((file) =>
    withoutComments(textOf(file))
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}`] : [])),
  );
}
