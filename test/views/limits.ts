/**
 * Slack's limits, written down a second time and independently of `src/views/blocks.ts`, so that a mistake there is found here.
 * Every function returns the list of what Slack would refuse, empty when all is well.
 */
type Loose = { readonly [key: string]: unknown };

const points = (text: unknown) => [...String(text)].length;

export function whatSlackRefusesInMessage(content: { readonly text: string; readonly blocks: readonly unknown[] }): string[] {
  const problems = blockProblems(content.blocks, 50);
  if (points(content.text) < 1 || points(content.text) > 4_000) problems.push(`text has ${points(content.text)} characters`);
  const total = textsOf(content.blocks).reduce((sum, text) => sum + points(text), 0);
  if (total > 10_000) problems.push(`all blocks together have ${total} characters`);
  return problems;
}

export function whatSlackRefusesInView(content: Loose): string[] {
  const blocks = content['blocks'] as readonly Loose[];
  const problems = blockProblems(blocks, 100);
  if (blocks.length === 0) problems.push('no blocks');
  for (const name of ['title', 'submit', 'close']) {
    const text = content[name] as Loose | undefined;
    if (text && (points(text['text']) < 1 || points(text['text']) > 24)) problems.push(`${name} has ${points(text['text'])} characters`);
  }
  if (points(content['private_metadata'] ?? '') > 3_000) problems.push('private_metadata too long');
  if (points(content['callback_id'] ?? '') > 255) problems.push('callback_id too long');
  if (JSON.stringify(content).length > 250_000) problems.push('view too large');
  if (content['type'] === 'modal' && blocks.some((block) => block['type'] === 'input') && content['submit'] === undefined) problems.push('input without submit');
  return problems;
}

/** Every string that is shown: of text objects anywhere in the payload. */
export function textsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsOf);
  if (value === null || typeof value !== 'object') return [];
  const object = value as Loose;
  const own = (object['type'] === 'mrkdwn' || object['type'] === 'plain_text') && typeof object['text'] === 'string' ? [object['text']] : [];
  return [...own, ...Object.values(object).flatMap(textsOf)];
}

/** Every object of this type anywhere in the payload. */
export function objectsOf(value: unknown, type: string): Loose[] {
  if (Array.isArray(value)) return value.flatMap((item) => objectsOf(item, type));
  if (value === null || typeof value !== 'object') return [];
  const object = value as Loose;
  return [...(object['type'] === type ? [object] : []), ...Object.values(object).flatMap((item) => objectsOf(item, type))];
}

function blockProblems(blocks: readonly unknown[], max: number): string[] {
  const problems: string[] = [];
  const require = (condition: boolean, problem: string) => condition || problems.push(problem);
  require(blocks.length <= max, `${blocks.length} blocks`);
  const blockIds = blocks.flatMap((block) => (block as Loose)['block_id'] ?? []);
  require(new Set(blockIds).size === blockIds.length, 'a block id twice');
  for (const text of textsOf(blocks)) require(points(text) >= 1 && points(text) <= 3_000 && text.trim() !== '', `a text of ${points(text)} characters`);
  for (const block of blocks as readonly Loose[]) {
    const elements = (block['elements'] ?? []) as readonly Loose[];
    switch (block['type']) {
      case 'context':
        require(elements.length >= 1 && elements.length <= 10, `${elements.length} context elements`);
        break;
      case 'actions': {
        require(elements.length >= 1 && elements.length <= 5, `${elements.length} buttons, our own rule is five`);
        const ids = elements.map((element) => element['action_id']);
        require(new Set(ids).size === ids.length, `an action id twice: ${ids.join(' ')}`);
        break;
      }
      case 'header':
        require(points((block['text'] as Loose)['text']) <= 150, 'header too long');
        break;
      case 'input':
        require(points((block['label'] as Loose)['text']) <= 2_000, 'label too long');
        require(points(block['block_id']) >= 1 && points(block['block_id']) <= 255, 'block_id');
        break;
      case 'section':
      case 'divider':
        break;
      default:
        problems.push(`a block of type ${String(block['type'])}`);
    }
  }
  for (const button of objectsOf(blocks, 'button')) {
    require(points((button['text'] as Loose)['text']) <= 75, 'button label too long');
    require(points(button['value']) <= 2_000, 'button value too long');
    require(points(button['action_id']) >= 1 && points(button['action_id']) <= 255, 'action_id');
  }
  for (const select of objectsOf(blocks, 'static_select')) {
    const options = select['options'] as readonly { text: Loose; value: string }[];
    require(options.length >= 1 && options.length <= 100, `${options.length} options`);
    for (const option of options) require(points(option.text['text']) <= 75 && points(option.value) >= 1 && points(option.value) <= 75, 'option too long');
    require(new Set(options.map(({ value }) => value)).size === options.length, 'an option twice');
  }
  for (const text of objectsOf(blocks, 'plain_text_input')) require(Number(text['max_length']) <= 3_000, 'max_length');
  return problems;
}
