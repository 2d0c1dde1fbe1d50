/**
 * The record: what was decided, done and refused, by whom, in an order that cannot be changed afterwards without being seen (T-23).
 *
 *   entry 1 ──hash──▶ entry 2 ──hash──▶ entry 3 … head
 *
 * The hash of an entry covers its text, its number, and the hash of the entry before. What is high in number and no decision, such as alerts that
 * arrive, is in the timeline of its incident alone.
 */
import type { RunState } from '../storage/tables.ts';
import { canonicalJson, sha256, type Json } from '../support/json.ts';

export type AuditKind =
  | `run.${RunState}`
  /** Others may go past a run of which nobody knows whether it happened. */
  | 'override.given'
  /** The incident's commander went on without the approvals that were missing. */
  | 'glass.broken'
  | `approval.${'approved' | 'denied'}`
  /** What a person did to an incident, by the kind of its timeline entry. */
  | `incident.${string}`
  | `freeze.${'set' | 'lifted'}`
  | 'refused'
  | `page.${'accepted' | 'refused'}`
  | `catalog.${'loaded' | 'refused'}`
  | 'process.started'
  /** The database came back from a copy or another server. */
  | 'epoch.begun'
  | 'storage.pruned';

export interface AuditEntry {
  readonly at: Date;
  /** Slack user id, or the name of a part of the bot. */
  readonly actor: string;
  readonly kind: AuditKind;
  /** What it is about: `run_9f3c…`, `INC-42`, or the bot itself. */
  readonly subject: string;
  /** Id of the system, where there is one. */
  readonly system: string | null;
  readonly details: Readonly<Record<string, Json | undefined>>;
}

/** An entry in its place in the chain, as it is stored and exported. */
export interface ChainedEntry {
  readonly sequence: number;
  /** Canonical JSON of the entry: what is hashed. */
  readonly entry: string;
  readonly previous: string;
  readonly hash: string;
}

/** Before the first entry. */
export const genesis = '0'.repeat(64);

/** What stands in each entry's `hash`. The database computes the same when it writes one. */
export function hashOf({ sequence, entry, previous }: Omit<ChainedEntry, 'hash'>): string {
  return sha256(`{"entry":${entry},"previous":${JSON.stringify(previous)},"sequence":${sequence}}`);
}

const longestText = 1_000;
const mostItems = 50;
const deepest = 5;
const longestEntry = 16 * 1024;

/**
 * The text of an entry, of 16 KiB at most. Texts from outside are cut and cleaned, so that nothing that people type or clusters answer can keep an entry
 * from being written.
 */
export function textOfEntry({ at, actor, kind, subject, system, details }: AuditEntry): string {
  const withDetails = (told: Json) => canonicalJson({ at: at.toISOString(), actor: clean(actor), kind: clean(kind), subject: clean(subject), system: system === null ? null : clean(system), details: told });
  const told = bounded(details as Json, deepest);
  const text = withDetails(told);
  return text.length <= longestEntry ? text : withDetails({ tooLong: text.length, sha256: sha256(canonicalJson(told)) });
}

function bounded(value: Json | undefined, depth: number): Json {
  if (typeof value === 'string') return clean(value);
  if (value === null || value === undefined || typeof value !== 'object') return value ?? null;
  if (depth === 0) return '…';
  if (Array.isArray(value)) return value.slice(0, mostItems).map((item) => bounded(item as Json, depth - 1));
  const entries = Object.entries(value as Record<string, Json | undefined>).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.slice(0, mostItems).map(([key, item]) => [clean(key), bounded(item, depth - 1)]));
}

/** PostgreSQL holds neither NUL nor half of a surrogate pair in JSON. */
function clean(text: string): string {
  const cut = text.length > longestText ? `${text.slice(0, longestText)}…` : text;
  return cut.replaceAll('\u0000', '\uFFFD').toWellFormed();
}
