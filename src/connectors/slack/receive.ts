import type { IncomingMessage, ServerResponse } from 'node:http';
import { App, LogLevel, SocketModeReceiver, type Receiver } from '@slack/bolt';
import type { Interaction, Submission, SubmissionAnswer } from '../../views/slack-port.ts';
import { failpoint } from '../../support/failpoints.ts';
import type { Clock } from '../../support/clock.ts';
import { createHttpReceiver } from './http-receiver.ts';
import { parseCommand, parseHomeOpened, parsePress, parseSubmission } from './parse-interaction.ts';

/** Credentials are read when they are used, so that they can be replaced while the bot runs (T-17). */
export interface ReceiveSettings {
  readonly botToken: string;
  readonly apiUrl?: string;
  /** Socket Mode with an app token, or HTTP with the signing secrets that are valid now. */
  readonly mode: { readonly kind: 'socket'; readonly appToken: string } | { readonly kind: 'http'; readonly signingSecrets: readonly string[]; readonly clock: Clock };
}

export interface InteractionSink {
  /** Stores it. Resolves when it is committed; only then is Slack told that it arrived (G-9). `duplicate`: it was there already. */
  store(interaction: Interaction): Promise<'stored' | 'duplicate'>;
  /** Quick, and asks nobody outside: what the sender of a modal sees at once. */
  answerSubmission(submission: Submission): Promise<SubmissionAnswer>;
  /** Carries it out. Never rejects. */
  handle(interaction: Interaction): Promise<void>;
  log(message: string, fields: Record<string, unknown>): void;
}

export interface SlackReceiver {
  /** In HTTP mode: verifies Slack's signature over the raw bytes and takes the request. `null` in Socket Mode. */
  readonly listener: ((request: IncomingMessage, response: ServerResponse) => void) | null;
  /** Rejects when Slack cannot be reached at once; it is tried again and again all the same. */
  start(): Promise<void>;
  /** The credentials have changed: connects anew with those of now, and only then leaves the connection that is there. */
  renew(): Promise<void>;
  stop(): Promise<void>;
}

/** Bolt is used for what it is good at: the connection of Socket Mode, the kinds of requests, the acknowledgement. Routing is ours, by the verb in the control. */
export function createSlackReceiver(settings: ReceiveSettings, sink: InteractionSink): SlackReceiver {
  if (settings.mode.kind === 'http') return httpReceiver(settings, sink, settings.mode.clock);
  const receiver = socketReceiver(settings, sink);
  let connected = createBoltApp(settings, sink, receiver);
  return {
    listener: null,
    start: async () => {
      try {
        await connected.start();
      } catch (error) {
        void receiver.client.delayReconnectAttempt(receiver.client.start);
        throw error;
      }
    },
    renew: async () => {
      const next = createBoltApp(settings, sink, socketReceiver(settings, sink));
      await next.start();
      const before = connected;
      connected = next;
      await before.stop();
    },
    stop: async () => {
      await connected.stop();
    },
  };
}

/** Slack knocks at our own door: nothing is opened, and the secrets are asked for at every knock. */
function httpReceiver(settings: ReceiveSettings, sink: InteractionSink, clock: Clock): SlackReceiver {
  const secrets = () => (settings.mode.kind === 'http' ? settings.mode.signingSecrets : []);
  const http = createHttpReceiver(secrets, clock, (message, fields) => sink.log(message, fields));
  createBoltApp(settings, sink, http);
  return { listener: http.listener, start: async () => {}, renew: async () => {}, stop: async () => {} };
}

const clientOptionsOf = (settings: ReceiveSettings) => ({
  retryConfig: { retries: 0 },
  timeout: 10_000,
  ...(settings.apiUrl !== undefined && { slackApiUrl: settings.apiUrl }),
});

/** Tries `attempt` a while later. The library’s own: private in its types, and the only place where it can be told what to do when that fails. */
interface Reconnecting {
  numOfConsecutiveReconnectionFailures: number;
  start(): Promise<unknown>;
  delayReconnectAttempt(attempt: () => Promise<unknown>): Promise<unknown>;
}

/** The library gives up a connection that cannot be made again at once, with a rejection that nobody hears and that would end the process. It goes on trying instead (F-17). */
function socketReceiver(settings: ReceiveSettings, sink: InteractionSink): Receiver & { readonly client: Reconnecting } {
  const appToken = settings.mode.kind === 'socket' ? settings.mode.appToken : '';
  const receiver = new SocketModeReceiver({ appToken, logger: boltLogger(sink), installerOptions: { clientOptions: clientOptionsOf(settings) } });
  const connection = receiver.client as unknown as Reconnecting;
  const later = connection.delayReconnectAttempt.bind(connection);
  connection.delayReconnectAttempt = (attempt) => {
    // Each failure lengthens the pause by 5 s; after a long outage nobody waits for minutes.
    connection.numOfConsecutiveReconnectionFailures = Math.min(connection.numOfConsecutiveReconnectionFailures, 3);
    return later(() => attempt.apply(connection).catch(() => connection.delayReconnectAttempt(attempt)));
  };
  return receiver as unknown as Receiver & { readonly client: Reconnecting };
}

function createBoltApp(settings: ReceiveSettings, sink: InteractionSink, receiver: Receiver): App {
  const logger = boltLogger(sink);
  // Bolt would ask Slack who we are at every press; a press must be acknowledged also while Slack's API is slow.
  const authorize = async () => ({ botToken: settings.botToken });
  const app = new App({ authorize, receiver, logger, clientOptions: clientOptionsOf(settings), ignoreSelf: false });

  const accept = async (interaction: Interaction | null, acknowledge: () => Promise<void>): Promise<void> => {
    if (interaction === null) {
      sink.log('Slack sent something of an unknown shape; it was not acted on', {});
      return acknowledge();
    }
    failpoint('interaction.before-store');
    const stored = await sink.store(interaction);
    failpoint('interaction.after-store');
    await acknowledge();
    failpoint('interaction.after-acknowledge');
    if (stored === 'stored') await sink.handle(interaction);
  };

  app.action(/.*/, ({ body, ack }) => accept(parsePress(body), () => ack()));
  app.command(/.*/, ({ body, ack }) => accept(parseCommand(body), () => ack()));
  app.event('app_home_opened', ({ body }) => accept(parseHomeOpened(body), async () => {}));
  app.view(/.*/, async ({ body, ack }) => {
    const submission = parseSubmission(body);
    failpoint('submission.before-answer');
    const answer = submission === null ? ({ kind: 'close' } as const) : await sink.answerSubmission(submission);
    if (answer.kind === 'errors') return ack({ response_action: 'errors', errors: { ...answer.errors } });
    return accept(submission, () => (answer.kind === 'update' ? ack({ response_action: 'update', view: answer.view as never }) : ack()));
  });
  app.error(async (error) => sink.log('A request from Slack failed', { error: error.message }));

  return app;
}

function boltLogger(sink: InteractionSink) {
  const say = (...parts: unknown[]) => sink.log('Slack connection', { detail: parts.map((part) => (part instanceof Error ? part.message : String(part))).join(' ').slice(0, 500) });
  return { debug() {}, info() {}, warn: say, error: say, setLevel() {}, getLevel: () => LogLevel.WARN, setName() {} };
}
