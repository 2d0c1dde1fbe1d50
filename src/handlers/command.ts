import { didYouMean } from '../catalog/did-you-mean.ts';
import { findAction, findSystem } from '../catalog/resolve.ts';
import type { System } from '../catalog/system.ts';
import { possibleRulings, whyNeverAsk, whyNotMember } from '../approvals/policy.ts';
import { openIncidents } from '../incidents/store.ts';
import { findMessage } from '../storage/outbox.ts';
import type { Control } from '../views/controls.ts';
import { declareModal } from '../views/declare-modal.ts';
import { helpMessage } from '../views/help.ts';
import { incidentsMessage } from '../views/incidents-list.ts';
import { menuMessage } from '../views/menu.ts';
import { onCallMessage } from '../views/oncall.ts';
import { pickSystem } from '../views/pick-system.ts';
import { unknownWordMessage } from '../views/refusal.ts';
import type { Command, Press } from '../views/slack-port.ts';
import { statusMessage } from '../views/status.ts';
import { systemsMessage } from '../views/systems.ts';
import { whoAmIMessage } from '../views/whoami.ts';
import { cardKey } from './after-incident-change.ts';
import { askForAction } from './ask-for-action.ts';
import type { Bot } from './bot.ts';
import { cancelOwn } from './cancel-run.ts';
import { freeze, unfreeze } from './freeze-command.ts';
import { holdsNow } from './hold-content.ts';
import { systemOf } from './incident-content.ts';
import { onCallRoles } from './on-call.ts';
import { aboutAction, nothingKnown, placeOf, refuse, whisper, type Place } from './reply.ts';
import { sayAudit } from './say-audit.ts';
import { systemStates, toOpenIncident } from './system-states.ts';
import { whoAmI } from './whoami.ts';

/** What was asked, wherever it came from: typed, or gone on with after a system was picked. */
interface Asked {
  readonly words: readonly string[];
  readonly place: Place;
  readonly triggerId: string;
  readonly channelName: string;
  /** Part of what is asked for: the same words twice are two wishes. */
  readonly key: string;
  readonly interactionKey: string;
}

/** Words that are about everything, not about one system. The list is the help. */
const topics: Readonly<Record<string, (bot: Bot, asked: Asked) => Promise<void>>> = {
  help: sayHelp,
  systems: saySystems,
  status: sayStatus,
  incidents: sayIncidents,
  oncall: sayOnCall,
  incident: askForIncident,
  whoami: sayWhoAmI,
  cancel: (bot, { place, triggerId }) => cancelOwn(bot, place, triggerId),
  freeze: (bot, asked) => freeze(bot, asked, systemOfChannel(bot, asked.channelName)),
  unfreeze,
  audit: sayAudit,
};

export async function handleCommand(bot: Bot, command: Command): Promise<void> {
  const place = placeOf(command);
  const stranger = whyNotMember(await bot.people.identify(command.userId), '/stock');
  if (stranger !== null) return refuse(bot, place, stranger, nothingKnown);
  return carryOutWords(bot, { words: command.text.trim().split(/\s+/).filter(Boolean), place, triggerId: command.triggerId, channelName: command.channelName, key: command.key.slice(0, 16), interactionKey: command.key });
}

/** After "Which one?": the same words, now with the system in front. */
export async function continueCommand(bot: Bot, press: Press, control: Control): Promise<void> {
  const place = placeOf(press);
  const asked = { place, triggerId: press.triggerId, channelName: '', key: press.key.slice(0, 16), interactionKey: press.key };
  if (control.systemId === undefined) return whisper(bot, place, pickSystem({ rest: '', candidates: bot.catalog().systems.map(candidateOf) }));
  const rest = (control.rest ?? '').split(/\s+/).filter(Boolean);
  return carryOutWords(bot, { ...asked, words: [control.systemId, ...rest, ...(control.environment === undefined || rest.length === 0 ? [] : [control.environment])] });
}

async function carryOutWords(bot: Bot, asked: Asked): Promise<void> {
  const dryRun = asked.words.includes('--dry-run');
  const words = asked.words.filter((word) => word !== '--dry-run');
  const [first = '', ...rest] = words;
  const topic = topics[first.toLowerCase()];
  if (topic !== undefined) return topic(bot, { ...asked, words: rest });
  if (first === '') return sayMenu(bot, asked);

  const named = findSystem(bot.catalog(), first);
  if ('id' in named) return rest.length === 0 ? sayMenu(bot, asked, named) : runAction(bot, asked, named, rest, dryRun);
  const here = systemOfChannel(bot, asked.channelName);
  if (here !== null && 'action' in findAction(here, words)) return runAction(bot, asked, here, words, dryRun);
  const able = bot.catalog().systems.filter((system) => 'action' in findAction(system, words));
  if (able.length === 1 && able[0] !== undefined) return runAction(bot, asked, able[0], words, dryRun);
  if (able.length > 1) return whisper(bot, asked.place, pickSystem({ rest: [...words, ...(dryRun ? ['--dry-run'] : [])].join(' '), candidates: able.map(candidateOf) }));
  return whisper(bot, asked.place, unknownWordMessage(first, suggestionsFor(bot, first)));
}

