import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Clock } from '../../src/support/clock.ts';
import type { Random } from '../../src/support/ids.ts';
import { systemRandom } from '../../src/support/ids.ts';
import type { Desk } from './api/method.ts';
import { AppEvents } from './app-events.ts';
import type { AppAnswer, Delivery, DeliveryRecord } from './delivery/delivery.ts';
import { SignedHttp } from './delivery/signed-http.ts';
import { SocketMode } from './delivery/socket-mode.ts';
import type { DisconnectReason } from './delivery/socket-mode.ts';
import { Faults } from './faults.ts';
import type { ArmedFault, Fault } from './faults.ts';
import { parseJson, readBytes, sendJson } from './http/body.ts';
import { receiveUpload } from './http/upload.ts';
import { isFromLoopback } from './http/loopback.ts';
import { PageApi } from './http/page-api.ts';
import { answerResponseUrl } from './http/response-url.ts';
import { WebApi } from './http/web-api.ts';
import type { ApiRequest } from './http/web-api.ts';
import { fullInstallation, readManifest } from './manifest.ts';
import type { Installation } from './manifest.ts';
import { People } from './people/people.ts';
import type { Complaint, Press, PressInView, Submission, Values } from './people/people.ts';
import { RateLimits } from './rate-limits.ts';
import type { RateLimitOptions } from './rate-limits.ts';
import { keepState, loadState } from './state-file.ts';
import type { Bookmark, Channel, Message, OpenView, StoredFile } from './state.ts';
import { Triggers } from './triggers.ts';
import { modalStack } from './views.ts';
import { waitUntil } from './waiting.ts';
import { foundWorkspace, harborTrading } from './workspace.ts';
import type { WorkspaceSeed } from './workspace.ts';
import { Workspace } from './workspace-model.ts';

export interface SlackStandInOptions {
  readonly clock: Clock;
  readonly random?: Random;
  readonly host?: string;
  readonly port?: number;
  /** Keeps the workspace over a restart. */
  readonly stateFile?: string;
  readonly workspace?: WorkspaceSeed;
  /** How the app hears from Slack: it connects to us (the default), or we post to it. */
  readonly delivery?: 'socket' | { readonly http: string; readonly signingSecret: string };
  /** What the app may do: the path of its manifest, or the thing itself. Left out: everything. */
  readonly installation?: string | Installation;
  readonly rateLimits?: RateLimitOptions;
  /** Answers what is neither Slack's nor the page's interface: where the sandbox serves its page. */
  readonly otherwise?: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
}

export interface ChannelReading extends Readonly<Omit<Channel, 'pins' | 'bookmarks'>> {
  /** What stands in the channel itself, oldest first; replies are in their threads. */
  messages(): Message[];
  pins(): Message[];
  bookmarks(): readonly Bookmark[];
}

export interface SlackStandIn extends AsyncDisposable {
  /** `http://127.0.0.1:4411`; the Web API is at `${url}/api/`. */
  readonly url: string;
  readonly botToken: string;
  readonly appToken: string;
  readonly signingSecret: string;
  /** Issues one more token of each kind; those before stay valid until `revoke`. */
  issueTokens(): { readonly botToken: string; readonly appToken: string };
  /** Takes a token no longer. */
  revoke(token: string): void;
  readonly workspace: Workspace;
  /** Every call of the Web API, oldest first. */
  readonly requests: readonly ApiRequest[];
  /** Everything that was sent to the app, oldest first. */
  readonly deliveries: readonly DeliveryRecord[];
  /** Answers of the app that Slack could not use. */
  readonly complaints: readonly Complaint[];
  readonly connectionCount: number;

  press(wanted: Press): Promise<AppAnswer>;
  pressInView(wanted: PressInView): Promise<AppAnswer>;
  command(wanted: { as: string; channel: string; command: string; text?: string }): Promise<AppAnswer>;
  submit(wanted: { as: string; viewId?: string; values?: Values }): Promise<Submission>;
  closeView(wanted: { as: string; viewId?: string; isCleared?: boolean }): Promise<AppAnswer | null>;
  say(wanted: { as: string; channel: string; text: string; threadTs?: string }): Promise<{ ts: string; answers: AppAnswer[] }>;
  openHome(wanted: { as: string }): Promise<AppAnswer | null>;
  react(wanted: { as: string; channel: string; ts: string; name: string }): void;
  deleteMessage(wanted: { as: string; channel: string; ts: string }): void;
  editMessage(wanted: { as: string; channel: string; ts: string; text: string }): void;
  archiveChannel(wanted: { as: string; channel: string }): void;
  removeBotFrom(channel: string): void;

