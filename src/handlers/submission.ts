import { whyNotMember, whyNotRespond } from '../approvals/policy.ts';
import { findIncident } from '../incidents/store.ts';
import { breakGlass } from '../runs/break-glass.ts';
import { confirmRun, denyRun, overrideRun, settleRun, stopWatching } from '../runs/decide.ts';
import { rulingOf, whyNotTyped } from '../runs/ruling.ts';
import { findRun } from '../runs/store.ts';
import { failpoint } from '../support/failpoints.ts';
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
import { systemOf } from './incident-content.ts';
import { aboutControl, refuse, type Place } from './reply.ts';
import { toldOf } from './told-of.ts';

/**
 * What the sender of a modal sees at once: what is missing or mistyped stays in the modal, beside its field. Asks nobody outside, because Slack waits
 * three seconds; whether it may be done is decided afterwards.
 */
export async function answerSubmission(bot: Pick<Bot, 'catalog' | 'clock' | 'db'>, submission: Submission): Promise<SubmissionAnswer> {
  const context = parseContext(submission.context);
  switch (submission.viewName) {
    case 'incident.resolve':
      return errorsOr(submission, [resolveInputs.cause, resolveInputs.impact]);
    case 'incident.declare':
      return errorsOr(submission, [declareInputs.title, declareInputs.impact, declareInputs.description]);
    case 'request.deny':
    case 'run.override':
    case 'run.itHappened':
    case 'run.itDidNot':
    case 'run.breakGlass':
      return errorsOr(submission, [reasonInput]);
    case 'parameters.give': {
      const system = systemOf(bot.catalog(), { systemId: context?.systemId ?? null });
      const action = system?.actions.get(context?.actionId ?? '');
      if (system === null || action === undefined) return { kind: 'close' };
      return { kind: 'update', view: planningModal({ actionTitle: action.title, systemName: system.name, environment: context?.environment ?? '' }) };
    }
    case 'plan.confirm': {
      const run = await findRun(bot.db, context?.requestId ?? '');
      const mistyped = run?.state === 'planned' ? whyNotTyped(run, await rulingOf(bot, bot.db, run), submission.values[confirmationInput] ?? null) : null;
      return mistyped === null ? { kind: 'close' } : { kind: 'errors', errors: { [confirmationInput]: mistyped } };
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
  const stranger = whyNotMember(identity, 'What you sent');
  if (stranger !== null) return refuse(bot, place, stranger, await aboutControl(bot, context));

  switch (submission.viewName) {
    case 'parameters.give': {
      const system = systemOf(bot.catalog(), { systemId: context.systemId ?? null });
      const action = system?.actions.get(context.actionId ?? '');
      if (system === null || action === undefined) return refuse(bot, place, { refused: 'The plan', rule: 'the catalog no longer has this action', instead: 'Use /stock help.' }, await aboutControl(bot, context));
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
      failpoint('request.before-ask');
      if (decided.kind === 'done' && decided.run.state === 'awaiting_approval') await askApprovers(bot, decided.run);
      return toldOf(bot, place, decided);
    }
    case 'request.deny':
      return toldOf(bot, place, await denyRun(bot, context.requestId ?? '', submission.userId, value(reasonInput)));
    case 'run.override':
      return toldOf(bot, place, await overrideRun(bot, context.requestId ?? '', submission.userId, value(reasonInput)));
    case 'run.cancel':
      return toldOf(bot, place, await stopWatching(bot, context.requestId ?? '', submission.userId));
    case 'run.itHappened':
    case 'run.itDidNot':
      return toldOf(bot, place, await settleRun(bot, context.requestId ?? '', submission.userId, submission.viewName === 'run.itHappened', value(reasonInput)));
    case 'run.breakGlass':
      return toldOf(bot, place, await breakGlass(bot, context.requestId ?? '', submission.userId, value(reasonInput)));
    case 'incident.resolve': {
      const incident = await findIncident(bot.db, context.incidentId ?? 0);
      const inChannel = { ...place, channelId: incident?.channelId ?? null };
      const denied = incident === undefined ? null : whyNotRespond(bot.catalog(), systemOf(bot.catalog(), incident), identity, `Resolve INC-${incident.id}`);
      if (denied !== null) return refuse(bot, inChannel, denied, await aboutControl(bot, context));
      const acted = await resolve(bot, context.incidentId ?? 0, { userId: submission.userId, key: submission.key, seenVersion: null }, { cause: value(resolveInputs.cause), impact: value(resolveInputs.impact) });
      if (acted.kind !== 'done') await refuse(bot, inChannel, { refused: 'Resolve', rule: 'it is resolved already', instead: 'Look at its card.' }, await aboutControl(bot, context));
      return;
    }
    case 'incident.declare': {
      const system = systemOf(bot.catalog(), { systemId: context.systemId ?? null });
      if (system === null) return refuse(bot, place, { refused: 'Declare an incident', rule: 'the catalog no longer has this system', instead: 'Use /stock systems.' }, await aboutControl(bot, context));
      await declare(bot, system, submission.userId, submission.key, {
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
