import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseJson, readBytes, sendJson } from './body.ts';
import { isVisibleTo, pageChannel, pageMessage, pageUser, pageView } from './page-objects.ts';
import type { WebApi } from './web-api.ts';
import { systemClock } from '../../../src/support/clock.ts';
import { mimeType } from '../api/objects.ts';
import { isObject } from '../block-kit/schema.ts';
import type { JsonObject } from '../block-kit/schema.ts';
import type { AppAnswer } from '../delivery/delivery.ts';
import type { Choice } from '../entered.ts';
import type { SlashCommand } from '../manifest.ts';
import type { People, Values } from '../people/people.ts';
import type { Channel, User } from '../state.ts';
import { modalStack } from '../views.ts';
import type { Change, Workspace } from '../workspace-model.ts';

/** What the page asked for and cannot have, with the words to show. */
class PageError extends Error {}

const problems = { dispatch_failed: 'The bot is not connected. Nothing was done.', operation_timeout: 'The bot did not answer within three seconds.' } as const;

/** A press that the app did not take is told to the person, as Slack does beside the button. */
function acceptedBy(answer: AppAnswer): AppAnswer {
  if (answer.problem !== null) throw new PageError(problems[answer.problem]);
  return answer;
}

const keepAliveMs = 15_000;

/** The JSON interface of the sandbox's page, under `/sandbox`: reading the workspace as one person, and acting as them. */
export class PageApi {
  readonly #workspace: Workspace;
  readonly #people: People;
  readonly #webApi: WebApi;
  readonly #commands: readonly SlashCommand[];

  constructor(workspace: Workspace, people: People, webApi: WebApi, commands: readonly SlashCommand[]) {
    this.#workspace = workspace;
    this.#people = people;
    this.#webApi = webApi;
    this.#commands = commands;
  }

