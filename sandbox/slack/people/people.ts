import { Refusal } from '../api/method.ts';
import type { AppEvents } from '../app-events.ts';
import { isObject } from '../block-kit/schema.ts';
import type { JsonObject } from '../block-kit/schema.ts';
import { findElement, interactiveElements } from '../block-kit/walk.ts';
import type { PlacedElement } from '../block-kit/walk.ts';
import type { AppAnswer, Delivery, EnvelopeType } from '../delivery/delivery.ts';
import { keepsValue, valueOf, whyNotSubmitted } from '../entered.ts';
import type { Choice } from '../entered.ts';
import { grantResponseUrl, respond } from '../http/response-url.ts';
import { edit, post, remove } from '../posting.ts';
import type { Channel, Entered, Message, OpenView, ResponseUrl, User } from '../state.ts';
import type { Triggers } from '../triggers.ts';
import { clearModals, closeModal, modalStack, pushModal, readView, updateView, viewState } from '../views.ts';
import type { Workspace } from '../workspace-model.ts';
import { closedPayload, commandPayload, messageActionPayload, submissionPayload, viewActionPayload } from './payloads.ts';

/** `as` is a person: an id (`U0ONCALL`) or a name (`oncall`). `channel` is an id or a name, with or without `#`. */
export interface Press {
  readonly as: string;
  readonly channel: string;
  readonly ts: string;
  readonly actionId: string;
  /** Needed only where two blocks of the message have this action. */
  readonly blockId?: string;
  /** What was chosen, in anything that is not a button. */
  readonly choice?: Choice;
  /** What the person has entered elsewhere in the message by then. */
  readonly values?: Values;
}

export interface PressInView {
  readonly as: string;
  /** Left out: the modal on top, else the home tab. */
  readonly viewId?: string;
  readonly actionId: string;
  readonly blockId?: string;
  readonly choice?: Choice;
  /** What the person has entered elsewhere in the view by then. */
  readonly values?: Values;
}

/** By block id: a choice, or choices by action id. */
export type Values = { readonly [blockId: string]: Choice | { readonly [actionId: string]: Choice } };

export interface Submission {
  readonly answer: AppAnswer | null;
  /** By block id: what Slack's client or the app objects to. Empty when the modal was taken. */
  readonly errors: Record<string, string>;
  readonly ok: boolean;
}

/** What went wrong with the app's answers: Slack shows a person a general apology, we keep the reason. */
export interface Complaint {
  readonly at: Date;
  readonly about: string;
  readonly reason: string;
}

interface Surroundings {
  readonly workspace: Workspace;
  readonly triggers: Triggers;
  readonly events: AppEvents;
  readonly delivery: () => Delivery;
  readonly responseUrl: (granted: ResponseUrl) => string;
  readonly isCommand: (command: string) => boolean;
}

/** The people of the workspace: everything that a person can do in a Slack client, as the app sees it. */
export class People {
  readonly complaints: Complaint[] = [];
  readonly #here: Surroundings;
  /** What people have chosen in the elements of messages, by message and person. */
  readonly #chosen = new Map<string, Entered>();

  constructor(surroundings: Surroundings) {
    this.#here = surroundings;
  }

  /** Presses a button or chooses from a menu of a message. Throws when this person sees no such thing. */
  async press(wanted: Press): Promise<AppAnswer> {
    const { workspace, triggers } = this.#here;
    const person = this.person(wanted.as);
    const channel = this.#channelFor(person, wanted.channel);
    const message = this.#messageFor(person, channel, wanted.ts);
    const placed = findElement(message.blocks ?? [], wanted.actionId, wanted.blockId);
    if (!placed) throw new Error(`The message ${message.ts} has no ${wanted.actionId}${wanted.blockId === undefined ? '' : ` in block ${wanted.blockId}`}; it has: ${namesOf(message.blocks)}`);
    const key = `${channel.id} ${message.ts} ${person.id}`;
    const entered = this.#chosen.get(key) ?? {};
    this.#chosen.set(key, entered);
    enter(message.blocks, entered, wanted.values ?? {});
    const action = this.#act(placed, wanted.choice, entered);
    const granted = grantResponseUrl(workspace, { userId: person.id, channelId: channel.id, ts: message.ts, isEphemeral: message.ephemeralFor !== null, threadTs: message.threadTs });
    const pressed = { action, triggerId: triggers.issue(person.id) };
    return this.#deliver('interactive', messageActionPayload(workspace, person, channel, message, entered, this.#here.responseUrl(granted), pressed));
  }

