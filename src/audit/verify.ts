import { canonicalJson, type Json } from '../support/json.ts';
import { genesis, hashOf, type ChainedEntry } from './entry.ts';
import type { Head } from './store.ts';

/** An entry's number and hash as they were once, kept where whoever can write to the database cannot reach: in the log, in a channel. */
export type Anchor = Head;

export type Verified =
  | { readonly kind: 'whole'; readonly entries: number; readonly last: Head }
  /** `sequence`: the first entry of which the record is no longer what was written. */
  | { readonly kind: 'broken'; readonly sequence: number; readonly why: string };

export interface Expected {
  readonly anchors?: readonly Anchor[];
  /** Where the database says that the chain ends. */
  readonly head?: Head;
  /** Some were left out on purpose (a filtered export): what is there is checked, and what is not there is not asked for. */
  readonly partial?: boolean;
}

/**
 * Walks the chain from its beginning and names the first entry that was changed, left out, or put elsewhere. Somebody who can write to the database may
 * compute the whole chain anew, or cut its end off: that is seen by the anchors alone.
 */
export async function verifyChain(entries: AsyncIterable<ChainedEntry> | Iterable<ChainedEntry>, { anchors = [], head, partial = false }: Expected = {}): Promise<Verified> {
  let last: Head = { sequence: 0, hash: genesis };
  let count = 0;
  const open = new Map(anchors.map((anchor) => [anchor.sequence, anchor.hash]));
  for await (const entry of entries) {
    const why = whyBroken(entry, last, partial);
    if (why !== null) return { kind: 'broken', ...why };
    if (open.has(entry.sequence) && open.get(entry.sequence) !== entry.hash) return { kind: 'broken', sequence: entry.sequence, why: 'it is not the entry that its anchor was made of: it, or one before it, was written anew' };
    open.delete(entry.sequence);
    last = { sequence: entry.sequence, hash: entry.hash };
    count += 1;
  }
  const missing = Math.max(0, head?.sequence ?? 0, ...(partial ? [] : open.keys()));
  if (missing > last.sequence) return { kind: 'broken', sequence: last.sequence + 1, why: `it is missing: the record ends at ${last.sequence} and once went on to ${missing}` };
  if (head !== undefined && (head.sequence !== last.sequence || head.hash !== last.hash)) return { kind: 'broken', sequence: last.sequence, why: 'the head names another entry as the last one' };
  return { kind: 'whole', entries: count, last };
}

function whyBroken(entry: ChainedEntry, last: Head, partial: boolean): { readonly sequence: number; readonly why: string } | null {
  const { sequence, previous, hash } = entry;
  const follows = sequence === last.sequence + 1;
  if (sequence <= last.sequence) return { sequence, why: `it comes after entry ${last.sequence}` };
  if (!follows && !partial) return { sequence: last.sequence + 1, why: `it is missing: entry ${sequence} follows on ${last.sequence}` };
  if (hashOf(entry) !== hash) return { sequence, why: 'its hash is not that of its text: it was changed' };
  if (follows && previous !== last.hash) return { sequence, why: `it does not follow on entry ${last.sequence}: one of the two was put there afterwards` };
  return null;
}

/** One line of an exported file: what is hashed, and its hash. */
export function toLine({ sequence, entry, previous, hash }: ChainedEntry): string {
  return canonicalJson({ entry: JSON.parse(entry) as Json, hash, previous, sequence });
}

/** `null`: the line is none of an export. */
export function fromLine(line: string): ChainedEntry | null {
  let read: unknown;
  try {
    read = JSON.parse(line);
  } catch {
    return null;
  }
  const { entry, hash, previous, sequence } = (read ?? {}) as Record<string, unknown>;
  if (typeof entry !== 'object' || entry === null || typeof hash !== 'string' || typeof previous !== 'string' || !Number.isSafeInteger(sequence)) return null;
  return { sequence: sequence as number, entry: canonicalJson(entry as Json), previous, hash };
}
