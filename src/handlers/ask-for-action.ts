import type { Refusal } from '../actions/plan.ts';
import { hashPlan } from '../approvals/plan-hash.ts';
import { possibleRulings, rulingFor, whyNeverAsk, whyNotAsk } from '../approvals/policy.ts';
import { whyNotReached } from '../catalog/reach.ts';
import { parametersFor } from '../catalog/resolve.ts';
import type { Action, System } from '../catalog/system.ts';
import type { Incident } from '../incidents/incident.ts';
import { announceRun } from '../runs/announce.ts';
import { factsFor } from '../runs/facts.ts';
import { hasFacts, isChosenFromHistory, parameterFacts, type ParameterFact } from '../runs/parameter-facts.ts';
import { propose, withRemembered, workOut, type Proposal } from '../runs/propose.ts';
import { read } from '../runs/read.ts';
import type { Run } from '../runs/run.ts';
import { wantMessage } from '../storage/outbox.ts';
import { StockOpsError } from '../support/errors.ts';
import type { Json } from '../support/json.ts';
import type { ModalContent } from '../views/blocks.ts';
import { dryRunMessage } from '../views/dry-run.ts';
import { parametersModal } from '../views/parameters-modal.ts';
import { planModal, planningModal, refusalModal } from '../views/plan-modal.ts';
import { readingFile, readingMessage } from '../views/reading-message.ts';
import { cardKey } from './after-incident-change.ts';
import type { Bot } from './bot.ts';
import { holdView } from './hold-content.ts';
import { aboutAction, recordRefusal, refuse, refusalOf, whisper, type Place } from './reply.ts';
import { refuseSecond } from './refuse-second.ts';
import { approversInWords, toPlanView } from './run-content.ts';
import { notSaidRefusal, sharedChannelRefusal, standingOf } from './shared-channel.ts';

/** One action that somebody asked for, by a button, a command or a modal. From here on they are the same. */
export interface Ask {
  readonly system: System;
  readonly action: Action;
  readonly environment: string;
  readonly component: string | null;
  readonly given: Readonly<Record<string, string>>;
  readonly incident: Incident | null;
  readonly place: Place;
  /** Slack's leave to open a modal within three seconds. */
  readonly triggerId: string | null;
  /** A modal that is open already and goes on with this. */
  readonly viewId: string | null;
  readonly dryRun: boolean;
  readonly undo?: Run;
  /** The person wants to be asked, also for what could be left out. */
  readonly choose?: boolean;
  /** Names this one asking; a reading that is made twice is posted once. */
  readonly key: string;
}

export async function askForAction(bot: Bot, ask: Ask): Promise<void> {
  const { system, action, environment } = ask;
  const what = `${action.title} ${system.name} (${environment})`;
  const [identity, standing] = await Promise.all([bot.people.identify(ask.place.userId), whereTyped(bot, ask)]);
  const denied = whyNeverAsk(possibleRulings(bot.catalog(), system, environment, action.risk, {}), identity, what);
  if (denied !== null) return sayNo(bot, ask, denied);
  const unreached = whyNotReached(bot.catalog(), ask.incident, system, environment, what);
  if (unreached !== null) return sayNo(bot, ask, unreached);
  if (action.effect === 'read' && ask.undo === undefined) {
    // Of a reading all is known before: it plans nothing that could be so or not.
    const ruling = rulingFor(bot.catalog(), system, environment, action.risk, await factsFor(bot.db, system, environment, [], bot.clock.now()));
    const notNow = whyNotAsk(ruling, identity, what);
    return notNow === null ? answerReading(bot, ask) : sayNo(bot, ask, notNow);
  }
  if (standing === 'shared')
    return sayNo(bot, ask, sharedChannelRefusal(what, `Ask for it in ${system.channels.alerts}.`));
  if (standing === 'notSaid') return sayNo(bot, ask, notSaidRefusal(what));
  const elsewhere = standing === 'notOurs' ? { ...ask, place: { ...ask.place, channelId: null } } : ask;
  return askForChange(bot, elsewhere);
}

async function askForChange(bot: Bot, ask: Ask): Promise<void> {
  if (ask.dryRun) return showDryRun(bot, ask);
  if (ask.undo === undefined && (ask.choose === true || (await isSomethingMissing(bot, ask))) && (ask.triggerId !== null || ask.viewId !== null)) return askForParameters(bot, ask);
  return showPlan(bot, ask);
}

