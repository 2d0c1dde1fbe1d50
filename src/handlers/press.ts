import { whyNotMember, whyNotRespond, type Identity } from '../approvals/policy.ts';
import { isOfferedIn } from '../catalog/resolve.ts';
import type { Incident } from '../incidents/incident.ts';
import { findIncident, summarizeAlerts, timelineOf } from '../incidents/store.ts';
import { approveRun, withdrawRun } from '../runs/decide.ts';
import { lookAgain } from '../runs/watch.ts';
import { givenIn } from '../runs/what-changed.ts';
import { findRun } from '../runs/store.ts';
import type { Run } from '../runs/run.ts';
import { refreshMessages } from '../storage/outbox.ts';
import { breakGlassModal } from '../views/break-glass.ts';
import { parseControl, type Control } from '../views/controls.ts';
import { moreModal } from '../views/more-modal.ts';
import { planModal, wholePlanModal } from '../views/plan-modal.ts';
import { denyModal, overrideModal, settleModal } from '../views/request-modals.ts';
import { resolveModal } from '../views/resolve-modal.ts';
import { runbookModal } from '../views/runbook-modal.ts';
import type { ModalContent } from '../views/blocks.ts';
import type { Press } from '../views/slack-port.ts';
import { staleCardMessage } from '../views/stale-card.ts';
import { askForAction } from './ask-for-action.ts';
import type { Bot } from './bot.ts';
import { cancelRun } from './cancel-run.ts';
import { continueCommand } from './command.ts';
import { holdView } from './hold-content.ts';
import { acknowledge, reopen, type Acted } from './incident-acts.ts';
import { systemOf } from './incident-content.ts';
import { aboutControl, aboutIncident, aboutRun, placeOf, recordRefusal, refuse, whisper, type About, type Place } from './reply.ts';
import { toPlanView } from './run-content.ts';
import { whyNotIn } from './shared-channel.ts';
import { toldOf } from './told-of.ts';

/** A button. What it meant is in its value; whether it still holds, the database says. */
export async function handlePress(bot: Bot, press: Press): Promise<void> {
  const control = parseControl(press.actionId, press.value);
  if (control === null) return;
  const identity = await bot.people.identify(press.userId);
  const stranger = whyNotMember(identity, 'What you pressed');
  if (stranger !== null) return refuse(bot, placeOf(press), stranger, await aboutControl(bot, control));

  switch (control.verb) {
    case 'incident.acknowledge':
      return withIncident(bot, press, control, (incident) =>
        responding(bot, press, incident, identity, 'Acknowledge', async () => told(bot, press, control, await acknowledge(bot, incident.id, { userId: press.userId, key: press.key, seenVersion: control.incidentVersion ?? null }))),
      );
    case 'incident.reopen':
      return withIncident(bot, press, control, (incident) =>
        responding(bot, press, incident, identity, 'Reopen', async () => told(bot, press, control, await reopen(bot, incident.id, { userId: press.userId, key: press.key, seenVersion: control.incidentVersion ?? null }))),
      );
    case 'incident.resolve':
      return withIncident(bot, press, control, (incident) =>
        responding(bot, press, incident, identity, 'Resolve', async () => {
          if (incident.state === 'resolved' && incident.cause !== null) return told(bot, press, control, { kind: 'stale', incident });
          const { firing } = await summarizeAlerts(bot.db, incident.id);
          await open(bot, press, aboutIncident(incident), resolveModal({ incident, systemName: systemOf(bot.catalog(), incident)?.name ?? null, firing }));
        }),
      );
    case 'incident.more':
    case 'incident.show':
      return withIncident(bot, press, control, (incident) => openMore(bot, press, incident));
    case 'runbook.open':
      return openRunbook(bot, press, control);
    case 'action.propose':
    case 'action.choose':
    case 'runbook.run':
      return proposeAction(bot, press, control);
    case 'request.confirm':
      return outsideSharedChannels(bot, press, control, 'Confirm', 'Ask for it in a direct message to the bot.', () => withRun(bot, press, control, (run) => openPlan(bot, press, run)));
    case 'request.show':
      return withRun(bot, press, control, (run) => open(bot, press, aboutRun(run), wholePlanModal(toPlanView(bot.catalog(), run, bot.clock.now()))));
    case 'request.approve':
      return outsideSharedChannels(bot, press, control, 'Approve', 'Whoever is asked in person can approve in the direct message.', async () => toldOf(bot, placeOf(press), await approveRun(bot, control.requestId ?? '', press.userId)));
    case 'request.withdraw':
      return toldOf(bot, placeOf(press), await withdrawRun(bot, control.requestId ?? '', press.userId));
    case 'request.deny':
      return withRun(bot, press, control, (run) => open(bot, press, aboutRun(run), denyModal({ requestId: run.id, summary: run.plan.draft.summary })));
    case 'run.itHappened':
    case 'run.itDidNot':
      return withRun(bot, press, control, (run) =>
        open(bot, press, aboutRun(run), settleModal({ requestId: run.id, summary: run.plan.draft.summary, how: control.verb === 'run.itHappened' ? 'happened' : 'didNotHappen' })),
      );
    case 'run.override':
      return outsideSharedChannels(bot, press, control, 'Override', ownChannel, () => withRun(bot, press, control, (run) => open(bot, press, aboutRun(run), overrideModal({ requestId: run.id, summary: run.plan.draft.summary }))));
    case 'run.cancel':
      return withRun(bot, press, control, (run) => cancelRun(bot, placeOf(press), run, (view) => open(bot, press, aboutRun(run), view)));
    case 'run.breakGlass':
      return outsideSharedChannels(bot, press, control, 'Break the glass', ownChannel, () => withRun(bot, press, control, (run) => open(bot, press, aboutRun(run), breakGlassModal({ requestId: run.id, summary: run.plan.draft.summary, environment: run.plan.environment }))));
    case 'run.lookAgain':
      return lookAgain(bot, control.requestId ?? '');
    case 'run.undo':
      return withRun(bot, press, control, (run) => askAbout(bot, press, run, { undo: run }));
    case 'request.again':
      return withRun(bot, press, control, (run) => askAgain(bot, press, run));
    case 'system.pick':
    case 'system.show':
      return continueCommand(bot, press, control);
  }
}

