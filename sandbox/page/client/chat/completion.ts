import type { Command, WorldSystem } from '../wire.ts';

export interface Suggestion {
  /** The whole text of the composer once it is taken. */
  readonly text: string;
  readonly label: string;
  readonly hint: string;
}

interface Word {
  readonly word: string;
  readonly hint: string;
}

/** The words of `/stock`. The bot knows more and says so in `/stock help`; these are what one reaches for. */
const subcommands: readonly Word[] = [
  { word: 'help', hint: 'what you may do here' },
  { word: 'status', hint: 'how this system is doing' },
  { word: 'systems', hint: 'all systems, one line each' },
  { word: 'incidents', hint: 'what is open' },
  { word: 'oncall', hint: 'who is on call now and next' },
  { word: 'incident', hint: 'declare one by hand' },
];

const actions: readonly Word[] = [
  { word: 'status', hint: 'how it is doing' },
  { word: 'pods', hint: 'pods, restarts, reasons' },
  { word: 'logs', hint: 'the last lines' },
  { word: 'events', hint: 'what the cluster noticed' },
  { word: 'history', hint: 'what was deployed when' },
  { word: 'scale', hint: 'how many run' },
  { word: 'restart', hint: 'one after another' },
  { word: 'rollback', hint: 'to an earlier revision' },
];

const limit = 8;

/** What could stand at the end of this text. Only commands are completed, and only their last word. */
export function suggest(text: string, commands: readonly Command[], systems: readonly WorldSystem[]): readonly Suggestion[] {
  if (!text.startsWith('/') || text.includes('\n')) return [];
  const words = text.split(/ +/);
  const last = words.at(-1)!;
  const before = text.slice(0, text.length - last.length);

  const matching = (candidates: readonly Word[]): readonly Suggestion[] =>
    candidates
      .filter(({ word }) => word.startsWith(last.toLowerCase()) && word !== last)
      .slice(0, limit)
      .map(({ word, hint }) => ({ text: `${before}${word} `, label: `${before}${word}`, hint }));

  if (words.length === 1) {
    return commands
      .filter(({ command }) => command.startsWith(last.toLowerCase()) && command !== last)
      .map(({ command, usageHint, description }) => ({ text: `${command} `, label: usageHint ? `${command} ${usageHint}` : command, hint: description }));
  }
  if (words[0] !== '/stock') return [];
  if (words.length === 2) return matching([...subcommands, ...systems.map(({ id, name }) => ({ word: id, hint: name }))]).slice(0, 12);
  if (words.length === 3 && systems.some(({ id }) => id === words[1])) return matching(actions);
  return [];
}
