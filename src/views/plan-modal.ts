import type { PlanDraft, Refusal, Target } from '../actions/plan.ts';
import type { Plan } from '../approvals/plan.ts';
import type { Risk } from '../catalog/system.ts';
import { button, buttons, context, divider, modal, optional, section, sectionsOf, textInput, type ModalContent } from './blocks.ts';
import type { Control } from './controls.ts';
import { exactPlan } from './exact-plan.ts';
import { holdLine, type HoldView } from './hold.ts';
import { changeLines, sameAs, shortHash, undoLine, warningLines } from './plan-details.ts';
import { code, escape, join, mrkdwn, truncate, when, type Mrkdwn } from './mrkdwn.ts';
import { refusalLines } from './refusal.ts';
import { targetPlace } from './target.ts';

/** What a person sees before anything happens: exactly what would, what it needs, and how to go back. */
export interface PlanView {
  readonly requestId: string;
  readonly incidentId: number | null;
  /** Verb first, as on the button: `Roll back`. */
  readonly actionTitle: string;
  readonly systemName: string;
  readonly environment: string;
  readonly plan: PlanDraft;
  /** What is hashed: the draft and everything that it is bound to. */
  readonly whole: Plan;
  readonly planHash: string;
  readonly target: Target;
  readonly risk: Risk;
  readonly need: PlanNeed;
  /** The action has something to choose, such as a revision, and the plan has chosen by itself. */
  readonly choice?: Omit<Control, 'verb'>;
  readonly expiresAt: Date;
  /** What keeps it from being asked for: it can only be read then. */
  readonly hold?: HoldView | null;
  readonly now: Date;
}
export interface PlanNeed {
  /** How many people besides the requester must agree; 0: the requester confirms alone. */
  readonly approvals: number;
  /** Who may: `SRE`. */
  readonly approvers: string;
  /** Which rule asks for it: `production, high risk`. */
  readonly because: string;
  /** What has to be typed to go on, for what cannot be undone. */
  readonly typedConfirmation: string | null;
}

/** The name of the input that holds the typed confirmation. */
export const confirmationInput = 'confirmation';

export function planModal(view: PlanView): ModalContent {
  if (view.hold != null) return heldPlanModal(view, view.hold);
  const { plan, need, actionTitle } = view;
  return modal({
    name: 'plan.confirm',
    title: actionTitle,
    submit: need.approvals > 0 ? 'Ask for approval' : actionTitle,
    close: 'Cancel',
    about: { requestId: view.requestId },
    parts: [
      section(mrkdwn`*${truncate(plan.summary, 300)}?*\n${planPlace(view)}`),
      ...sectionsOf([mrkdwn`_now → after_`, ...changeLines(plan.changes)]),
      ...sectionsOf(warningLines(plan)),
      section(join([undoLine(plan), needLine(view)], '\n')),
      view.choice === undefined ? null : buttons(button('Choose another…', { verb: 'action.choose', ...view.choice })),
      need.typedConfirmation === null
        ? null
        : textInput({ name: confirmationInput, label: `To go on, type ${need.typedConfirmation}`, maxLength: 200, hint: 'This cannot be undone.' }),
      divider,
      ...exactPlan(view.whole),
      context(mrkdwn`Plan ${code(shortHash(view.planHash))}. What is shown is what runs; if it is no longer so when it starts, it does not start.`),
    ],
  });
}

/** The plan for reading alone: no change may start there now. */
function heldPlanModal(view: PlanView, hold: HoldView): ModalContent {
  const { plan } = view;
  return modal({
    name: 'plan.read',
    title: view.actionTitle,
    close: 'Close',
    about: { requestId: view.requestId },
    parts: [
      section(holdLine(hold, view.now)),
      section(mrkdwn`*${truncate(plan.summary, 300)}*\n${planPlace(view)}`),
      ...sectionsOf([mrkdwn`_now → after_`, ...changeLines(plan.changes)]),
      ...sectionsOf(warningLines(plan)),
      section(join([sameAs(plan), undoLine(plan)], '\n')),
      context(mrkdwn`Plan ${code(shortHash(view.planHash))}. It cannot be asked for now; ask again when changes may be made.`),
    ],
  });
}

/** `See the whole plan`: everything that the hash covers. */
export function wholePlanModal(view: Pick<PlanView, 'requestId' | 'plan' | 'whole' | 'planHash' | 'systemName' | 'environment' | 'target'>): ModalContent {
  return modal({
    name: 'plan.read',
    title: 'The whole plan',
    about: { requestId: view.requestId },
    parts: [section(mrkdwn`*${truncate(view.plan.summary, 300)}*\n${planPlace(view)}`), ...exactPlan(view.whole), optional('the hash', context(mrkdwn`Plan ${code(view.planHash)}`))],
  });
}

/** Shown at once, because Slack waits three seconds and a cluster may not. Replaced by the plan or by why there is none. */
export function planningModal(view: Pick<PlanView, 'actionTitle' | 'systemName' | 'environment'>): ModalContent {
  return modal({
    name: 'plan.read',
    title: view.actionTitle,
    about: {},
    parts: [section(mrkdwn`Working out what would happen to *${view.systemName} · ${view.environment}*. Nothing has been changed.`)],
  });
}

/** No plan, and why, in the modal where it was asked for. */
export function refusalModal(title: string, refusal: Refusal): ModalContent {
  return modal({ name: 'plan.read', title, about: {}, parts: [section(refusalLines(refusal))] });
}

export function planPlace(view: Pick<PlanView, 'systemName' | 'environment' | 'target'>): Mrkdwn {
  return join([escape(truncate(view.systemName, 60)), escape(truncate(view.environment, 60)), targetPlace(view.target)], ' · ');
}

const riskWords = { read: 'only looks', low: 'low risk', high: 'high risk', destructive: 'cannot be undone' } as const satisfies Record<Risk, string>;

function needLine({ need, risk, expiresAt, now }: PlanView): Mrkdwn {
  const why = mrkdwn`${truncate(need.because, 150)}, ${riskWords[risk]}`;
  if (need.approvals === 0) return mrkdwn`You decide alone: ${why}. Runs out at ${when(expiresAt, now)}.`;
  const people = need.approvals === 1 ? mrkdwn`*one more person*` : mrkdwn`*${need.approvals} more people*`;
  return mrkdwn`Needs ${people} from ${truncate(need.approvers, 100)}: ${why}. Runs out at ${when(expiresAt, now)}.`;
}