async function runAction(bot: Bot, asked: Asked, system: System, words: readonly string[], dryRun: boolean): Promise<void> {
  if (words[0]?.toLowerCase() === 'help') return sayHelp(bot, { ...asked, words: [system.id] });
  if (words[0]?.toLowerCase() === 'status' && !system.actions.has('status')) return sayStatus(bot, { ...asked, words: [system.id] });
  if (words[0]?.toLowerCase() === 'incident') return askForIncident(bot, { ...asked, words: [system.id, ...words.slice(1)] });
  const found = findAction(system, words);
  if (!('action' in found)) return whisper(bot, asked.place, unknownWordMessage(words[0] ?? '', found.didYouMean));
  if (found.unknown.length > 0)
    return refuse(bot, asked.place, { refused: `${found.action.title} ${system.name}`, rule: `“${found.unknown.join(' ').slice(0, 80)}” fits nowhere`, instead: usageOf(system, found.action.id) }, aboutAction({ system, action: found.action }));
  return askForAction(bot, {
    system,
    action: found.action,
    environment: found.environment ?? environmentFor(system, found.action.environments),
    component: found.component,
    given: found.given,
    incident: null,
    place: asked.place,
    triggerId: asked.triggerId,
    viewId: null,
    dryRun,
    key: asked.key,
  });
}

/** The first environment that offers it; it is named on the plan before anything happens. */
function environmentFor(system: System, offered: readonly string[]): string {
  return [...system.environments.keys()].find((name) => offered.length === 0 || offered.includes(name)) ?? '';
}

function usageOf(system: System, actionId: string): string {
  const action = system.actions.get(actionId);
  const parameters = (action?.parameters ?? []).map((parameter) => (parameter.required && parameter.default === undefined ? `<${parameter.name}>` : `[${parameter.name}]`));
  return `Write: /stock ${[system.id, actionId, ...parameters].join(' ')}`;
}

/** A channel speaks for a system when it is called like it: `#stock-service`, `#crypto`. */
function systemOfChannel(bot: Bot, channelName: string): System | null {
  if (channelName === '') return null;
  const found = findSystem(bot.catalog(), channelName);
  return 'id' in found ? found : null;
}

function candidateOf(system: System) {
  return { systemId: system.id, systemName: system.name, environment: null, detail: null };
}

function suggestionsFor(bot: Bot, word: string): readonly string[] {
  const { systems } = bot.catalog();
  return didYouMean(word, [...Object.keys(topics), ...systems.flatMap((system) => [system.id, ...system.aliases]), ...new Set(systems.flatMap((system) => [...system.actions.keys()]))]);
}

async function sayHelp(bot: Bot, { words, place, channelName }: Asked): Promise<void> {
  const named = words[0] === undefined ? null : findSystem(bot.catalog(), words[0]);
  const system = named !== null && 'id' in named ? named : systemOfChannel(bot, channelName);
  const identity = await bot.people.identify(place.userId);
  const commands =
    system === null
      ? [
          { usage: '/stock status', what: 'how everything stands' },
          { usage: '/stock incidents', what: 'what is open' },
          { usage: '/stock oncall', what: 'who has it now' },
          { usage: '/stock systems', what: 'what there is and what to call it' },
          { usage: '/stock whoami', what: 'what you may do here, and why not the rest' },
          { usage: '/stock incident', what: 'declare one that no alert has seen' },
          { usage: '/stock cancel', what: 'take back what you asked for, as far as that is possible' },
          { usage: '/stock freeze <system>|all [for 2h] <reason>', what: 'stop changes; /stock unfreeze lifts it' },
          { usage: '/stock audit [system] [by @person] [since 2d]', what: 'who did what' },
          { usage: '/stock <system> help', what: 'what you may do with one system' },
          { usage: '/stock <system> <action> …', what: 'do it; you see the plan first' },
          { usage: '… --dry-run', what: 'only show what would happen' },
        ]
      : // What changes something first: that is what a person looks for when something is wrong.
        [...system.actions.values()]
          .toSorted((one, other) => Number(one.effect === 'read') - Number(other.effect === 'read'))
          .filter((action) => whyNeverAsk(possibleRulings(bot.catalog(), system, environmentFor(system, action.environments), action.risk, {}), identity, '') === null)
          .map((action) => ({ usage: usageOf(system, action.id).slice('Write: '.length), what: `${action.title}${action.effect === 'write' ? '; shows the plan first' : ''}` }));
  await whisper(bot, place, helpMessage({ systemName: system?.name ?? null, commands, topics: system === null ? bot.catalog().systems.map(({ id }) => id) : [] }));
}

