import { randomBytes } from 'node:crypto';

/** Slack's id of a person; parts of the bot and sources of alerts are named in lower case, and channels with another letter. */
export const isPersonId = (id: string): boolean => /^[UW][A-Z0-9]{1,30}$/.test(id);

/** Where randomness comes from: real in production, seeded in tests and simulations. */
export interface Random {
  /** `count` bytes that nobody can guess. */
  bytes(count: number): Buffer;
}

export const systemRandom: Random = { bytes: (count) => randomBytes(count) };

/** An id that says what it names and sorts by nothing: `run_9f3c21ab…` (16 hex digits of randomness). */
export function newId(random: Random, prefix: string): string {
  return `${prefix}_${random.bytes(8).toString('hex')}`;
}