const ownChannel = 'Do it in a channel without people of other organisations.';

/** What lets a change go is not done where people of other organisations are, whichever button it is (T-05). */
async function outsideSharedChannels(bot: Bot, press: Press, control: Control, what: string, instead: string, act: () => Promise<void>): Promise<void> {
  const denied = await whyNotIn(bot, press.channelId, what, instead);
  return denied === null ? act() : refuse(bot, placeOf(press), denied, await aboutControl(bot, control));
}

async function proposeAction(bot: Bot, press: Press, control: Control): Promise<void> {
  const incident = control.incidentId === undefined ? null : ((await findIncident(bot.db, control.incidentId)) ?? null);
  // What was pressed on an old card was meant for another state: nothing is done, and the card is made fresh.
  if (incident !== null && press.viewId === null && control.incidentVersion !== undefined && control.incidentVersion < incident.stateVersion) return told(bot, press, control, { kind: 'stale', incident });
  const system = systemOf(bot.catalog(), { systemId: control.systemId ?? incident?.systemId ?? null });
  const action = system?.actions.get(control.actionId ?? '');
  const place = placeBeside(press, incident);
  if (system === null || action === undefined) return refuse(bot, place, { refused: 'What you pressed', rule: 'the catalog no longer has it', instead: 'Use /stock help.' }, await aboutControl(bot, control));
  return askForAction(bot, {
    system,
    action,
    environment: control.environment ?? incident?.environment ?? [...system.environments.keys()][0] ?? '',
    // What the alert is about, where the action leaves the choice.
    component: control.component ?? (incident?.component != null && action.components.includes(incident.component) ? incident.component : null),
    given: control.parameters ?? {},
    incident,
    place,
    triggerId: press.triggerId,
    // A modal that is open already gives way to the plan; what only reads leaves it open.
    viewId: action.effect === 'write' ? press.viewId : null,
    dryRun: false,
    choose: control.verb === 'action.choose',
    key: press.key.slice(0, 16),
  });
}

/** The same wish once more, worked out from how things are now. Whoever presses is who asks. */
async function askAgain(bot: Bot, press: Press, run: Run): Promise<void> {
  const undone = run.undoOf === null ? undefined : await findRun(bot.db, run.undoOf);
  return askAbout(bot, press, run, undone === undefined ? {} : { undo: undone });
}

async function askAbout(bot: Bot, press: Press, run: Run, how: { readonly undo?: Run }): Promise<void> {
  const system = systemOf(bot.catalog(), run.plan);
  const action = system?.actions.get(run.plan.actionId);
  const incident = run.plan.incidentId === null ? null : ((await findIncident(bot.db, run.plan.incidentId)) ?? null);
  const place = placeBeside(press, incident);
  if (system === null || action === undefined) return refuse(bot, place, { refused: run.plan.draft.summary, rule: 'the catalog no longer has this action', instead: 'Use /stock help.' }, aboutRun(run));
  return askForAction(bot, {
    system,
    action,
    environment: run.plan.environment,
    component: run.plan.component,
    given: how.undo === undefined ? givenIn(action, run.plan.params) : {},
    incident,
    place,
    triggerId: press.triggerId,
    viewId: press.viewId,
    dryRun: false,
    key: press.key.slice(0, 16),
    ...how,
  });
}

async function openPlan(bot: Bot, press: Press, run: Run): Promise<void> {
  const refused = run.plan.draft.summary;
  if (run.requestedBy !== press.userId) return refuse(bot, placeOf(press), { refused, rule: 'it is the plan of somebody else', instead: 'Ask for one of your own.' }, aboutRun(run));
  if (run.state !== 'planned' || run.expiresAt <= bot.clock.now()) return refuse(bot, placeOf(press), { refused, rule: 'this plan is over', instead: 'Ask again for a fresh one.' }, aboutRun(run));
  return open(bot, press, aboutRun(run), planModal(toPlanView(bot.catalog(), run, bot.clock.now(), await holdView(bot, run.plan.systemId))));
}

