import { valueAt } from './parse-file.ts';
import type { Path, Report } from './problem.ts';
import type { ParsedSection } from './runbook.ts';
import type { SystemFile } from './schema/system-file.ts';

/** One system's files while they are being checked. */
export interface SystemSource {
  /** `stock-service`: the name of its folder. */
  readonly folder: string;
  /** As parsed, without what could not be read, completed from `defaults.yaml`. */
  readonly file: SystemFile;
  /** As written. Says that a thing is there even when it could not be read, so that one mistake is not told twice. */
  readonly raw: unknown;
  readonly report: Report;
  /** Sections of `runbook.md` by anchor. */
  readonly sections: ReadonlyMap<string, ParsedSection>;
  /** A problem in `runbook.md`. */
  readonly reportRunbook: (line: number, message: string, suggestion?: string) => void;
}

/** The keys that the file has under `path`, also those whose value could not be read. */
export function namesIn(source: SystemSource, ...path: Path): string[] {
  const value = valueAt(source.raw, path);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
}