  channel(name: string): ChannelReading;
  /** The replies to a message, oldest first, without the message itself. */
  thread(channel: string, ts: string): readonly Message[];
  /** The modals of a person, the one on top last. */
  views(user: string): readonly OpenView[];
  home(user: string): OpenView | null;
  ephemerals(user: string): Message[];
  files(): readonly StoredFile[];

  /** Waits until `predicate` returns something true, and returns that. Throws after `withinMs` of real time, saying what is there instead. */
  until<T>(predicate: (slack: SlackStandIn) => T | undefined | null | false, options?: { withinMs?: number; what?: string }): Promise<T>;
  /** Waits until the app has a Socket Mode connection. */
  untilConnected(): Promise<void>;

  fail(fault: Fault): ArmedFault;
  slowDown(delayMs: number, method?: string): void;
  heal(): void;
  disconnect(reason?: DisconnectReason, which?: 'all' | 'oldest'): void;
  cutConnections(): void;
  close(): Promise<void>;
}

/**
 * A Slack workspace on this machine: the Web API, Socket Mode or signed HTTP, and the people in it. It refuses what Slack
 * refuses, records everything, and can be told to fail.
 */
export async function startSlackStandIn(options: SlackStandInOptions): Promise<SlackStandIn> {
  const { clock, random = systemRandom, host = '127.0.0.1' } = options;
  const installation = typeof options.installation === 'string' ? await readManifest(options.installation) : (options.installation ?? fullInstallation);
  const kept = options.stateFile === undefined ? null : await loadState(options.stateFile);
  const workspace = new Workspace(kept ?? foundWorkspace(options.workspace ?? harborTrading, clock.now()), clock, random);
  const { state } = workspace;
  const stateFile = options.stateFile === undefined ? null : keepState(options.stateFile, workspace);

  // The same on every start, so that a bot finds the workspace again; they open nothing but this stand-in.
  const botToken = `xoxb-sandbox-${state.team.id}`;
  const appToken = `xapp-sandbox-${state.app.appId}`;
  const signingSecret = typeof options.delivery === 'object' ? options.delivery.signingSecret : `sandbox-${state.app.appId}`;

  const tellDelivery = () => workspace.changed({ type: 'delivery' });
  const socketMode = typeof options.delivery === 'object' ? null : new SocketMode(clock, random, state.app.appId, tellDelivery);
  const delivery: Delivery = socketMode ?? new SignedHttp((options.delivery as { http: string }).http, signingSecret, clock, random, tellDelivery);
  const events = new AppEvents(workspace, () => delivery, new Set(installation.botEvents));
  const triggers = new Triggers(workspace);
  const faults = new Faults();

  let url = '';
  const desk: Desk = {
    workspace,
    triggers,
    events,
    connectionUrl: () => `${url.replace(/^http/, 'ws')}/link/?ticket=${socketMode?.issueTicket() ?? ''}&app_id=${state.app.appId}`,
    uploadUrl: (fileId) => `${url}/upload/${fileId}`,
    isAppHomeEnabled: installation.isAppHomeEnabled,
    scopes: new Set(installation.botScopes),
  };
  let issuedCount = 0;
  const tokens = { bot: new Set<unknown>([botToken]), app: new Set<unknown>([appToken]) };
  const webApi = new WebApi(desk, tokens, new RateLimits(clock, options.rateLimits ?? {}), faults);
  const people = new People({
    workspace,
    triggers,
    events,
    delivery: () => delivery,
    responseUrl: (granted) => `${url}/response/${granted.token}`,
    isCommand: (command) => installation.commands.some((known) => known.command === command),
  });
  const pageApi = new PageApi(workspace, people, webApi, installation.commands);

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const address = new URL(request.url ?? '/', url);
    if (!isFromLoopback(request)) return sendJson(response, 403, { error: 'Only for programs and pages of this machine.' });
    if (address.pathname.startsWith('/api/')) return webApi.handle(request, response, address);
    if (address.pathname.startsWith('/sandbox/')) return pageApi.handle(request, response, address);
    if (address.pathname.startsWith('/upload/')) return receiveUpload(workspace, address.pathname.slice('/upload/'.length), request, response);
    if (address.pathname.startsWith('/response/')) {
      const answer = answerResponseUrl(workspace, events, address.pathname.slice('/response/'.length), parseJson((await readBytes(request)).toString()));
      response.writeHead(answer.status, { 'content-type': 'text/plain' }).end(answer.text);
      return;
    }
    if (options.otherwise) return options.otherwise(request, response);
    sendJson(response, 404, { error: 'There is nothing here.' });
  }

  const server = createServer((request, response) => {
    route(request, response).catch((error: unknown) => {
      if (!response.headersSent) sendJson(response, 500, { ok: false, error: 'internal_error', detail: String(error) });
      else response.destroy();
    });
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (request, socket, head) => {
    if (socketMode && isFromLoopback(request)) socketMode.upgrade(request, socket, head);
    else socket.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  url = `http://${host === '::1' ? '[::1]' : host}:${(server.address() as AddressInfo).port}`;

  const channelOf = (name: string): Channel => {
    const channel = workspace.channel(name);
    if (!channel) throw new Error(`There is no channel ${name}; there are: ${state.channels.map((other) => other.name || other.id).join(', ')}`);
    return channel;
  };

  const close = async () => {
    await delivery.close();
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await stateFile?.close();
  };

  const slack: SlackStandIn = {
    url,
    botToken,
    appToken,
    signingSecret,
    issueTokens: () => {
      const issued = { botToken: `${botToken}-${(issuedCount += 1)}`, appToken: `${appToken}-${issuedCount}` };
      tokens.bot.add(issued.botToken);
      tokens.app.add(issued.appToken);
      return issued;
    },
    revoke: (token) => {
      tokens.bot.delete(token);
      tokens.app.delete(token);
    },
    workspace,
    requests: webApi.requests,
    deliveries: delivery.records,
    complaints: people.complaints,
    get connectionCount() {
      return socketMode?.connectionCount ?? 0;
    },

    press: (wanted) => people.press(wanted),
    pressInView: (wanted) => people.pressInView(wanted),
    command: (wanted) => people.command(wanted),
    submit: (wanted) => people.submit(wanted),
    closeView: (wanted) => people.closeView(wanted),
    say: (wanted) => people.say(wanted),
    openHome: (wanted) => people.openHome(wanted),
    react: (wanted) => people.react(wanted),
    deleteMessage: (wanted) => people.deleteMessage(wanted),
    editMessage: (wanted) => people.editMessage(wanted),
    archiveChannel: (wanted) => people.archiveChannel(wanted),
    removeBotFrom: (channel) => people.removeBotFrom(channel),

    channel: (name) => {
      const channel = channelOf(name);
      return {
        ...channel,
        messages: () => workspace.messagesIn(channel.id).filter((message) => message.threadTs === null || message.isBroadcast),
        pins: () => channel.pins.flatMap((pin) => workspace.message(channel.id, pin.ts) ?? []),
        bookmarks: () => channel.bookmarks,
      };
    },
    thread: (channel, ts) => workspace.repliesTo(channelOf(channel).id, ts),
    views: (user) => modalStack(workspace, people.person(user).id),
    home: (user) => state.homes[people.person(user).id] ?? null,
    ephemerals: (user) => state.messages.filter((message) => message.ephemeralFor === people.person(user).id),
    files: () => state.files,

    until: (predicate, { withinMs = 10_000, what = 'what was waited for' } = {}) => waitUntil(workspace, () => predicate(slack), withinMs, what),
    untilConnected: async () => {
      await slack.until(() => slack.connectionCount > 0, { what: 'a Socket Mode connection of the app' });
    },

    fail: (fault) => faults.arm(fault),
    slowDown: (delayMs, method) => faults.slowDown(delayMs, method),
    heal: () => faults.clear(),
    disconnect: (reason = 'refresh_requested', which = 'all') => socketMode?.disconnect(reason, which),
    cutConnections: () => socketMode?.cutConnections(),
    close,
    [Symbol.asyncDispose]: close,
  };
  return slack;
}
