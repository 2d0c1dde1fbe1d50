/** Where in a story each failpoint lies, and how the story may end when the fault strikes there. */
import type { Failpoint } from '../../src/support/failpoints.ts';

/**
 * What is under way when the fault strikes. `ask` to `evidence` are stages of one write, in order; `deny` to `settle` end it in other ways; the rest is about an alert.
 * `lost`, `lookup`: an answer has been lost before, so that what comes after is reached.
 */
export type Stage = 'ask' | 'confirm' | 'approve' | 'watch' | 'evidence' | 'deny' | 'withdraw' | 'expire' | 'settle' | 'webhook' | 'lookup' | 'incident';

export const stageOf: Readonly<Record<Failpoint, Stage>> = {
  'webhook.before-commit': 'webhook',
  'webhook.after-commit': 'webhook',
  'notification.after-claim': 'webhook',
  'notification.before-commit': 'webhook',
  'notification.after-commit': 'webhook',
  'page.after-claim': 'webhook',
  'page.before-send': 'webhook',
  'page.after-send': 'webhook',
  'page.after-commit': 'webhook',
  'card.after-claim': 'webhook',
  'card.before-post': 'webhook',
  'card.after-post': 'webhook',
  'card.before-lookup': 'lookup',
  'card.before-update': 'watch',
  'card.after-update': 'watch',
  'card.after-commit': 'webhook',
  'submission.before-answer': 'confirm',
  'interaction.before-store': 'confirm',
  'interaction.after-store': 'confirm',
  'interaction.after-acknowledge': 'confirm',
  'interaction.after-claim': 'confirm',
  'interaction.before-finish': 'confirm',
  'interaction.after-finish': 'confirm',
  'view.before-open': 'ask',
  'view.after-open': 'ask',
  'incident.before-commit': 'incident',
  'incident.after-commit': 'incident',
  'plan.before-store': 'ask',
  'plan.after-store': 'ask',
  'request.before-commit': 'confirm',
  'request.before-ask': 'confirm',
  'approval.before-commit': 'approve',
  'denial.before-commit': 'deny',
  'withdrawal.before-commit': 'withdraw',
  'settlement.before-commit': 'settle',
  'decision.after-commit': 'confirm',
  'expiry.before-commit': 'expire',
  'expiry.after-commit': 'expire',
  'duty.after-claim': 'confirm',
  'duty.before-finish': 'confirm',
  'duty.after-finish': 'confirm',
  'run.before-started': 'confirm',
  'run.before-start-commit': 'confirm',
  'run.after-started': 'confirm',
  'run.during-effect': 'confirm',
  'run.after-effect': 'confirm',
  'run.before-receipt-commit': 'confirm',
  'run.after-receipt': 'confirm',
  'run.before-unknown-commit': 'evidence',
  'run.after-unknown': 'evidence',
  'watch.after-look': 'watch',
  'run.before-outcome': 'watch',
  'run.after-outcome': 'watch',
  'evidence.before-look': 'evidence',
  'evidence.after-look': 'evidence',
  'evidence.after-commit': 'evidence',
};

/** Nothing is stored yet: the person is told that it failed, and does it again. From everywhere else it goes on by itself. */
export const isForgotten: ReadonlySet<Failpoint> = new Set(['submission.before-answer', 'interaction.before-store']);

/** `started` is on record and perhaps nothing was sent: here, and only here, it may end with nothing done. */
export const mayEndUndone: ReadonlySet<Failpoint> = new Set(['run.after-started', 'run.during-effect', 'run.before-start-commit']);

/** A stage that the whole of a write goes through, so that every family has a row there. */
export const isOfWrite = (point: Failpoint): boolean => !['webhook', 'lookup', 'incident', 'expire'].includes(stageOf[point]);