  async handle(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const path = url.pathname.replace(/^\/sandbox\//, '');
    // Another port of this machine may serve the page; what comes from elsewhere was turned away before.
    const { origin } = request.headers;
    if (origin !== undefined) for (const [name, value] of Object.entries({ 'access-control-allow-origin': origin, 'access-control-allow-headers': 'content-type', vary: 'origin' })) response.setHeader(name, value);
    if (request.method === 'OPTIONS') return void response.writeHead(204).end();
    try {
      if (request.method === 'POST') return sendJson(response, 200, await this.#act(path, await readJson(request)));
      if (request.method !== 'GET') return sendJson(response, 405, { error: 'GET or POST' });
      if (path === 'events') return this.#stream(request, response, this.#reader(url));
      if (path.startsWith('files/')) return this.#sendFile(response, path.slice('files/'.length));
      return sendJson(response, 200, this.#read(path, url));
    } catch (error) {
      // What a person cannot do is told in the words of the one who refused; it is no failure of the server.
      sendJson(response, 400, { error: error instanceof Error ? error.message : String(error) });
    }
  }

  #read(path: string, url: URL): unknown {
    const { state } = this.#workspace;
    if (path === 'calls') return this.#calls(Number(url.searchParams.get('last') ?? 50));
    const me = this.#reader(url);
    switch (path) {
      case 'workspace':
        return {
          team: state.team,
          me: me.id,
          users: state.users.map(pageUser),
          userGroups: state.userGroups,
          channels: state.channels.filter((channel) => isVisibleTo(me, channel)).map((channel) => pageChannel(this.#workspace, channel)),
          commands: this.#commands,
        };
      case 'messages': {
        const channel = this.#channel(me, url.searchParams.get('channel') ?? '');
        const seen = state.messages.filter((message) => message.channelId === channel.id && (message.ephemeralFor === null || message.ephemeralFor === me.id));
        return { messages: seen.map((message) => pageMessage(this.#workspace, message)) };
      }
      case 'views':
        return { stack: modalStack(this.#workspace, me.id).map((view) => pageView(this.#workspace, view)) };
      case 'home': {
        const home = state.homes[me.id];
        return home ? pageView(this.#workspace, home) : null;
      }
      default:
        throw new PageError(`There is no /sandbox/${path}.`);
    }
  }

  async #act(path: string, body: JsonObject): Promise<unknown> {
    const text = (name: string): string => {
      if (typeof body[name] !== 'string') throw new PageError(`"${name}" is missing.`);
      return body[name];
    };
    const optional = <Name extends string>(name: Name): { [key in Name]?: string } => (typeof body[name] === 'string' ? ({ [name]: body[name] } as { [key in Name]: string }) : {});
    const as = text('as');
    switch (path) {
      case 'press': {
        const choice = choiceOf(body);
        const pressed = { as, actionId: text('actionId'), ...optional('blockId'), ...(choice === undefined ? {} : { choice }), ...(isObject(body['values']) ? { values: body['values'] as Values } : {}) };
        if (typeof body['viewId'] === 'string') return acceptedBy(await this.#people.pressInView({ ...pressed, viewId: body['viewId'] }));
        return acceptedBy(await this.#people.press({ ...pressed, channel: text('channel'), ts: text('ts') }));
      }
      case 'command': {
        const [command = '', ...rest] = text('text').trim().split(/\s+/);
        return this.#people.command({ as, channel: text('channel'), command, text: rest.join(' ') });
      }
      case 'submit': {
        const { answer, errors, ok } = await this.#people.submit({ as, viewId: text('viewId'), values: (isObject(body['values']) ? body['values'] : {}) as Values });
        if (answer) acceptedBy(answer);
        return ok ? { ok } : { errors };
      }
      case 'close':
        await this.#people.closeView({ as, viewId: text('viewId') });
        return { ok: true };
      case 'say': {
        const { ts } = this.#people.write({ as, channel: text('channel'), text: text('text'), ...optional('threadTs') });
        return { ok: true, ts };
      }
      case 'react':
        this.#people.react({ as, channel: text('channel'), ts: text('ts'), name: text('name') });
        return { ok: true };
      case 'open-home':
        await this.#people.openHome({ as });
        return { ok: true };
      default:
        throw new PageError(`There is no /sandbox/${path}.`);
    }
  }

  #stream(request: IncomingMessage, response: ServerResponse, me: User): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', connection: 'keep-alive' });
    response.write(': here\n\n');
    const unsubscribe = this.#workspace.subscribe((change) => {
      const event = this.#eventFor(me, change);
      if (event) response.write(`data: ${JSON.stringify(event)}\n\n`);
    });
    const gone = new AbortController();
    request.on('close', () => {
      gone.abort();
      unsubscribe();
    });
    void keepAlive(response, gone.signal);
  }

  #eventFor(me: User, change: Change): JsonObject | null {
    switch (change.type) {
      case 'call':
      case 'delivery':
        return null;
      case 'view':
      case 'views':
      case 'home':
        return change.user === me.id ? { ...change, type: change.type === 'view' ? 'views' : change.type } : null;
      case 'ephemeral':
        return change.user === me.id ? { ...change, message: pageMessage(this.#workspace, change.message) } : null;
      default: {
        const channel = this.#workspace.channel(change.channel);
        if (!channel || !isVisibleTo(me, channel)) return null;
        if (change.type === 'message' || change.type === 'changed') return { ...change, message: pageMessage(this.#workspace, change.message) };
        if (change.type === 'channel') return { type: 'channel', ...pageChannel(this.#workspace, channel), channel: channel.id };
        return { ...change };
      }
    }
  }

  #sendFile(response: ServerResponse, id: string): void {
    const file = this.#workspace.state.files.find((stored) => stored.id === id);
    if (!file || file.contentBase64 === null) return sendJson(response, 404, { error: 'There is no such file.' });
    // Never as a page of our own origin: a file's content is whatever somebody uploaded.
    response.writeHead(200, { 'content-type': `${mimeType(file.name)}; charset=utf-8`, 'content-security-policy': "sandbox; default-src 'none'; style-src 'unsafe-inline'", 'x-content-type-options': 'nosniff' });
    response.end(Buffer.from(file.contentBase64, 'base64'));
  }

  #calls(last: number): unknown {
    const calls = this.#webApi.requests.slice(-Math.min(Math.max(1, Number.isInteger(last) ? last : 50), 1000));
    return {
      calls: calls.map(({ method, args, at, answer, status, fault }) => ({
        method,
        at: at.toISOString(),
        ok: answer?.['ok'] === true,
        error: answer?.['error'] ?? (answer === null ? (fault ?? 'no answer yet') : null),
        status,
        summary: summaryOf(args),
      })),
    };
  }

  #reader(url: URL): User {
    const first = this.#workspace.state.users[0]?.id ?? '';
    return this.#people.person(url.searchParams.get('as') ?? first);
  }

  #channel(me: User, id: string): Channel {
    const channel = this.#workspace.channel(id);
    if (!channel || !isVisibleTo(me, channel)) throw new PageError(`There is no channel ${id} for ${me.name}.`);
    return channel;
  }
}

/** A quiet stream has to show that it lives. It is about the browser's patience, so it is real time. */
async function keepAlive(response: ServerResponse, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await systemClock.sleep(keepAliveMs, signal);
    if (!signal.aborted) response.write(': still here\n\n');
  }
}

const choiceNames = ['choice', 'selectedOption', 'selectedOptions', 'selectedUser', 'selectedUsers', 'selectedConversation', 'selectedChannel', 'selectedDate', 'selectedTime', 'selectedDateTime', 'value'];

function choiceOf(body: JsonObject): Choice | undefined {
  for (const name of choiceNames) {
    if (body[name] !== undefined) return body[name] as Choice;
  }
  return undefined;
}

function summaryOf(args: JsonObject): string {
  const place = args['channel'] ?? args['channel_id'] ?? args['user_id'] ?? args['user'] ?? args['view_id'] ?? '';
  const text = typeof args['text'] === 'string' ? args['text'] : '';
  return [place, text.length > 80 ? `${[...text].slice(0, 79).join('')}…` : text].filter((part) => part !== '').join(' · ');
}

async function readJson(request: IncomingMessage): Promise<JsonObject> {
  if (!(request.headers['content-type'] ?? '').startsWith('application/json')) throw new PageError('Send JSON.');
  const body = parseJson((await readBytes(request)).toString());
  if (!isObject(body)) throw new PageError('Send a JSON object.');
  return body;
}
