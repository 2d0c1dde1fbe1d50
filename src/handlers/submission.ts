import { findSystem } from '../catalog/resolve.ts';
import type { System } from '../catalog/system.ts';
import { findIncident } from '../incidents/store.ts';
import { confirmRun, denyRun, type Decided } from '../runs/decide.ts';
import { findRun } from '../runs/store.ts';
import { settleByPerson } from '../runs/watch.ts';
import { parseContext } from '../views/controls.ts';
import { declareInputs } from '../views/declare-modal.ts';
import { confirmationInput, planningModal } from '../views/plan-modal.ts';
import { reasonInput } from '../views/request-modals.ts';
import { resolveInputs } from '../views/resolve-modal.ts';
import type { Submission, SubmissionAnswer } from '../views/slack-port.ts';
import { askForAction } from './ask-for-action.ts';
import { askApprovers } from './ask-approvers.ts';
import type { Bot } from './bot.ts';
import { declare, resolve } from './incident-acts.ts';
import { refuse, type Place } from './reply.ts';

/**
 * What the sender of a modal sees at once. Pure, from what was sent: an empty answer where words are needed stays in the modal, beside its field.
 */
export function answerSubmission(bot: Pick<Bot, 'catalog'>, submission: Submission): SubmissionAnswer {
  const context = parseContext(submission.context);
  switch (submission.viewName) {
    case 'incident.resolve':
      return errorsOr(submission, [resolveInputs.cause, resolveInputs.impact]);
    case 'incident.declare':
      return errorsOr(submission, [declareInputs.title, declareInputs.impact, declareInputs.description]);
    case 'request.deny':
    case 'run.itHappened':
    case 'run.itDidNot':
      return errorsOr(submission, [reasonInput]);
    case 'parameters.give': {
      const found = findSystem(bot.catalog(), context?.systemId ?? '');
      const action = 'id' in found ? found.actions.get(context?.actionId ?? '') : undefined;
      if (!('id' in found) || action === undefined) return { kind: 'close' };
      return { kind: 'update', view: planningModal({ actionTitle: action.title, systemName: found.name, environment: context?.environment ?? '' }) };
    }
    default:
      return { kind: 'close' };
  }
}

function errorsOr(submission: Submission, needed: readonly string[]): SubmissionAnswer {
  const empty = needed.filter((name) => (submission.values[name] ?? '').trim() === '');
  return empty.length === 0 ? { kind: 'close' } : { kind: 'errors', errors: Object.fromEntries(empty.map((name) => [name, 'Please write a few words.'])) };
}

export async function handleSubmission(bot: Bot, submission: Submission): Promise<void> {
  const context = parseContext(submission.context);
  if (context === null) return;
  const value = (name: string) => (submission.values[name] ?? '').trim();
  const place: Place = { userId: submission.userId, channelId: context.channelId ?? null, threadTs: null };
  const identity = await bot.people.identify(submission.userId);
  if (identity.person?.isFullMember !== true) return refuse(bot, place, { refused: 'What you sent', rule: 'only full members of this workspace may use the bot', instead: 'Ask a member of the team.' });

  switch (submission.viewName) {
    case 'parameters.give': {
      const system = systemFor(bot, context.systemId);
      const action = system?.actions.get(context.actionId ?? '');
      if (system === null || action === undefined) return refuse(bot, place, { refused: 'The plan', rule: 'the catalog no longer has this action', instead: 'Use /stock help.' });
      const given = Object.fromEntries(action.parameters.flatMap(({ name }) => (value(name) === '' ? [] : [[name, value(name)]])));
      return askForAction(bot, {
        system,
        action,
        environment: context.environment ?? [...system.environments.keys()][0] ?? '',
        component: context.component ?? null,
        given,
        incident: context.incidentId === undefined ? null : ((await findIncident(bot.db, context.incidentId)) ?? null),
        place,
        triggerId: null,
        viewId: submission.viewId,
        dryRun: false,
        key: submission.key.slice(0, 16),
      });
    }
    case 'plan.confirm': {
      const decided = await confirmRun(bot, context.requestId ?? '', submission.userId, value(confirmationInput) || null);
      if (decided.kind === 'done' && decided.run.state === 'awaiting_approval') await askApprovers(bot, decided.run);
      return toldOf(bot, place, decided);
    }
    case 'request.deny':
      return toldOf(bot, place, await denyRun(bot, context.requestId ?? '', submission.userId, value(reasonInput)));
    case 'run.itHappened':
    case 'run.itDidNot': {
      const settled = await settleByPerson(bot, context.requestId ?? '', submission.userId, submission.viewName === 'run.itHappened', value(reasonInput));
      if (settled === null) await refuse(bot, place, { refused: 'Settle it', rule: 'it has been settled already', instead: 'Look at its message in the thread.' });
      return;
    }
    case 'incident.resolve': {
      const acted = await resolve(bot, context.incidentId ?? 0, submission.userId, { cause: value(resolveInputs.cause), impact: value(resolveInputs.impact) });
      if (acted.kind !== 'done') await refuse(bot, place, { refused: 'Resolve', rule: 'it is resolved already', instead: 'Look at its card.' });
      return;
    }
    case 'incident.declare': {
      const system = systemFor(bot, context.systemId);
      if (system === null) return refuse(bot, place, { refused: 'Declare an incident', rule: 'the catalog no longer has this system', instead: 'Use /stock systems.' });
      await declare(bot, system, submission.userId, {
        environment: value(declareInputs.environment) || ([...system.environments.keys()][0] ?? ''),
        severity: value(declareInputs.severity),
        title: value(declareInputs.title),
        impact: value(declareInputs.impact),
        description: value(declareInputs.description),
      });
      return;
    }
  }
}

async function toldOf(bot: Bot, place: Place, decided: Decided): Promise<void> {
  if (decided.kind === 'refused') await refuse(bot, decided.run === undefined ? place : { ...place, channelId: await channelOf(bot, decided.run.id) }, decided.refusal);
}

async function channelOf(bot: Bot, runId: string): Promise<string | null> {
  return (await findRun(bot.db, runId))?.channelId ?? null;
}

function systemFor(bot: Bot, id: string | undefined): System | null {
  const found = findSystem(bot.catalog(), id ?? '');
  return 'id' in found ? found : null;
}
