/** Something wrong in a file of the catalog, where it is, and what to write instead. Lines and columns count from 1. */
export interface Problem {
  /** Relative to the directory of the catalog: `stock-service/system.yaml`. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** `actions.scale.component`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  readonly suggestion?: string;
}

export type Path = readonly (string | number)[];

/** Takes one problem. `at` says whether the key or the value is wrong. */
export type Report = (path: Path, message: string, suggestion?: string, at?: 'key' | 'value') => void;

/** `alerts.rules[2].buttons[0]` */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`), '');
}

/** By file, then by position; the same problem is named once. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  const unique = new Map(problems.map((problem) => [`${problem.file}:${problem.line}:${problem.column}:${problem.message}`, problem]));
  return [...unique.values()].sort((a, b) => (a.file === b.file ? a.line - b.line || a.column - b.column : a.file < b.file ? -1 : 1));
}