/** A card is where the catalog puts it, which may have been shared since; a command is typed anywhere (T-05). `notOurs`: the bot could not show there how it went on. */
async function whereTyped(bot: Bot, { incident, place }: Ask): Promise<'ours' | 'shared' | 'notOurs' | 'notSaid'> {
  if (place.channelId === null) return 'ours';
  const standing = await standingOf(bot, place.channelId);
  if (standing === null) return 'notSaid';
  const { isShared, isMember } = standing;
  return isShared ? 'shared' : isMember || incident !== null ? 'ours' : 'notOurs';
}

/** `resume` is a default only where it is known what ran before. */
async function isSomethingMissing(bot: Bot, ask: Ask): Promise<boolean> {
  const known = await withRemembered(bot, ask);
  return parametersFor(ask.system, ask.action, ask.component).some(({ name, required, default: usual }) => required && (usual === undefined || usual === 'resume') && known[name] === undefined);
}

/** The modal is there at once; what is so now, and what there is to choose from, comes when the cluster has answered. */
async function askForParameters(bot: Bot, ask: Ask): Promise<void> {
  const parameters = parametersFor(ask.system, ask.action, ask.component);
  const isRead = !hasFacts(parameters);
  const opened = await show(bot, ask, parameterQuestions(ask, isRead ? new Map() : null, null));
  if (opened === null) return refuse(bot, ask.place, { refused: ask.action.title, rule: 'Slack did not let the bot open a window in time', instead: 'Press again, or type /stock with the values.' }, aboutAction(ask));
  if (isRead) return;
  const read = await parameterFacts(bot, ask).then(
    (facts) => ({ facts, problem: null }),
    (error: unknown) => {
      if (!(error instanceof StockOpsError)) throw error;
      return { facts: new Map<string, ParameterFact>(), problem: `What is so now could not be read: ${error.message}` };
    },
  );
  // A person who was quicker sees the plan already; that is left alone.
  await bot.slack.updateView(opened.viewId, parameterQuestions(ask, read.facts, read.problem), opened.hash);
}

/** @param facts `null` while they are being read: what can only be chosen from them is not asked yet */
function parameterQuestions(ask: Ask, facts: ReadonlyMap<string, ParameterFact> | null, problem: string | null): ModalContent {
  const parameters = parametersFor(ask.system, ask.action, ask.component);
  const asked = facts === null ? parameters.filter((parameter) => !isChosenFromHistory(parameter)) : parameters;
  return parametersModal({
    actionTitle: ask.action.title,
    systemName: ask.system.name,
    environment: ask.environment,
    about: contextOf(ask),
    parameters: asked.map((parameter) => {
      const fact = facts?.get(parameter.name) ?? {};
      const given = ask.given[parameter.name] ?? fact.options?.[0]?.value;
      return { ...parameter, ...fact, ...(given !== undefined && { given }) };
    }),
    problem: asked.length < parameters.length ? 'Reading the history…' : problem,
  });
}

/** What a modal brings back when it is sent: what is meant, and where the answer goes. */
function contextOf(ask: Ask) {
  return {
    systemId: ask.system.id,
    actionId: ask.action.id,
    environment: ask.environment,
    ...(ask.component !== null && { component: ask.component }),
    ...(ask.incident !== null && { incidentId: ask.incident.id, incidentVersion: ask.incident.version }),
    ...(ask.place.channelId !== null && { channelId: ask.place.channelId }),
  };
}

async function showDryRun(bot: Bot, ask: Ask): Promise<void> {
  const workedOut = await workOut(bot, proposalOf(ask)).catch(asRefusal(ask));
  switch (workedOut.kind) {
    case 'refused':
      return refuse(bot, ask.place, workedOut.refusal, aboutAction(ask));
    case 'busy':
      return refuseSecond(bot, ask.place, workedOut.run);
    case 'plan': {
      const { plan } = workedOut;
      const needs = plan.approvalsNeeded === 0 ? 'your own confirmation' : `${plan.approvalsNeeded} approval${plan.approvalsNeeded === 1 ? '' : 's'} from ${approversInWords(bot.catalog(), plan)}`;
      return whisper(bot, ask.place, dryRunMessage({ plan: plan.draft, planHash: hashPlan(plan), target: plan.target, systemName: ask.system.name, environment: ask.environment, needs }));
    }
  }
}

