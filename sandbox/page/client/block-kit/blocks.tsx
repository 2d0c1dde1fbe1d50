// Why not the published renderer (slack-blocks-to-jsx 1.1): it is React with react-markdown and remark, draws without
// acting (no presses, no inputs, no modals, no errors), and loads pictures from anywhere. The acting is what this page
// is for, and with it the drawing is a switch over a dozen block types.
import { useId } from 'preact/hooks';
import { useSurface } from './context.ts';
import type { Block, RichText } from './block.ts';
import { BlockElement, Picture } from './element.tsx';
import { blockIdOf } from './element-state.ts';
import { PlainText, RichTextBlock, Text } from './text.tsx';

export function Blocks({ blocks }: { blocks: readonly Block[] }) {
  return (
    <div class="blocks">
      {blocks.map((block, index) => (
        <OneBlock key={blockIdOf(block, index)} block={block} blockId={blockIdOf(block, index)} />
      ))}
    </div>
  );
}

function OneBlock({ block, blockId }: { block: Block; blockId: string }) {
  switch (block.type) {
    case 'header':
      return <h3 class="block-header"><PlainText source={textOf(block)} /></h3>;
    case 'divider':
      return <hr class="block-divider" />;
    case 'section':
      return <Section block={block} blockId={blockId} />;
    case 'context':
      return (
        <div class="block-context">
          {(block.elements ?? []).map((element, index) =>
            element.type === 'image' ? <Picture key={index} url={element.image_url} alt={element.alt_text ?? ''} small /> : <Text key={index} text={{ type: element.type, text: String(element.text ?? '') }} />,
          )}
        </div>
      );
    case 'actions':
      return (
        <div class="block-actions">
          {(block.elements ?? []).map((element, index) => <BlockElement key={element.action_id ?? index} element={element} blockId={blockId} />)}
        </div>
      );
    case 'input':
      return <Input block={block} blockId={blockId} />;
    case 'image':
      return (
        <figure class="block-image">
          {block.title !== undefined && <figcaption><PlainText source={block.title.text} /></figcaption>}
          <Picture url={block.image_url ?? (block.slack_file?.id === undefined ? block.slack_file?.url : `/sandbox/files/${encodeURIComponent(block.slack_file.id)}`)} alt={block.alt_text ?? ''} />
        </figure>
      );
    case 'rich_text':
      return <RichTextBlock elements={(block.elements ?? []) as readonly RichText[]} />;
    case 'markdown':
      return <Text text={{ type: 'mrkdwn', text: mrkdwnOf(textOf(block)) }} />;
    case 'table':
      return <Table block={block} />;
    default:
      return <p class="unknown-block">This page does not draw “{block.type}” blocks.</p>;
  }
}

function textOf(block: Block): string {
  return typeof block.text === 'string' ? block.text : (block.text?.text ?? '');
}

function Section({ block, blockId }: { block: Block; blockId: string }) {
  return (
    <div class="block-section">
      <div class="block-section-text">
        <Text text={block.text} />
        {block.fields !== undefined && (
          <div class="block-fields">
            {block.fields.map((field, index) => <div key={index}><Text text={field} /></div>)}
          </div>
        )}
      </div>
      {block.accessory !== undefined && (
        <div class="block-accessory">
          <BlockElement element={block.accessory} blockId={blockId} />
        </div>
      )}
    </div>
  );
}

function Input({ block, blockId }: { block: Block; blockId: string }) {
  const error = useSurface().errors[blockId];
  const id = useId();
  if (block.element === undefined) return null;
  const describedBy = [error === undefined ? '' : `${id}-error`, block.hint === undefined ? '' : `${id}-hint`].filter((part) => part !== '').join(' ');
  return (
    <div class={error === undefined ? 'block-input' : 'block-input has-error'}>
      <span class="block-label" id={`${id}-label`}>
        <PlainText source={block.label?.text ?? ''} />
        {block.optional && <span class="optional"> (optional)</span>}
      </span>
      <BlockElement element={block.element} blockId={blockId} asInput dispatches={block.dispatch_action === true} labelId={`${id}-label`} invalid={error !== undefined} {...(describedBy === '' ? {} : { describedBy })} />
      {error !== undefined && <p class="block-error" id={`${id}-error`} role="alert">{error}</p>}
      {block.hint !== undefined && <p class="block-hint" id={`${id}-hint`}><PlainText source={block.hint.text} /></p>}
    </div>
  );
}

function Table({ block }: { block: Block }) {
  const [head, ...rows] = block.rows ?? [];
  const alignOf = (column: number): string => {
    const { align = 'left', is_wrapped: wraps = false } = block.column_settings?.[column] ?? {};
    return `align-${align}${wraps ? ' wraps' : ''}`;
  };
  const cell = (content: NonNullable<Block['rows']>[number][number]) => (content.type === 'rich_text' ? <RichTextBlock elements={content.elements ?? []} /> : <PlainText source={content.text ?? ''} />);
  if (head === undefined) return null;
  return (
    <div class="block-table" tabIndex={0} role="region" aria-label="Table">
      <table>
        <thead>
          <tr>{head.map((content, column) => <th key={column} scope="col" class={alignOf(column)}>{cell(content)}</th>)}</tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>{row.map((content, column) => <td key={column} class={alignOf(column)}>{cell(content)}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Of standard Markdown what a bot's message has: headings, bold, strike, links, bullets. The rest reads well as it is. */
function mrkdwnOf(markdown: string): string {
  return markdown
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/^#{1,6}\s+(.+)$/gm, '*$1*')
    .replace(/\*\*(.+?)\*\*/g, '*$1*')
    .replace(/~~(.+?)~~/g, '~$1~')
    .replace(/\[([^\]\n]+)\]\((https?:\/\/[^)\s]+)\)/g, '<$2|$1>')
    .replace(/^(\s*)\* /gm, '$1• ');
}
