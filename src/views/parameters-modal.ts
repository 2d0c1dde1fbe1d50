import type { ActionParameter } from '../catalog/system.ts';
import { context, modal, numberInput, section, selectInput, textInput, type Block, type ModalContent } from './blocks.ts';
import type { Control } from './controls.ts';
import { mrkdwn, truncate } from './mrkdwn.ts';

/** Asks for what an action still needs to know, with what is so now beside it. */
export interface ParametersModal {
  /** Verb first: `Scale`. */
  readonly actionTitle: string;
  readonly systemName: string;
  readonly environment: string;
  readonly about: Omit<Control, 'verb'>;
  readonly parameters: readonly ParameterQuestion[];
  /** What was wrong with the last answer, in full sentences. */
  readonly problem: string | null;
}
export type ParameterQuestion = ActionParameter & {
  /** What is so now: `3 now`, `v2.4.1 now`. */
  readonly current?: string;
  /** Choices read from the outside, such as the revisions of a deployment; they win over `choices`. */
  readonly options?: readonly { readonly text: string; readonly value: string }[];
  /** Already given: by the runbook's command, or typed. */
  readonly given?: string;
};

/** Answers are found at `values[parameter.name]`. */
export function parametersModal(question: ParametersModal): ModalContent {
  return modal({
    name: 'parameters.give',
    title: question.actionTitle,
    submit: 'Show the plan',
    close: 'Cancel',
    about: question.about,
    parts: [
      section(mrkdwn`*${question.actionTitle} · ${question.systemName} · ${question.environment}*`),
      question.problem === null ? null : section(mrkdwn`${truncate(question.problem, 500)}`),
      ...question.parameters.slice(0, 20).map(inputFor),
      context(mrkdwn`Nothing happens yet: next you see exactly what would change.`),
    ],
  });
}

function inputFor(parameter: ParameterQuestion): Block {
  const hint = hintFor(parameter);
  const common = { name: parameter.name, label: parameter.label, optional: !parameter.required, ...(hint !== '' && { hint }) };
  const initial = parameter.given ?? (parameter.default === undefined || parameter.default === null ? undefined : String(parameter.default));
  const choices = parameter.options ?? parameter.choices?.map((value) => ({ text: value, value }));
  if (choices !== undefined && choices.length > 0) return selectInput({ ...common, choices, ...(initial !== undefined && { initial }) });
  if (parameter.kind === 'integer') {
    const number = Number(initial);
    return numberInput({
      ...common,
      ...(parameter.minimum !== undefined && { minimum: parameter.minimum }),
      ...(parameter.maximum !== undefined && { maximum: parameter.maximum }),
      ...(initial !== undefined && Number.isInteger(number) && { initial: number }),
    });
  }
  return textInput({ ...common, maxLength: parameter.maxLength ?? 200, ...(initial !== undefined && { initial }) });
}

/** `3 now, 3–20 allowed` */
function hintFor({ current, minimum, maximum }: ParameterQuestion): string {
  const bounds = minimum !== undefined && maximum !== undefined ? `${minimum}–${maximum} allowed` : minimum !== undefined ? `at least ${minimum}` : maximum !== undefined ? `at most ${maximum}` : '';
  return [current, bounds].filter(Boolean).join(', ');
}
