/**
 * The plan as it is hashed, whole: whoever approves it sees every field of what will run. No part is cut in the middle; a value that is too long for
 * Slack is named by its length and hash, and the plan goes into the thread as a file. Two different plans never give the same text (GUARANTEES T-16).
 */
import type { EffectRequest, PlanDraft } from '../actions/plan.ts';
import type { Plan } from '../approvals/plan.ts';
import { canonicalJson, type Json } from '../support/json.ts';
import { redactAll } from '../support/redact/redact.ts';
import { sectionsOf, type Block } from './blocks.ts';
import { codePoints, join, mrkdwn, type Mrkdwn } from './mrkdwn.ts';
import { changeLines, exact, exactValues, fingerprint, sameAs, sentence, settleLine, undoLine, warningLines } from './plan-details.ts';
import { targetLine } from './target.ts';

/** What a message has room for beside its first lines and its buttons. */
const room = 6_000;
const longestLine = 2_900;
/** Paths and bodies are longer than values, and people compare them all the same. */
const longestRequest = 600;

export function exactPlan(plan: Plan): readonly Block[] {
  const lines = linesOf(plan);
  return sectionsOf(fits(lines) ? lines : [mrkdwn`*The plan, whole*, is ${fingerprint(canonicalJson(plan as unknown as Json))}. It does not fit here; the file in the thread holds it.`]);
}

/** The whole plan for the thread, when something in it is named by its hash; else `null`. */
export function planFile(plan: Plan): { readonly title: string; readonly body: string } | null {
  const isNamed = (line: Mrkdwn) => /\d characters?, sha256 `/.test(line.source);
  const lines = linesOf(plan);
  return fits(lines) && !lines.some(isNamed) ? null : { title: plan.draft.summary, body: `${JSON.stringify(redactAll(plan), null, 2)}\n` };
}

const fits = (lines: readonly Mrkdwn[]) => lines.every(({ source }) => codePoints(source) <= longestLine) && lines.reduce((sum, { source }) => sum + codePoints(source) + 1, 0) <= room;

function linesOf(plan: Plan): readonly Mrkdwn[] {
  const { draft, target } = plan;
  return [
    mrkdwn`*Exactly this runs:* ${sentence(draft.summary)}`,
    mrkdwn`*On* ${targetLine(target)}${shortUid(draft)}`,
    ...requestLines(draft.request),
    sameAs(draft),
    mrkdwn`*Now → after*`,
    ...changeLines(draft.changes),
    mrkdwn`*To know*`,
    ...warningLines(draft),
    join([undoLine(draft), settleLine(draft)], ' '),
    mrkdwn`*Only if still so:* ${exactValues(draft.guard)}`,
    mrkdwn`*Asked as* ${exact(plan.actionId)} (${exact(plan.primitive)}) of ${exact(plan.systemId)} in ${exact(plan.environment)}${plan.component === null ? null : mrkdwn`, component ${exact(plan.component)}`}, with ${exactValues(plan.params)}, by ${exact(plan.requestedBy)}${plan.incidentId === null ? null : mrkdwn` for INC-${plan.incidentId}`}`,
    mrkdwn`*Under* the rule ${exact(plan.policyId)}, risk ${exact(plan.risk)}${draft.conditions === undefined ? null : mrkdwn` with ${exact(canonicalJson(draft.conditions))}`}, approvals ${plan.approvalsNeeded}, catalog ${exact(plan.catalogVersion)}, epoch ${plan.epoch}, until ${exact(plan.expiresAt)}, ${draft.settleWithinMs} ms to settle`,
  ];
}

function requestLines(request: EffectRequest): readonly Mrkdwn[] {
  switch (request.via) {
    case 'kubernetes':
      return [
        mrkdwn`*Sends* ${exact(`${request.method} ${request.path}`, longestRequest)} to ${exact(request.context)}`,
        mrkdwn`*Body* (${exact(request.contentType)}) ${exact(canonicalJson(request.body), longestRequest)}`,
      ];
    case 'helm':
      return [mrkdwn`*Runs* helm ${words(request.arguments)} in ${exact(request.context)}`];
    case 'compose':
      return [mrkdwn`*Runs* docker ${words(request.arguments)} on ${exact(request.host)}`];
  }
}

const words = (argv: readonly string[]): Mrkdwn => join(argv.map((word) => exact(word)), ' ');

/** Enough to see that two people talk of the same object; the whole of it is among what must still be so. */
function shortUid({ guard }: PlanDraft): Mrkdwn | null {
  const uid = guard['uid'] ?? guard['workloadUid'] ?? guard['container'];
  return typeof uid === 'string' ? mrkdwn`, uid ${exact(uid.slice(0, 8))}` : null;
}