  /** The same in a modal or on the home tab. */
  async pressInView(wanted: PressInView): Promise<AppAnswer> {
    const { workspace, triggers } = this.#here;
    const person = this.person(wanted.as);
    const view = this.#viewFor(person, wanted.viewId);
    const placed = findElement(view.content['blocks'], wanted.actionId, wanted.blockId);
    if (!placed) throw new Error(`The view ${view.id} has no ${wanted.actionId}; it has: ${namesOf(view.content['blocks'])}`);
    enter(view.content['blocks'], view.entered, wanted.values ?? {});
    const action = this.#act(placed, wanted.choice, view.entered);
    return this.#deliver('interactive', viewActionPayload(workspace, person, view, { action, triggerId: triggers.issue(person.id, view.id) }));
  }

  /** Types a slash command. What the app answers with its acknowledgement is posted as Slack would. */
  async command(wanted: { as: string; channel: string; command: string; text?: string }): Promise<AppAnswer> {
    const { workspace, triggers, events } = this.#here;
    const person = this.person(wanted.as);
    const channel = this.#channelFor(person, wanted.channel);
    if (!this.#here.isCommand(wanted.command)) {
      this.#tellOnly(person, channel, `${wanted.command} is not a valid command.`);
      return { acked: false, ackedAfterMs: null, payload: null, problem: null };
    }
    const granted = grantResponseUrl(workspace, { userId: person.id, channelId: channel.id, ts: null, isEphemeral: false, threadTs: null });
    const payload = commandPayload(workspace, person, channel, wanted.command, wanted.text ?? '', this.#here.responseUrl(granted), triggers.issue(person.id));
    const answer = await this.#deliver('slash_commands', payload);
    if (answer.problem !== null) this.#tellOnly(person, channel, `${wanted.command} failed with the error "${answer.problem}"`);
    if (isObject(answer.payload) && Object.keys(answer.payload).length > 0) this.#accept(`command ${wanted.command}`, () => respond(workspace, events, granted, answer.payload as JsonObject));
    return answer;
  }

  /** Presses the modal's submit button. Nothing is sent while Slack's own client would object. */
  async submit(wanted: { as: string; viewId?: string; values?: Values }): Promise<Submission> {
    const { workspace, triggers } = this.#here;
    const person = this.person(wanted.as);
    const view = this.#viewFor(person, wanted.viewId);
    if (view.type !== 'modal') throw new Error('A home tab cannot be submitted.');
    if (view.content['submit'] === undefined) throw new Error(`The modal ${view.id} has no submit button.`);
    const unknown = unknownBlocks(view.content['blocks'], wanted.values ?? {});
    if (unknown.length > 0) throw new Error(`The modal has no block ${unknown.join(', ')} any more, or never had.`);
    enter(view.content['blocks'], view.entered, wanted.values ?? {});
    const objections = whyNotSubmitted(view.content['blocks'], viewState(view));
    if (Object.keys(objections).length > 0) {
      this.#showErrors(view, objections);
      return { answer: null, errors: objections, ok: false };
    }
    this.#showErrors(view, {});
    const answer = await this.#deliver('interactive', submissionPayload(workspace, person, view, triggers.issue(person.id, view.id)));
    if (answer.problem !== null) {
      return { answer, errors: {}, ok: false };
    }
    this.#accept(`submission of ${view.id}`, () => this.#takeAnswer(person, view, answer.payload));
    return { answer, errors: view.errors, ok: Object.keys(view.errors).length === 0 };
  }

  /** Presses the modal's close button; the app hears of it if it asked to. */
  async closeView(wanted: { as: string; viewId?: string; isCleared?: boolean }): Promise<AppAnswer | null> {
    const { workspace } = this.#here;
    const person = this.person(wanted.as);
    const view = this.#viewFor(person, wanted.viewId);
    const isCleared = wanted.isCleared === true || view.content['clear_on_close'] === true;
    if (isCleared) clearModals(workspace, person.id);
    else closeModal(workspace, view);
    return view.content['notify_on_close'] === true ? this.#deliver('interactive', closedPayload(workspace, person, view, isCleared)) : null;
  }

  /** Writes a message; resolves when the app has taken the events that come from it, if it is subscribed to any. */
  async say(wanted: { as: string; channel: string; text: string; threadTs?: string }): Promise<{ ts: string; answers: AppAnswer[] }> {
    const { ts, told } = this.write(wanted);
    const answers = await Promise.all(told);
    return { ts, answers: answers.filter((answer) => answer !== null) };
  }

  /** The same without the wait. */
  write(wanted: { as: string; channel: string; text: string; threadTs?: string }): { ts: string; told: Promise<AppAnswer | null>[] } {
    const { workspace, events } = this.#here;
    const person = this.person(wanted.as);
    const channel = this.#channelFor(person, wanted.channel);
    if (channel.isArchived) throw new Error(`#${channel.name} is archived.`);
    const message: Message = {
      channelId: channel.id,
      ts: workspace.nextTs(),
      userId: person.id,
      botId: null,
      text: wanted.text,
      blocks: null,
      attachments: null,
      threadTs: wanted.threadTs ?? null,
      isBroadcast: false,
      edited: null,
      metadata: null,
      fileIds: [],
      reactions: [],
      ephemeralFor: null,
      subtype: null,
    };
    workspace.add(message);
    return { ts: message.ts, told: events.messagePosted(message) };
  }

  async openHome(wanted: { as: string }): Promise<AppAnswer | null> {
    return this.#here.events.homeOpened(this.person(wanted.as).id);
  }

  /** A person deletes a message, their own or, as an administrator would, the bot's. */
  deleteMessage(wanted: { as: string; channel: string; ts: string }): void {
    const person = this.person(wanted.as);
    remove(this.#here.workspace, this.#here.events, this.#messageFor(person, this.#channelFor(person, wanted.channel), wanted.ts));
  }

  editMessage(wanted: { as: string; channel: string; ts: string; text: string }): void {
    const person = this.person(wanted.as);
    const message = this.#messageFor(person, this.#channelFor(person, wanted.channel), wanted.ts);
    if (message.userId !== person.id) throw new Error('Only what one has written oneself can be edited.');
    edit(this.#here.workspace, this.#here.events, message, person.id, { text: wanted.text });
  }

  react(wanted: { as: string; channel: string; ts: string; name: string }): void {
    const person = this.person(wanted.as);
    const message = this.#messageFor(person, this.#channelFor(person, wanted.channel), wanted.ts);
    const reaction = message.reactions.find((existing) => existing.name === wanted.name);
    if (reaction && !reaction.userIds.includes(person.id)) reaction.userIds.push(person.id);
    if (!reaction) message.reactions.push({ name: wanted.name, userIds: [person.id] });
    this.#here.workspace.changed({ type: 'reaction', channel: message.channelId, ts: message.ts });
    void this.#here.events.reactionAdded(message, person.id, wanted.name);
  }

  archiveChannel(wanted: { as: string; channel: string }): void {
    const person = this.person(wanted.as);
    const channel = this.#channelFor(person, wanted.channel);
    channel.isArchived = true;
    this.#here.workspace.changed({ type: 'channel', channel: channel.id });
    void this.#here.events.channelArchived(channel, person.id);
  }

  removeBotFrom(channelName: string): void {
    const { workspace } = this.#here;
    const channel = workspace.channel(channelName);
    if (!channel) throw new Error(`There is no channel ${channelName}.`);
    channel.memberIds = channel.memberIds.filter((id) => id !== workspace.state.app.botUserId);
    workspace.changed({ type: 'channel', channel: channel.id });
  }

  person(idOrName: string): User {
    const { users } = this.#here.workspace.state;
    const found = users.find((user) => user.id === idOrName || user.name === idOrName);
    if (!found) throw new Error(`There is no ${idOrName}; there are: ${users.map((user) => user.name).join(', ')}`);
    return found;
  }

  #deliver(type: EnvelopeType, payload: JsonObject): Promise<AppAnswer> {
    return this.#here.delivery().deliver(type, payload);
  }

  #channelFor(person: User, idOrName: string): Channel {
    const { workspace } = this.#here;
    const channel = idOrName === '@' || idOrName === workspace.state.app.botUserId ? workspace.directMessageWith(person.id) : workspace.channel(idOrName);
    if (!channel) throw new Error(`There is no channel ${idOrName}; there are: ${workspace.state.channels.map((other) => other.name || other.id).join(', ')}`);
    const isOpenToAll = !channel.isPrivate && person.kind === 'member';
    if (!channel.memberIds.includes(person.id) && !isOpenToAll) throw new Error(`${person.name} does not see #${channel.name || channel.id}.`);
    return channel;
  }

  #messageFor(person: User, channel: Channel, ts: string): Message {
    const { workspace } = this.#here;
    const message = workspace.message(channel.id, ts) ?? workspace.ephemeral(channel.id, ts, person.id);
    if (!message) throw new Error(`There is no message ${ts} in #${channel.name || channel.id} for ${person.name}.`);
    return message;
  }

