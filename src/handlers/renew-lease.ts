import { leaseMs } from '../storage/lease.ts';
import type { Bot } from './bot.ts';

/**
 * Keeps a row ours while its work goes on, so that another process takes it over only when this one is gone. Without it, an effect that takes longer
 * than a lease would be called unknown while it is still being done, and what a person pressed would be worked out twice.
 */
export async function renewWhile<T>(bot: Bot, table: 'duties' | 'interactions', row: { readonly id: number }, work: Promise<T>): Promise<T> {
  const done = new AbortController();
  const renewing = (async () => {
    while (!done.signal.aborted) {
      await bot.clock.sleep(leaseMs / 3, done.signal);
      if (done.signal.aborted) return;
      await bot.db
        .updateTable(table)
        .set({ lease_until: new Date(bot.clock.now().getTime() + leaseMs) })
        .where('id', '=', row.id)
        .where('lease_owner', '=', bot.owner)
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
