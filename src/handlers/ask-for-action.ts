import { findRule, whyNotAsk } from '../approvals/policy.ts';
import { parametersFor } from '../catalog/resolve.ts';
import type { Action, System } from '../catalog/system.ts';
import type { Incident } from '../incidents/incident.ts';
import { announceRun } from '../runs/announce.ts';
import { propose, type Proposal } from '../runs/propose.ts';
import { read } from '../runs/read.ts';
import type { Run } from '../runs/run.ts';
import { changeRun } from '../runs/store.ts';
import { wantMessage } from '../storage/outbox.ts';
import type { Json } from '../support/json.ts';
import { dryRunMessage } from '../views/dry-run.ts';
import { parametersModal } from '../views/parameters-modal.ts';
import { planModal, planningModal, refusalModal } from '../views/plan-modal.ts';
import { readingFile, readingMessage } from '../views/reading-message.ts';
import { secondOfTwoMessage } from '../views/second-of-two.ts';
import { cardKey } from './after-incident-change.ts';
import type { Bot } from './bot.ts';
import { refuse, refusalOf, whisper, type Place } from './reply.ts';
import { approversInWords, toPlanView } from './run-content.ts';

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
  /** A modal that is open already and is to show the plan. */
  readonly viewId: string | null;
  readonly dryRun: boolean;
  readonly undo?: Run;
  /** Names this one asking; a reading that is made twice is posted once. */
  readonly key: string;
}

export async function askForAction(bot: Bot, ask: Ask): Promise<void> {
  if (ask.action.effect === 'read' && ask.undo === undefined) return answerReading(bot, ask);
  const missing = ask.undo === undefined && isSomethingMissing(ask);
  if (missing && ask.triggerId !== null) return askForParameters(bot, ask, null);
  return showPlan(bot, ask);
}

function isSomethingMissing({ system, action, component, given }: Ask): boolean {
  return parametersFor(system, action, component).some((parameter) => parameter.required && parameter.default === undefined && given[parameter.name] === undefined);
}

async function askForParameters(bot: Bot, ask: Ask, problem: string | null): Promise<void> {
  const view = parametersModal({
    actionTitle: ask.action.title,
    systemName: ask.system.name,
    environment: ask.environment,
    about: contextOf(ask),
    parameters: parametersFor(ask.system, ask.action, ask.component).map((parameter) => ({ ...parameter, ...(ask.given[parameter.name] !== undefined && { given: ask.given[parameter.name] as string }) })),
    problem,
  });
  const opened = await bot.slack.openView(ask.triggerId ?? '', view);
  if (opened.status === 'failed') await tooLate(bot, ask);
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

/** Works out the plan and shows it; the modal is there at once and fills when the cluster has answered. */
async function showPlan(bot: Bot, ask: Ask): Promise<void> {
  let viewId = ask.viewId;
  if (viewId === null && ask.triggerId !== null && !ask.dryRun) {
    const opened = await bot.slack.openView(ask.triggerId, planningModal({ actionTitle: ask.action.title, systemName: ask.system.name, environment: ask.environment }));
    if (opened.status === 'done') viewId = opened.viewId;
  }
  const proposed = await propose(bot, proposalOf(ask)).catch((error: unknown) => ({ kind: 'refused' as const, refusal: refusalOf(error) }));
  const now = bot.clock.now();
  switch (proposed.kind) {
    case 'refused':
      if (viewId === null) return refuse(bot, ask.place, proposed.refusal);
      return updateOrRefuse(bot, ask, viewId, proposed.refusal);
    case 'busy': {
      const { run } = proposed;
      const content = secondOfTwoMessage({ summary: run.plan.draft.summary, firstBy: run.requestedBy, firstAt: run.startedAt ?? run.requestedAt, standing: 'running', threadUrl: null, now });
      if (viewId !== null)
        await bot.slack.updateView(viewId, refusalModal(ask.action.title, { refused: ask.action.title, rule: `${run.plan.draft.summary} is ${run.state === 'unknown' ? 'not settled yet' : 'running'}`, instead: 'Look at its message in the thread.' }));
      return whisper(bot, ask.place, content);
    }
    case 'planned': {
      const { run } = proposed;
      if (ask.dryRun) {
        await changeRun(bot.db, run.id, ['planned'], { state: 'withdrawn', finished_at: now });
        const needs = run.approvalsNeeded === 0 ? 'your own confirmation' : `${run.approvalsNeeded} approval${run.approvalsNeeded === 1 ? '' : 's'} from ${approversInWords(bot.catalog(), run)}`;
        return whisper(bot, ask.place, dryRunMessage({ plan: run.plan.draft, planHash: run.planHash, target: run.plan.target, systemName: ask.system.name, environment: ask.environment, needs }));
      }
      const shown = viewId !== null && (await bot.slack.updateView(viewId, planModal(toPlanView(bot.catalog(), run, now)))).status === 'done';
      // Without a modal the plan waits in the thread, with the same button.
      if (!shown) await announceRun(bot.db, run, now);
    }
  }
}

async function updateOrRefuse(bot: Bot, ask: Ask, viewId: string, refusal: Parameters<typeof refuse>[2]): Promise<void> {
  const updated = await bot.slack.updateView(viewId, refusalModal(ask.action.title, refusal));
  if (updated.status === 'failed') await refuse(bot, ask.place, refusal);
}

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
  const identity = await bot.people.identify(place.userId);
  const rule = findRule(bot.catalog(), system, environment, system.environments.get(environment)?.protected ?? true, action.risk);
  const denied = whyNotAsk(rule, system, identity, `${action.title} ${system.name}`);
  if (denied !== null) return refuse(bot, place, denied);

  const at = bot.clock.now();
  const component = ask.component ?? (ask.incident?.component != null && action.component === null && action.components.includes(ask.incident.component) ? ask.incident.component : null);
  const answer = await read(bot, { system, action, environment, component, given: ask.given });
  if (answer.kind === 'refused') return refuse(bot, place, answer.refusal);
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

/** Slack's three seconds were over before a modal could be opened. */
function tooLate(bot: Bot, ask: Ask): Promise<void> {
  return refuse(bot, ask.place, { refused: ask.action.title, rule: 'Slack did not let the bot open a window in time', instead: 'Press again, or type /stock with the values.' });
}