  #viewFor(person: User, viewId: string | undefined): OpenView {
    const { workspace } = this.#here;
    const view = viewId === undefined ? (modalStack(workspace, person.id).at(-1) ?? workspace.state.homes[person.id]) : workspace.view(viewId);
    if (!view || view.userId !== person.id) throw new Error(`${person.name} sees no view${viewId === undefined ? '' : ` ${viewId}`}.`);
    return view;
  }

  /** The `actions` entry of a payload; what was chosen is remembered for `state.values`. */
  #act({ block, element }: PlacedElement, choice: Choice | undefined, entered: Entered): JsonObject {
    const { text: label, type, value, url, style, placeholder, action_id: actionId } = element;
    const action: JsonObject = { type, action_id: actionId, block_id: block['block_id'], action_ts: this.#here.workspace.nextTs() };
    if (type === 'button') {
      const optional = { value, url, style };
      for (const [name, given] of Object.entries(optional)) if (given !== undefined) action[name] = given;
      return { ...action, text: label };
    }
    const chosen = valueOf(element, choice ?? null);
    if (type !== 'overflow') (entered[String(block['block_id'])] ??= {})[String(actionId)] = chosen;
    return { ...action, ...chosen, ...(placeholder === undefined ? {} : { placeholder }) };
  }

  #showErrors(view: OpenView, errors: Record<string, string>): void {
    view.errors = errors;
    this.#here.workspace.changed({ type: 'view', user: view.userId, viewId: view.id });
  }

  /** `response_action` of an acknowledged submission. */
  #takeAnswer(person: User, view: OpenView, payload: unknown): void {
    const { workspace } = this.#here;
    const answer = isObject(payload) ? payload : {};
    const action = answer['response_action'];
    if (action === undefined) return closeModal(workspace, view);
    if (action === 'clear') return clearModals(workspace, person.id);
    if (action === 'update') return updateView(workspace, view, readView(workspace, answer['view'], 'modal', view.id));
    if (action === 'push') return void pushModal(workspace, person.id, readView(workspace, answer['view'], 'modal'));
    if (action !== 'errors') throw new Refusal('invalid_response_action', { response_action: action });
    const errors = answer['errors'];
    const blockIds = new Set([...interactiveElements(view.content['blocks'])].filter(({ block }) => block['type'] === 'input').map(({ block }) => block['block_id']));
    if (!isObject(errors) || Object.keys(errors).length === 0) throw new Refusal('errors_missing');
    const misplaced = Object.keys(errors).filter((blockId) => !blockIds.has(blockId));
    if (misplaced.length > 0) throw new Refusal('errors_for_unknown_blocks', { blocks: misplaced });
    this.#showErrors(view, Object.fromEntries(Object.entries(errors).map(([blockId, text]) => [blockId, String(text)])));
  }

  /** Does what the app answered, or keeps why that was impossible. */
  #accept(about: string, act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.complaints.push({ at: this.#here.workspace.clock.now(), about, reason: `${error.error} ${JSON.stringify(error.details)}` });
    }
  }

  #tellOnly(person: User, channel: Channel, text: string): void {
    post(this.#here.workspace, this.#here.events, { channel, userId: 'USLACKBOT', botId: null, ephemeralFor: person.id, content: { text, blocks: null, attachments: null } });
  }
}

/** Puts values into the elements that they are for; what fits no element is left out. */
function enter(blocks: unknown, entered: Entered, values: Values): void {
  for (const { block, element } of interactiveElements(blocks)) {
    const blockId = String(block['block_id']);
    const actionId = String(element['action_id']);
    const given = values[blockId];
    if (given === undefined || !keepsValue(element)) continue;
    const isByAction = isObject(given) && given['type'] === undefined && given['value'] === undefined;
    if (isByAction && !(actionId in given)) continue;
    (entered[blockId] ??= {})[actionId] = valueOf(element, isByAction ? (given[actionId] as Choice) : (given as Choice));
  }
}

function unknownBlocks(blocks: unknown, values: Values): string[] {
  const known = new Set([...interactiveElements(blocks)].map(({ block }) => block['block_id']));
  return Object.keys(values).filter((blockId) => !known.has(blockId));
}

function namesOf(blocks: unknown): string {
  return [...interactiveElements(blocks)].map(({ element }) => String(element['action_id'])).join(', ') || 'nothing to press';
}