async function saySystems(bot: Bot, { place }: Asked): Promise<void> {
  const systems = bot.catalog().systems.map((system) => ({
    id: system.id,
    name: system.name,
    aliases: system.aliases,
    description: system.description,
    environments: [...system.environments.keys()],
    actions: system.actions.size,
    channel: system.channels.alerts,
  }));
  await whisper(bot, place, systemsMessage({ systems }));
}

async function sayStatus(bot: Bot, { words, place }: Asked): Promise<void> {
  const system = words[0] === undefined ? null : findSystem(bot.catalog(), words[0]);
  if (system !== null && !('id' in system)) return whisper(bot, place, unknownWordMessage(words[0] ?? '', system.didYouMean));
  await whisper(bot, place, statusMessage(await systemStates(bot, system), bot.clock.now(), (await holdsNow(bot)).everywhere));
}

async function sayIncidents(bot: Bot, { words, place }: Asked): Promise<void> {
  const system = words[0] === undefined ? null : findSystem(bot.catalog(), words[0]);
  if (system !== null && !('id' in system)) return whisper(bot, place, unknownWordMessage(words[0] ?? '', system.didYouMean));
  const open = (await openIncidents(bot.db)).filter((incident) => system === null || incident.systemId === system.id);
  const incidents = await Promise.all(
    open.map(async (incident) => {
      const card = await findMessage(bot.db, cardKey(incident.id));
      return {
        ...toOpenIncident(incident),
        systemName: systemOf(bot.catalog(), incident)?.name ?? null,
        environment: incident.environment,
        cardUrl: card?.posted_ts == null ? null : await bot.slack.permalink(card.channel_id, card.posted_ts),
      };
    }),
  );
  await whisper(bot, place, incidentsMessage({ systemName: system?.name ?? null, incidents, now: bot.clock.now() }));
}

async function sayOnCall(bot: Bot, { words, place, channelName }: Asked): Promise<void> {
  const named = words[0] === undefined ? null : findSystem(bot.catalog(), words[0]);
  const system = named !== null && 'id' in named ? named : systemOfChannel(bot, channelName);
  await whisper(bot, place, onCallMessage({ systemName: system?.name ?? null, roles: await onCallRoles(bot, system) }));
}

async function sayWhoAmI(bot: Bot, { words, place, channelName }: Asked): Promise<void> {
  const named = words[0] === undefined ? null : findSystem(bot.catalog(), words[0]);
  if (named !== null && !('id' in named)) return whisper(bot, place, unknownWordMessage(words[0] ?? '', named.didYouMean));
  await whisper(bot, place, whoAmIMessage(await whoAmI(bot, place.userId, named ?? systemOfChannel(bot, channelName))));
}

async function sayMenu(bot: Bot, asked: Asked, named: System | null = null): Promise<void> {
  const system = named ?? systemOfChannel(bot, asked.channelName);
  if (system === null) return whisper(bot, asked.place, pickSystem({ rest: '', candidates: bot.catalog().systems.map(candidateOf) }));
  const [first, ...others] = await systemStates(bot, system);
  if (first === undefined) return sayHelp(bot, { ...asked, words: [system.id] });
  const usual = ['restart', 'scale', 'rollback', 'status', 'logs', 'pods'].flatMap((id) => system.actions.get(id) ?? []);
  await whisper(bot, asked.place, menuMessage({ states: [first, ...others], actions: usual.map(({ id, title, effect }) => ({ id, title, effect })), now: bot.clock.now() }));
}

async function askForIncident(bot: Bot, asked: Asked): Promise<void> {
  const [first, ...rest] = asked.words;
  const named = first === undefined ? null : findSystem(bot.catalog(), first);
  const isNamed = named !== null && 'id' in named;
  const system = isNamed ? named : systemOfChannel(bot, asked.channelName);
  const title = (isNamed ? rest : asked.words).join(' ');
  if (system === null) return whisper(bot, asked.place, pickSystem({ rest: `incident ${title}`.trim(), candidates: bot.catalog().systems.map(candidateOf) }));
  const view = declareModal({ systemId: system.id, systemName: system.name, environments: [...system.environments.keys()], severities: system.severities, title: title === '' ? null : title });
  const opened = await bot.slack.openView(asked.triggerId, view);
  if (opened.status === 'failed') await refuse(bot, asked.place, { refused: 'Declare an incident', rule: `Slack did not let the bot open a window (${opened.error})`, instead: 'Type it again.' }, { system: system.id, subject: 'incident' });
}
