import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import type { ChainedEntry } from '../audit/entry.ts';
import { readEntries, readHead, type AuditFilter } from '../audit/store.ts';
import { fromLine, toLine, verifyChain, type Anchor, type Verified } from '../audit/verify.ts';
import type { Environment } from '../config/settings.ts';
import { withDatabase } from './with-database.ts';

export interface AuditOptions {
  readonly anchor?: readonly string[] | undefined;
  readonly file?: string | undefined;
  readonly partial?: boolean | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly system?: string | undefined;
  readonly actor?: string | undefined;
}

/** Walks the chain in the database, or in an exported file. @returns 0 it is whole, 1 it is not, 2 wrong use or settings */
export async function verifyAudit(environment: Environment, options: AuditOptions): Promise<number> {
  const anchors: Anchor[] = [];
  for (const text of options.anchor ?? []) {
    const read = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text);
    if (read === null) return wrong(`--anchor ${text}: write it as it was logged, <sequence>:<hash of 64 hex digits>.`);
    anchors.push({ sequence: Number(read[1]), hash: read[2] ?? '' });
  }
  if (options.file !== undefined) return verifyFile(options.file, anchors, options.partial === true);
  return withDatabase(environment, async (db) => told(await verifyChain(readEntries(db), { anchors, head: await readHead(db) })));
}

async function verifyFile(path: string, anchors: readonly Anchor[], partial: boolean): Promise<number> {
  try {
    return told(await verifyChain(linesOf(path), { anchors, partial }));
  } catch (error) {
    if (error instanceof UnreadableLine) return told({ kind: 'broken', sequence: error.after + 1, why: `line ${error.line} of the file is not a line of an export` });
    return wrong(`${path} cannot be read.`);
  }
}

class UnreadableLine extends Error {
  readonly line: number;
  readonly after: number;
  constructor(line: number, after: number) {
    super(`line ${line}`);
    this.line = line;
    this.after = after;
  }
}

async function* linesOf(path: string): AsyncGenerator<ChainedEntry> {
  let [line, after] = [0, 0];
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    line += 1;
    if (text.trim() === '') continue;
    const entry = fromLine(text);
    if (entry === null) throw new UnreadableLine(line, after);
    after = entry.sequence;
    yield entry;
  }
}

function told(verified: Verified): number {
  if (verified.kind === 'broken') {
    console.error(`The record is not whole. Entry ${verified.sequence}: ${verified.why}.`);
    return 1;
  }
  console.log(`The record is whole: ${verified.entries} entries, the last one ${verified.last.sequence}:${verified.last.hash}`);
  return 0;
}

/** Prints the entries as JSON Lines, the oldest first. */
export async function exportAudit(environment: Environment, options: AuditOptions): Promise<number> {
  const times: Partial<Record<'since' | 'until', Date>> = {};
  for (const name of ['since', 'until'] as const) {
    const text = options[name];
    if (text === undefined) continue;
    const at = new Date(text);
    if (Number.isNaN(at.getTime())) return wrong(`--${name} ${text}: write a day or a time, such as 2026-03-02 or 2026-03-02T02:13:00Z.`);
    times[name] = at;
  }
  const filter: AuditFilter = { ...times, system: options.system, actor: options.actor };
  return withDatabase(environment, async (db) => {
    for await (const entry of readEntries(db, filter)) if (!process.stdout.write(`${toLine(entry)}\n`)) await new Promise<void>((resolve) => process.stdout.once('drain', resolve));
    return 0;
  });
}

function wrong(text: string): number {
  console.error(text);
  return 2;
}
