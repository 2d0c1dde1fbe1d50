import type { Incident } from '../incidents/incident.ts';
import type { Risk } from '../catalog/system.ts';
import { button, buttons, context, header, modal, section, type Block, type Button, type ModalContent } from './blocks.ts';
import { mrkdwn, truncate } from './mrkdwn.ts';

/** Everything else that can be done from a card: what is not on it because it is rare, slow or dangerous. */
export interface MoreModal {
  readonly incident: Incident;
  readonly systemName: string | null;
  /** All that this person may ask for here, in the order of the system's file. */
  readonly actions: readonly MoreAction[];
  readonly runbook: readonly { readonly sectionId: string; readonly title: string }[];
}
export interface MoreAction {
  readonly id: string;
  readonly title: string;
  readonly component: string | null;
  readonly risk: Risk;
}

const most = 40;

export function moreModal(more: MoreModal): ModalContent {
  const { incident, actions } = more;
  const about = { incidentId: incident.id, incidentVersion: incident.version };
  const offer = (action: MoreAction, style?: 'danger') =>
    button(`${truncate(action.title, 60)}${action.risk === 'read' ? '' : '…'}`, { verb: 'action.propose', ...about, actionId: action.id }, style);
  const looks = actions.filter(({ risk }) => risk === 'read');
  const changes = actions.filter(({ risk }) => risk === 'low' || risk === 'high');
  const destructive = actions.filter(({ risk }) => risk === 'destructive');
  const resolve = incident.state === 'resolved' ? null : button('Resolve…', { verb: 'incident.resolve', ...about });
  const reopen = incident.state === 'resolved' ? button('Reopen', { verb: 'incident.reopen', ...about }) : null;
  const acknowledge = incident.state === 'triggered' ? button('Acknowledge', { verb: 'incident.acknowledge', ...about }, 'primary') : null;
  return modal({
    name: 'incident.more',
    title: `INC-${incident.id}`,
    about,
    parts: [
      section(mrkdwn`*${truncate(more.systemName ?? 'Unknown system', 60)}*: ${truncate(incident.title, 200)}`),
      buttons(acknowledge, resolve, reopen),
      ...heading('Look', looks),
      ...rows(looks.slice(0, most).map((action) => offer(action))),
      ...heading('Change', changes),
      ...changes.slice(0, most).map((action) => section(mrkdwn`${action.title}${action.component === null ? null : mrkdwn` · ${action.component}`} · ${action.risk} risk`, offer(action))),
      ...heading('Cannot be undone', destructive),
      ...destructive.slice(0, 10).map((action) => section(mrkdwn`${action.title}${action.component === null ? null : mrkdwn` · ${action.component}`}`, offer(action, 'danger'))),
      ...(more.runbook.length === 0 ? [] : [header('Runbook')]),
      ...rows(more.runbook.slice(0, 15).map(({ sectionId, title }) => button(title, { verb: 'runbook.open', ...about, sectionId }))),
      actions.length === 0 ? section(mrkdwn`There is no action here for you.`) : null,
      context(mrkdwn`A button with … asks before it does anything.`),
    ],
  });
}

const heading = (title: string, actions: readonly MoreAction[]) => (actions.length === 0 ? [] : [header(title)]);

function rows(all: readonly Button[]): (Block | null)[] {
  return Array.from({ length: Math.ceil(all.length / 5) }, (_, row) => buttons(...all.slice(row * 5, row * 5 + 5)));
}