/** Acknowledging and resolving end pages, so they are for those who have to do with the system. */
async function responding(bot: Bot, press: Press, incident: Incident, identity: Identity, verb: string, act: () => Promise<void>): Promise<void> {
  const denied = whyNotRespond(bot.catalog(), systemOf(bot.catalog(), incident), identity, `${verb} INC-${incident.id}`);
  return denied === null ? act() : refuse(bot, placeBeside(press, incident), denied, aboutIncident(incident));
}

/** Slack does not say where a modal was opened; what it is about says where its people are. */
function placeBeside(press: Press, incident: Incident | null): Place {
  const place = placeOf(press);
  return place.channelId === null && incident !== null ? { ...place, channelId: incident.channelId } : place;
}

async function openMore(bot: Bot, press: Press, incident: Incident): Promise<void> {
  const system = systemOf(bot.catalog(), incident);
  const offered = system === null ? [] : [...system.actions.values()].filter((action) => isOfferedIn(action, incident.environment));
  return open(
    bot,
    press,
    aboutIncident(incident),
    moreModal({
      incident,
      systemName: system?.name ?? null,
      actions: offered.map((action) => ({ id: action.id, title: action.title, component: action.component, risk: action.risk })),
      runbook: system === null ? [] : [...system.runbook.sections.values()].map((section) => ({ sectionId: section.id, title: section.title })),
    }),
  );
}

async function openRunbook(bot: Bot, press: Press, control: Control): Promise<void> {
  const incident = control.incidentId === undefined ? null : ((await findIncident(bot.db, control.incidentId)) ?? null);
  const system = systemOf(bot.catalog(), { systemId: control.systemId ?? incident?.systemId ?? null });
  const section = system?.runbook.sections.get(control.sectionId ?? '');
  if (system === null || section === undefined) return refuse(bot, placeOf(press), { refused: 'Open the runbook', rule: 'the section is no longer there', instead: 'Use /stock help.' }, await aboutControl(bot, control));
  const environment = incident?.environment ?? [...system.environments.keys()][0] ?? null;
  const offered = new Map([...system.actions.values()].filter((action) => isOfferedIn(action, environment)).map((action) => [action.id, { title: action.title, effect: action.effect }]));
  return open(
    bot,
    press,
    incident === null ? { system: system.id, subject: 'runbook' } : aboutIncident(incident),
    runbookModal({ systemId: system.id, systemName: system.name, environment, incident: incident && { id: incident.id, version: incident.version }, section, runbook: system.runbook, offered }),
  );
}

/** The presser is told only when nothing was done; what was done is on the card for everybody. */
async function told(bot: Bot, press: Press, control: Control, acted: Acted): Promise<void> {
  if (acted.kind === 'done') return;
  if (acted.kind === 'gone') return refuse(bot, placeOf(press), { refused: 'What you pressed', rule: 'this incident is not known here', instead: 'Use /stock incidents.' }, await aboutControl(bot, control));
  const { incident } = acted;
  await recordRefusal(bot, press.userId, { refused: 'What was pressed', rule: 'the card was older than its incident', instead: 'Look at the fresh card.' }, aboutIncident(incident));
  await refreshMessages(bot.db, 'card', String(incident.id), bot.clock.now());
  const entries = await timelineOf(bot.db, incident.id);
  const last = entries.findLast((entry) => ['acknowledged', 'resolved', 'reopened', 'run'].includes(entry.kind));
  return whisper(bot, placeOf(press), staleCardMessage({ incidentId: incident.id, since: last === undefined ? null : { what: last.kind === 'run' ? last.text : `it was ${last.kind}`, at: last.at }, now: bot.clock.now() }));
}

async function withIncident(bot: Bot, press: Press, control: Control, act: (incident: Incident) => Promise<void>): Promise<void> {
  const incident = control.incidentId === undefined ? undefined : await findIncident(bot.db, control.incidentId);
  return incident === undefined ? told(bot, press, control, { kind: 'gone' }) : act(incident);
}

async function withRun(bot: Bot, press: Press, control: Control, act: (run: Run) => Promise<void>): Promise<void> {
  const run = await findRun(bot.db, control.requestId ?? '');
  return run === undefined ? refuse(bot, placeOf(press), { refused: 'What you pressed', rule: 'this request is not known here', instead: 'Ask for a fresh plan.' }, await aboutControl(bot, control)) : act(run);
}

/** Opens a modal, or tells the person that Slack would not. */
async function open(bot: Bot, press: Press, about: About, view: ModalContent): Promise<void> {
  const opened = press.viewId === null ? await bot.slack.openView(press.triggerId, view) : await bot.slack.pushView(press.triggerId, view);
  if (opened.status === 'failed') await refuse(bot, placeOf(press), { refused: 'Open a window', rule: opened.error === 'lost' ? 'Slack did not answer in time' : `Slack did not let the bot open it (${opened.error})`, instead: 'Press again.' }, about);
}
