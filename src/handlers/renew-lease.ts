import type { Duty } from '../storage/duties.ts';
import { leaseMs } from '../storage/lease.ts';
import type { Bot } from './bot.ts';

/**
 * Keeps a duty ours while its work goes on, so that another process takes it over only when this one is gone. Without it, an effect that takes longer
 * than a lease would be called unknown while it is still being done.
 */
export async function renewWhile<T>(bot: Bot, duty: Duty, work: Promise<T>): Promise<T> {
  const done = new AbortController();
  const renewing = (async () => {
    while (!done.signal.aborted) {
      await bot.clock.sleep(leaseMs / 3, done.signal);
      if (done.signal.aborted) return;
      await bot.db
        .updateTable('duties')
        .set({ lease_until: new Date(bot.clock.now().getTime() + leaseMs) })
        .where('id', '=', duty.id)
        .where('lease_owner', '=', bot.owner)
        .where('state', '=', 'waiting')
        .execute()
        .catch(() => {});
    }
  })();
  try {
    return await work;
  } finally {
    done.abort();
    await renewing;
  }
}
