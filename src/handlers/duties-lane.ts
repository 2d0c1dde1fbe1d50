import { expireRun } from '../runs/decide.ts';
import { effectDeadlineMs } from '../runs/dependencies.ts';
import { endFreeze } from '../runs/freeze.ts';
import { lookWhetherItHelped } from '../runs/look-whether-it-helped.ts';
import { endOverdueRun } from '../runs/overdue.ts';
import { startRun } from '../runs/start.ts';
import { lookAgain, watchRun } from '../runs/watch.ts';
import { claimDuty, failDuty, finishDuty, nextDutyAt, type Duty } from '../storage/duties.ts';
import { isLastTry } from '../storage/lease.ts';
import { failpoint } from '../support/failpoints.ts';
import { messageOf } from '../support/log.ts';
import { askOthers, remindApprovers } from './ask-approvers.ts';
import type { Bot } from './bot.ts';
import { checkStorm } from './check-storm.ts';
import { diagnose } from './diagnose.ts';
import type { Lane } from './lanes.ts';
import { pointTwinAtMessage } from './look-for-twin.ts';
import { renewWhile } from './renew-lease.ts';
import { anchorRecord, pruneStorage } from './upkeep.ts';

/** What is done with each kind of duty. The list is the documentation. */
const doers: Readonly<Record<string, (bot: Bot, duty: Duty, now: Date) => Promise<void>>> = {
  'incident.diagnose': (bot, duty) => diagnose(bot, (duty.payload as { incidentId: number }).incidentId),
  'run.start': (bot, duty) => startRun(bot, duty.key),
  'run.watch': (bot, duty) => watchRun(bot, duty.key),
  'run.look': (bot, duty) => lookAgain(bot, duty.key),
  'run.overdue': (bot, duty) => endOverdueRun(bot, duty.key),
  'run.expire': (bot, duty) => expireRun(bot, duty.key),
  'run.ask': (bot, duty) => askOthers(bot, duty.key),
  'run.remind': (bot, duty) => remindApprovers(bot, duty.key),
  'run.helped': (bot, duty) => lookWhetherItHelped(bot, duty.key),
  'freeze.end': (bot, duty) => endFreeze(bot, Number(duty.key)),
  'storm.check': checkStorm,
  'message.reconcile': pointTwinAtMessage,
  'audit.anchor': anchorRecord,
  'storage.prune': pruneStorage,
};

/** Does what is due, whoever wrote it down. A duty that fails comes back later; one that keeps failing is set aside and shown. */
export function dutiesLane(bot: Bot, name: string): Lane {
  return {
    name,
    // Helm may be at work for minutes, and a process that is taken for stuck would be killed in the midst of it.
    patienceMs: effectDeadlineMs,
    step: async (now) => {
      const duty = await claimDuty(bot.db, bot.owner, now);
      if (duty === undefined) return false;
      try {
        const doer = doers[duty.kind];
        if (doer === undefined) throw new Error(`no handler for ${duty.kind}`);
        failpoint('duty.after-claim');
        await renewWhile(bot, 'duties', duty, doer(bot, duty, now));
        failpoint('duty.before-finish');
        await finishDuty(bot.db, duty);
        failpoint('duty.after-finish');
      } catch (error) {
        await failDuty(bot.db, duty, messageOf(error), now);
        bot.log[isLastTry(duty) ? 'error' : 'warn']('A duty failed', { duty: duty.id, kind: duty.kind, key: duty.key, tries: duty.tries, error: messageOf(error) });
      }
      bot.wake();
      return true;
    },
    nextAt: () => nextDutyAt(bot.db, bot.owner, bot.clock.now()),
  };
}
