import type { Context, Primitive } from '../actions/define-primitive.ts';
import type { Ports } from '../actions/ports.ts';
import type { People } from '../approvals/people.ts';
import type { Catalog } from '../catalog/system.ts';
import type { Db } from '../storage/database.ts';
import type { Epochs } from '../storage/epochs.ts';
import type { Clock } from '../support/clock.ts';
import type { Random } from '../support/ids.ts';
import type { Log } from '../support/log.ts';
import { redactAll } from '../support/redact/redact.ts';

/** What running actions needs; handed in by `app.ts`. */
export interface RunDependencies {
  readonly db: Db;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly primitives: ReadonlyMap<string, Primitive>;
  readonly ports: Ports;
  readonly people: People;
  readonly catalog: () => Catalog;
  readonly epochs: Epochs;
  /** Everything may be looked at, and nothing changed. */
  readonly readOnly: boolean;
}

/** How long a read may take before the bot says that it got no answer. */
export const readDeadlineMs = 15_000;
/** How long an effect may take to be answered before it is `unknown`. Helm's hooks may take minutes. */
export const effectDeadlineMs = 5 * 60_000;

/** A cluster that does not answer is no failed change: it may be looked at for this long beyond the time that the change has. */
export const blindForMs = 15 * 60_000;

/**
 * Does `work` with what primitives need; its signal aborts when `deadlineMs` have passed on the bot's clock. What it brings from outside comes without secrets
 * (T-09): whatever is stored or shown of a reading, a progress, an evidence or a receipt has passed here.
 */
export async function within<T>(dependencies: Pick<RunDependencies, 'ports' | 'clock'>, deadlineMs: number, work: (context: Context) => Promise<T>): Promise<T> {
  return redactAll(await withinUnredacted(dependencies, deadlineMs, work));
}

/** The same with everything as it is: a plan compares and sends values that it may not show. */
export async function withinUnredacted<T>({ ports, clock }: Pick<RunDependencies, 'ports' | 'clock'>, deadlineMs: number, work: (context: Context) => Promise<T>): Promise<T> {
  const done = new AbortController();
  const deadline = new AbortController();
  void clock.sleep(deadlineMs, done.signal).then(() => {
    if (!done.signal.aborted) deadline.abort(new Error(`No answer within ${Math.round(deadlineMs / 1_000)} s.`));
  });
  try {
    return await work({ ports, clock, signal: deadline.signal });
  } catch (error) {
    // What has failed half way is not left running: it would happen behind the back of whoever looks for it next.
    deadline.abort(error);
    throw error;
  } finally {
    done.abort();
  }
}
