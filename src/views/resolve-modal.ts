import type { Incident } from '../incidents/incident.ts';
import { context, modal, section, textInput, type ModalContent } from './blocks.ts';
import { count } from './durations.ts';
import { mrkdwn, truncate } from './mrkdwn.ts';

/** Names of the inputs; both are needed, since the resolution template and the post-mortem are made from them. */
export const resolveInputs = { cause: 'cause', impact: 'impact' } as const;

export interface ResolveModal {
  readonly incident: Incident;
  readonly systemName: string | null;
  /** Alerts that fire still: resolving is allowed, and they would open it again. */
  readonly firing: number;
}

export function resolveModal({ incident, systemName, firing }: ResolveModal): ModalContent {
  return modal({
    name: 'incident.resolve',
    title: `Resolve INC-${incident.id}`,
    submit: 'Resolve',
    close: 'Cancel',
    about: { incidentId: incident.id, incidentVersion: incident.version },
    parts: [
      section(mrkdwn`*${truncate(systemName ?? 'Unknown system', 60)}*: ${truncate(incident.title, 200)}`),
      firing === 0 ? null : section(mrkdwn`*${count(firing, 'alert')} still ${firing === 1 ? 'fires' : 'fire'}.* If you resolve now, the next notification opens the incident again.`),
      textInput({
        name: resolveInputs.cause,
        label: 'What was the cause?',
        hint: 'One sentence. “Not known yet, being looked into” is an answer.',
        maxLength: 300,
        multiline: true,
        ...(incident.cause !== null && { initial: incident.cause }),
      }),
      textInput({
        name: resolveInputs.impact,
        label: 'What did users notice?',
        hint: 'Who, what and for how long. “Nothing” is an answer.',
        maxLength: 500,
        multiline: true,
        ...(incident.impact !== null && { initial: incident.impact }),
      }),
      context(mrkdwn`Both go into the resolution notice in the thread.`),
    ],
  });
}
