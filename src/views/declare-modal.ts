import type { Severity } from '../catalog/system.ts';
import { context, modal, optional, section, sectionsOf, selectInput, textInput, type ModalContent } from './blocks.ts';
import { join, mrkdwn, truncate } from './mrkdwn.ts';

export const declareInputs = { environment: 'environment', severity: 'severity', title: 'title', impact: 'impact', description: 'description' } as const;

/** `/stock incident`: what a person sees that no alert has said. */
export interface DeclareModal {
  readonly systemId: string;
  readonly systemName: string;
  readonly environments: readonly string[];
  /** Worst first. */
  readonly severities: readonly Severity[];
  /** What was typed after the command. */
  readonly title: string | null;
}

export function declareModal(declare: DeclareModal): ModalContent {
  const [firstEnvironment] = declare.environments;
  return modal({
    name: 'incident.declare',
    title: 'Declare an incident',
    submit: 'Declare',
    close: 'Cancel',
    about: { systemId: declare.systemId },
    parts: [
      section(mrkdwn`*${declare.systemName}*`),
      selectInput({ name: declareInputs.environment, label: 'Environment', choices: declare.environments.map(same), ...(firstEnvironment !== undefined && { initial: firstEnvironment }) }),
      selectInput({ name: declareInputs.severity, label: 'Severity', choices: declare.severities.map(({ label }) => same(label)) }),
      optional('what each severity means', ...sectionsOf(declare.severities.slice(0, 8).map((severity) => mrkdwn`*${severity.label}*: ${meaning(severity)}`))),
      textInput({
        name: declareInputs.title,
        label: 'What is wrong?',
        hint: 'One line with a number, as for somebody who was just woken.',
        maxLength: 150,
        ...(declare.title !== null && { initial: declare.title }),
      }),
      textInput({ name: declareInputs.impact, label: 'What do users notice?', maxLength: 500, multiline: true }),
      textInput({ name: declareInputs.description, label: 'We are investigating reports of …', maxLength: 500, multiline: true }),
      context(mrkdwn`The card goes to the system's channel, the notice into its thread, and who is on call is paged as the severity says.`),
    ],
  });
}

function meaning({ criteria, page }: Severity) {
  const paging = { immediate: 'pages at once', business_hours: 'pages in business hours', next_business_day: 'waits for the next business day', never: 'pages nobody' }[page];
  return join([criteria.length === 0 ? null : mrkdwn`${truncate(criteria.join('; '), 300)}`, mrkdwn`_${paging}_`], ' · ');
}

const same = (value: string) => ({ text: value, value });
