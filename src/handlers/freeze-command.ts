/** `/stock freeze all|<system> [for 2h] <reason>` and `/stock unfreeze all|<system>`. */
import { parseDuration } from '../catalog/duration.ts';
import { findSystem } from '../catalog/resolve.ts';
import type { System } from '../catalog/system.ts';
import { freezeChanges, unfreezeChanges } from '../runs/freeze.ts';
import { freezeEndedMessage, freezeMessage } from '../views/hold.ts';
import { unknownWordMessage } from '../views/refusal.ts';
import type { Bot } from './bot.ts';
import { toHoldView } from './hold-content.ts';
import { refuse, whisper, type About, type Place } from './reply.ts';

const usage = 'Write: /stock freeze all|<system> [for 2h] <reason>';
const longestMs = 30 * 86_400_000;
const longestReason = 300;

export interface FreezeCommand {
  readonly place: Place;
  /** Without `freeze` itself. */
  readonly words: readonly string[];
  readonly interactionKey: string;
}

/** @param here the system of the channel, which a person may leave out */
export async function freeze(bot: Bot, { place, words, interactionKey }: FreezeCommand, here: System | null): Promise<void> {
  const refused = 'Freeze changes';
  const [first = '', ...others] = words;
  const named = whichOf(bot, first);
  const isNamed = named === null || 'id' in named;
  if (!isNamed && here === null) return first === '' ? refuse(bot, place, { refused, rule: 'it was not said of which system', instead: usage }, aboutWord('freeze', null)) : whisper(bot, place, unknownWordMessage(first, named.didYouMean));
  const system = isNamed ? named : here;
  const about = aboutWord('freeze', system);
  const said = readReason(isNamed ? others : words);
  if (said.reason === '') return refuse(bot, place, { refused, rule: 'a freeze needs a reason, which everybody reads', instead: usage }, about);
  if (said.reason.length > longestReason) return refuse(bot, place, { refused, rule: `the reason has more than ${longestReason} characters`, instead: 'Say it in one sentence.' }, about);
  if (said.forMs !== null && (said.forMs <= 0 || said.forMs > longestMs)) return refuse(bot, place, { refused, rule: 'a freeze lasts between a second and 30 days', instead: 'Leave “for …” out, and lift it yourself.' }, about);
  const frozen = await freezeChanges(bot, { system, reason: said.reason, forMs: said.forMs, userId: place.userId, interactionKey });
  if (frozen.kind === 'carriedOut') return;
  if (frozen.kind === 'refused') return refuse(bot, place, frozen.refusal, about);
  const view = toHoldView(bot.catalog(), { kind: 'frozen', freeze: frozen.freeze });
  if (view.kind === 'frozen') await whisper(bot, place, freezeMessage(view, [], bot.clock.now()));
}

export async function unfreeze(bot: Bot, { place, words, interactionKey }: FreezeCommand): Promise<void> {
  const [first = ''] = words;
  const system = whichOf(bot, first);
  if (first === '') return refuse(bot, place, { refused: 'Unfreeze', rule: 'it was not said of which system', instead: 'Write: /stock unfreeze all|<system>' }, aboutWord('unfreeze', null));
  if (system !== null && !('id' in system)) return whisper(bot, place, unknownWordMessage(first, system.didYouMean));
  const lifted = await unfreezeChanges(bot, { system, userId: place.userId, interactionKey });
  if (lifted.kind === 'carriedOut') return;
  if (lifted.kind === 'refused') return refuse(bot, place, lifted.refusal, aboutWord('unfreeze', system));
  const now = bot.clock.now();
  const view = toHoldView(bot.catalog(), { kind: 'frozen', freeze: lifted.freeze });
  if (view.kind === 'frozen') await whisper(bot, place, freezeEndedMessage(view, { at: lifted.freeze.liftedAt ?? now, by: place.userId }, now));
}

/** Where it is of all systems, it is of none of them in particular. */
const aboutWord = (subject: 'freeze' | 'unfreeze', system: System | null): About => ({ system: system?.id ?? null, subject });

/** `null`: all of them. */
function whichOf(bot: Bot, word: string): System | null | { readonly didYouMean: readonly string[] } {
  return word.toLowerCase() === 'all' ? null : findSystem(bot.catalog(), word);
}

/** The time may stand before the reason or behind it: `for 2h the audit`, `the audit for 2h`. */
function readReason(words: readonly string[]): { readonly reason: string; readonly forMs: number | null } {
  const before = words[0]?.toLowerCase() === 'for' ? parseDuration(words[1] ?? '') : null;
  if (before !== null) return { reason: words.slice(2).join(' '), forMs: before };
  const after = words.at(-2)?.toLowerCase() === 'for' ? parseDuration(words.at(-1) ?? '') : null;
  return after === null ? { reason: words.join(' '), forMs: null } : { reason: words.slice(0, -2).join(' '), forMs: after };
}
