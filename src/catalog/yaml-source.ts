import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { formatPath, type Path, type Problem, type Report } from './problem.ts';

/** A YAML file that was read: its data, and where in the text each part of it stands. */
export interface Source {
  readonly file: string;
  readonly data: unknown;
  /** Position of a value or of its key; of the nearest part around it where the path leads nowhere. */
  locate(path: Path, at: 'key' | 'value'): { readonly line: number; readonly column: number };
}

/** A file of more than this is not one that people wrote. */
const largestFileBytes = 1024 * 1024;

/**
 * Parses one YAML 1.2 document. Duplicate keys, aliases (of which a few lines can make gigabytes) and a second document are problems,
 * not data. With problems of this kind there is no data to look at.
 */
export function parseSource(file: string, text: string): { readonly source: Source } | { readonly problems: readonly Problem[] } {
  if (Buffer.byteLength(text) > largestFileBytes) {
    return { problems: [{ file, line: 1, column: 1, path: '', message: 'The file is larger than 1 MiB.' }] };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false, stringKeys: true });
  const problems: Problem[] = document.errors.map((error) => ({
    file,
    ...position(lines, error.pos[0]),
    path: '',
    message: error.code === 'DUPLICATE_KEY' ? 'This key is there twice.' : `Not valid YAML: ${firstLine(error.message)}.`,
    ...(error.code === 'DUPLICATE_KEY' ? { suggestion: 'keep one of them' } : {}),
  }));
  visit(document, {
    Node: (_, node) => {
      if (isAlias(node)) {
        problems.push({ file, ...position(lines, node.range?.[0] ?? 0), path: '', message: 'Aliases are not used in these files.', suggestion: 'write the value out' });
      }
    },
  });
  if (problems.length > 0) return { problems };
  const locate: Source['locate'] = (path, at) => position(lines, offsetOf(document.contents, path, at));
  return { source: { file, data: document.toJS() as unknown, locate } };
}

/** Collects problems of one file into `into`. */
export function reporter(source: Source, into: Problem[]): Report {
  return (path, message, suggestion, at = 'value') => {
    into.push({ file: source.file, ...source.locate(path, at), path: formatPath(path), message, ...(suggestion === undefined ? {} : { suggestion }) });
  };
}

function offsetOf(root: Node | null, path: Path, at: 'key' | 'value'): number {
  let node: unknown = root;
  let keyOffset = 0;
  for (const [index, part] of path.entries()) {
    const isLast = index === path.length - 1;
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(part));
      if (pair === undefined) return startOf(node) ?? keyOffset;
      keyOffset = startOf(pair.key) ?? keyOffset;
      if (isLast && at === 'key') return keyOffset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(part)];
      keyOffset = startOf(node) ?? keyOffset;
    } else {
      return startOf(node) ?? keyOffset;
    }
  }
  return startOf(node) ?? keyOffset;
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}

function position(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? text).replace(/[.:]+$/, '');
}
