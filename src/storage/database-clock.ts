import { sql } from 'kysely';
import type { Clock } from '../support/clock.ts';
import type { Db } from './database.ts';

/**
 * A clock that tells the database's time, so that replicas whose own clocks differ agree on what is due (F-36). It asks the database how far off the
 * base clock is, at the start and at every `adjust`.
 */
export async function databaseClock(db: Db, base: Clock): Promise<Clock & { adjust(): Promise<void> }> {
  let offsetMs = 0;
  const adjust = async (): Promise<void> => {
    const before = base.now().getTime();
    const { rows } = await sql<{ at: Date }>`select clock_timestamp() as at`.execute(db);
    const after = base.now().getTime();
    const at = rows[0]?.at.getTime() ?? before;
    offsetMs = at - (before + after) / 2;
  };
  await adjust();
  return { now: () => new Date(base.now().getTime() + offsetMs), sleep: base.sleep, adjust };
}
