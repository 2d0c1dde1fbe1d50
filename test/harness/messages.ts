import type { Message } from '../../sandbox/slack/state.ts';

/** The action id of a message's button. Throws what buttons there are, when this one is not among them. */
export function buttonOf(message: Pick<Message, 'blocks' | 'text'> | undefined, label: string): string {
  const buttons = buttonsOf(message);
  const found = buttons.find((button) => button.text.text === label);
  if (found === undefined) throw new Error(`There is no button "${label}" on "${message?.text ?? 'no message'}"; there are: ${buttons.map((button) => button.text.text).join(', ')}`);
  return found.action_id;
}

export function labelsOf(message: Pick<Message, 'blocks'> | undefined): string[] {
  return buttonsOf(message).map((button) => button.text.text);
}

/** Everything that is read on a message, in order. */
export function textOf(message: Pick<Message, 'blocks' | 'text'> | undefined): string {
  const parts: string[] = [];
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(walk);
    else if (value !== null && typeof value === 'object')
      for (const [key, item] of Object.entries(value)) {
        if (key === 'text' && typeof item === 'string') parts.push(item);
        else walk(item);
      }
  };
  walk(message?.blocks ?? []);
  return parts.length === 0 ? (message?.text ?? '') : parts.join('\n');
}

interface Button {
  readonly action_id: string;
  readonly value: string;
  readonly text: { readonly text: string };
}
export function buttonsOf(message: Pick<Message, 'blocks'> | undefined): Button[] {
  return ((message?.blocks ?? []) as unknown as readonly { type: string; elements?: Button[]; accessory?: Button & { type: string } }[]).flatMap((block) =>
    block.type === 'actions' ? (block.elements ?? []) : block.accessory?.type === 'button' ? [block.accessory] : [],
  );
}
