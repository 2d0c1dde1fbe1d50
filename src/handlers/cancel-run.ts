/** Taking back what was asked for, as far as that is possible: a button on the run's message, and `/stock cancel`. */
import { withdrawRun } from '../runs/decide.ts';
import type { Run } from '../runs/run.ts';
import { openRunsOf } from '../runs/store.ts';
import { howToCancel } from '../runs/transitions.ts';
import type { ModalContent } from '../views/blocks.ts';
import { cancelList } from '../views/cancel-list.ts';
import { cancelModal } from '../views/request-modals.ts';
import type { Bot } from './bot.ts';
import { aboutRun, refuse, whisper, type Place } from './reply.ts';

export async function cancelRun(bot: Bot, place: Place, run: Run, open: (view: ModalContent) => Promise<void>): Promise<void> {
  const how = howToCancel(run);
  switch (how.kind) {
    case 'refused':
      return refuse(bot, place, { refused: `Cancel: ${run.plan.draft.summary}`, rule: how.rule, instead: how.instead }, aboutRun(run));
    case 'withdraw': {
      const withdrawn = await withdrawRun(bot, run.id, place.userId);
      return withdrawn.kind === 'refused' ? refuse(bot, place, withdrawn.refusal, aboutRun(run)) : undefined;
    }
    case 'stopWatching':
      return open(cancelModal({ requestId: run.id, summary: run.plan.draft.summary, seen: run.progressLine, canUndo: 'primitive' in run.plan.draft.undo }));
  }
}

export async function cancelOwn(bot: Bot, place: Place, triggerId: string): Promise<void> {
  const runs = await openRunsOf(bot.db, place.userId);
  const [only, ...others] = runs;
  if (only === undefined) return refuse(bot, place, { refused: 'Cancel', rule: 'nothing that you asked for waits or runs', instead: 'What others asked for, they withdraw; what has ended has Undo… on its message.' }, { system: null, subject: 'cancel' });
  if (others.length > 0) {
    const listed = runs.map((run) => ({ requestId: run.id, summary: run.plan.draft.summary, environment: run.plan.environment, standing: run.state === 'started' ? 'running' : 'not started', requestedAt: run.requestedAt }));
    return whisper(bot, place, cancelList(listed, bot.clock.now()));
  }
  return cancelRun(bot, place, only, async (view) => {
    const opened = await bot.slack.openView(triggerId, view);
    if (opened.status === 'failed') await refuse(bot, place, { refused: 'Open a window', rule: `Slack did not let the bot open it (${opened.error})`, instead: 'Type it again.' }, aboutRun(only));
  });
}