/** Works out the plan and shows it; the modal is there at once and fills when the cluster has answered. */
async function showPlan(bot: Bot, ask: Ask): Promise<void> {
  const opened = await show(bot, ask, planningModal({ actionTitle: ask.action.title, systemName: ask.system.name, environment: ask.environment }));
  const inModal = { ...ask, viewId: opened?.viewId ?? null };
  const proposed = await propose(bot, proposalOf(ask)).catch(asRefusal(ask));
  switch (proposed.kind) {
    case 'refused':
      return sayNo(bot, inModal, proposed.refusal);
    case 'busy': {
      const { run } = proposed;
      if (opened !== null)
        await bot.slack.updateView(opened.viewId, refusalModal(ask.action.title, { refused: ask.action.title, rule: `${run.plan.draft.summary} is ${run.state === 'unknown' ? 'not settled yet' : 'running'}`, instead: run.state === 'unknown' ? 'Settle it on its message, or override it there with a reason.' : 'Look at its message in the thread.' }));
      return refuseSecond(bot, ask.place, run);
    }
    case 'planned': {
      const now = bot.clock.now();
      const shown = opened !== null && (await bot.slack.updateView(opened.viewId, planModal(toPlanView(bot.catalog(), proposed.run, now, await holdView(bot, ask.system.id))))).status === 'done';
      // Without a modal the plan waits in the thread, with the same button.
      if (!shown) await bot.db.transaction().execute((tx) => announceRun(tx, proposed.run, now));
    }
  }
}

/** The modal, in place of the one that is open or as a new one. `null`: Slack did not let us. */
async function show(bot: Bot, ask: Ask, view: ModalContent): Promise<{ readonly viewId: string; readonly hash: string } | null> {
  if (ask.viewId !== null) {
    const updated = await bot.slack.updateView(ask.viewId, view);
    if (updated.status === 'done') return updated;
  }
  if (ask.triggerId === null) return null;
  const opened = await bot.slack.openView(ask.triggerId, view);
  return opened.status === 'done' ? opened : null;
}

/** Where the person looks: in the modal that they came from, else privately where they pressed. */
async function sayNo(bot: Bot, ask: Ask, refusal: Refusal): Promise<void> {
  const told = ask.viewId !== null && (await bot.slack.updateView(ask.viewId, refusalModal(ask.action.title, refusal))).status === 'done';
  if (told) await recordRefusal(bot, ask.place.userId, refusal, aboutAction(ask));
  else await refuse(bot, ask.place, refusal, aboutAction(ask));
}

/** The outside did not answer: that is told where the person looks. A bug of ours is not, it goes to whoever looks at bugs. */
const asRefusal = (ask: Ask) => (error: unknown): { readonly kind: 'refused'; readonly refusal: Refusal } => {
  if (!(error instanceof StockOpsError)) throw error;
  return { kind: 'refused', refusal: refusalOf(error, `${ask.action.title} ${ask.system.name} (${ask.environment})`) };
};

function proposalOf(ask: Ask): Proposal {
  return {
    system: ask.system,
    action: ask.action,
    environment: ask.environment,
    component: ask.component,
    given: ask.given,
    incidentId: ask.incident?.id ?? null,
    requestedBy: ask.place.userId,
    channelId: ask.incident?.channelId ?? ask.place.channelId ?? ask.system.channels.alerts,
    threadKey: ask.incident === null ? null : cardKey(ask.incident.id),
    ...(ask.undo !== undefined && { undo: ask.undo }),
  };
}

async function answerReading(bot: Bot, ask: Ask): Promise<void> {
  const { system, action, environment, place } = ask;
  const at = bot.clock.now();
  const answer = await read(bot, { system, action, environment, component: ask.component, given: ask.given });
  if (answer.kind === 'refused') return refuse(bot, place, answer.refusal, aboutAction(ask));
  const now = bot.clock.now();
  const reading =
    answer.kind === 'read' ? answer.reading : { headline: `not known: ${answer.reason}`, state: 'unknown' as const, lines: ['Nothing was changed. No answer is not the same as all is well.'] };
  const view = { title: action.title, systemName: system.name, environment, reading, requestedBy: place.userId, at, tookMs: now.getTime() - at.getTime(), now };
  const content = readingMessage(view);
  const file = readingFile(view);
  if (ask.incident === null) {
    await whisper(bot, place, content);
    if (file !== null) await wantMessage(bot.db, { key: `reading:${ask.key}:file`, channel: place.userId, kind: 'file', subject: ask.key, content: { ...file }, priority: 6 }, now);
    return;
  }
  const inThread = { channel: ask.incident.channelId, threadKey: cardKey(ask.incident.id), subject: ask.key };
  await wantMessage(bot.db, { ...inThread, key: `reading:${ask.key}`, kind: 'said', content: content as unknown as Json, priority: 5 }, now);
  if (file !== null) await wantMessage(bot.db, { ...inThread, key: `reading:${ask.key}:file`, kind: 'file', content: { ...file }, priority: 6 }, now);
}
