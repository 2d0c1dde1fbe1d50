import type { PlanDraft, Target } from '../actions/plan.ts';
import { context, message, section, sectionsOf, type MessageContent } from './blocks.ts';
import { changeLines, sameAs, shortHash, undoLine, warningLines } from './plan-details.ts';
import { code, join, mrkdwn, truncate } from './mrkdwn.ts';
import { planPlace } from './plan-modal.ts';
import { symbols } from './symbols.ts';

/** `--dry-run`: the plan, and that nothing of it was done. */
export interface DryRun {
  readonly plan: PlanDraft;
  readonly planHash: string;
  readonly target: Target;
  readonly systemName: string;
  readonly environment: string;
  /** What it would need: `one approval from SRE`. */
  readonly needs: string;
}

export function dryRunMessage(dryRun: DryRun): MessageContent {
  const { plan } = dryRun;
  return message(mrkdwn`${symbols.done} *Dry run, nothing was changed: ${truncate(plan.summary, 250)} (${truncate(dryRun.environment, 60)})*`, [
    section(planPlace(dryRun)),
    ...sectionsOf([mrkdwn`_now → after_`, ...changeLines(plan.changes)]),
    ...sectionsOf(warningLines(plan)),
    section(join([sameAs(plan), undoLine(plan), mrkdwn`It would need ${truncate(dryRun.needs, 200)}.`], '\n')),
    context(mrkdwn`Plan ${code(shortHash(dryRun.planHash))}. The cluster itself was asked to check it without doing it, where it can.`),
  ]);
}
