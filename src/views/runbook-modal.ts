import type { RunbookSection } from '../catalog/system.ts';
import { button, context, modal, section, sectionsOf, type Block, type ModalContent } from './blocks.ts';
import { escape, codeBlock, link, mrkdwn, truncate, webAddress, type Mrkdwn } from './mrkdwn.ts';
import { markdownParts } from './markdown.ts';

/** A section of the runbook to read, with a button beside each command that the system can run. */
export interface RunbookModal {
  readonly systemId: string;
  readonly systemName: string;
  readonly environment: string | null;
  readonly incident: { readonly id: number; readonly version: number } | null;
  readonly section: RunbookSection;
  readonly runbook: { readonly url: string; readonly version: string; readonly lastUpdated: string | null };
  /** The actions that are offered here, by id; a command whose action is not among them is only text. */
  readonly offered: ReadonlyMap<string, { readonly title: string; readonly effect: 'read' | 'write' }>;
}
type Command = RunbookSection['commands'][number];

const blocksShown = 94;

export function runbookModal(view: RunbookModal): ModalContent {
  const body = bodyBlocks(view);
  const rest = body.length > blocksShown ? [context(mrkdwn`The rest is in the document.`)] : [];
  return modal({
    name: 'runbook.read',
    title: view.systemName,
    about: {
      systemId: view.systemId,
      sectionId: view.section.id,
      ...(view.environment !== null && { environment: view.environment }),
      ...(view.incident !== null && { incidentId: view.incident.id, incidentVersion: view.incident.version }),
    },
    parts: [
      section(mrkdwn`*${truncate(view.section.title, 150)}*`),
      ...(body.length === 0 ? [section(mrkdwn`_This section is empty._`)] : body.slice(0, blocksShown)),
      ...rest,
      context(mrkdwn`${source(view)} · a button with … asks before it does anything`),
    ],
  });
}

function source({ runbook }: RunbookModal): Mrkdwn {
  const updated = runbook.lastUpdated === null ? 'no date' : runbook.lastUpdated;
  const words = `Runbook ${runbook.version}, ${updated}`;
  return webAddress(runbook.url) === null ? escape(words) : link(runbook.url, words);
}

function bodyBlocks(view: RunbookModal): Block[] {
  const commands: Command[] = [...view.section.commands];
  const blocks: Block[] = [];
  let text: Mrkdwn[] = [];
  const endText = () => {
    blocks.push(...sectionsOf(text, '\n\n'));
    text = [];
  };
  for (const part of markdownParts(view.section.body)) {
    if (part.kind === 'text') {
      text.push(part.text);
      continue;
    }
    endText();
    blocks.push(...fenceBlocks(part.lines, commands, view));
  }
  endText();
  return blocks;
}

/** Commands are taken from the front of `commands` as the fence names them; what is none of them stays code to read. */
function fenceBlocks(lines: readonly string[], commands: Command[], view: RunbookModal): Block[] {
  const whole = normalised(lines.join('\n'));
  if (commands[0] !== undefined && normalised(commands[0].text) === whole) return commandBlock(commands.shift() as Command, view);
  const blocks: Block[] = [];
  let plain: string[] = [];
  const endPlain = () => {
    if (plain.some((line) => line.trim() !== '')) blocks.push(section(codeBlock(plain.join('\n'), { max: 2_800 })));
    plain = [];
  };
  for (const line of joinContinued(lines)) {
    const next = commands[0];
    if (next === undefined || normalised(next.text) !== normalised(line)) {
      plain.push(line);
      continue;
    }
    endPlain();
    commands.shift();
    blocks.push(...commandBlock(next, view));
  }
  endPlain();
  return blocks;
}

function commandBlock(command: Command, view: RunbookModal): Block[] {
  const action = command.action === undefined ? undefined : view.offered.get(command.action);
  const run =
    action && command.action !== undefined
      ? button(`${truncate(action.title, 40)}${action.effect === 'write' ? '…' : ''}`, {
          verb: 'runbook.run',
          actionId: command.action,
          systemId: view.systemId,
          ...(view.environment !== null && { environment: view.environment }),
          ...(view.incident !== null && { incidentId: view.incident.id, incidentVersion: view.incident.version }),
          ...(command.parameters !== undefined && { parameters: command.parameters }),
        })
      : undefined;
  const note = command.note === undefined ? [] : [context(mrkdwn`⚠ The bot does this differently: ${truncate(command.note, 600)}`)];
  return [section(codeBlock(command.text, { max: 2_800 }), run), ...note];
}

/** Lines that end in a backslash go on in the next one. */
function joinContinued(lines: readonly string[]): string[] {
  const joined: string[] = [];
  let open = false;
  for (const line of lines) {
    if (open) joined[joined.length - 1] += `\n${line}`;
    else joined.push(line);
    open = line.trimEnd().endsWith('\\');
  }
  return joined;
}

const normalised = (command: string) => command.replace(/\\\s*\n/g, ' ').replace(/\s+/g, ' ').trim();
