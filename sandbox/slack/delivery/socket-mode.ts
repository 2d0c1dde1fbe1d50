import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { Clock } from '../../../src/support/clock.ts';
import { systemClock } from '../../../src/support/clock.ts';
import type { Random } from '../../../src/support/ids.ts';
import type { JsonObject } from '../block-kit/schema.ts';
import { isObject } from '../block-kit/schema.ts';
import { ackWithinMs, eitherClock, keepRecord } from './delivery.ts';
import type { AppAnswer, Delivery, DeliveryRecord, EnvelopeType } from './delivery.ts';

export type DisconnectReason = 'warning' | 'refresh_requested' | 'link_disabled' | 'too_many_websockets';

interface Connection {
  readonly number: number;
  readonly socket: WebSocket;
  /** Slack stops sending to a connection that it has asked to reconnect. */
  isLeaving: boolean;
}

const maximumConnections = 10;
const pingEveryMs = 10_000;
const goodbyeMs = 500;

/**
 * Socket Mode: the app connects to us, and each payload goes to any one of its connections, here in turn.
 * Nothing is sent a second time when no acknowledgement comes.
 */
export class SocketMode implements Delivery {
  readonly records: DeliveryRecord[] = [];
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #appId: string;
  readonly #changed: () => void;
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #tickets = new Set<string>();
  readonly #connections = new Set<Connection>();
  readonly #awaiting = new Map<string, (payload: unknown) => void>();
  readonly #closing = new AbortController();
  #connectionCount = 0;
  #turn = 0;

  constructor(clock: Clock, random: Random, appId: string, changed: () => void) {
    this.#clock = clock;
    this.#random = random;
    this.#appId = appId;
    this.#changed = changed;
  }

  get connectionCount(): number {
    return this.#receiving().length;
  }

  /** The ticket of a connection that `apps.connections.open` allows; it is good for one. */
  issueTicket(): string {
    const ticket = this.#random.bytes(16).toString('hex');
    this.#tickets.add(ticket);
    return ticket;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const ticket = new URL(request.url ?? '/', 'http://localhost').searchParams.get('ticket') ?? '';
    if (!this.#tickets.delete(ticket)) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#welcome(webSocket));
  }

  #welcome(socket: WebSocket): void {
    this.#connectionCount += 1;
    const connection: Connection = { number: this.#connectionCount, socket, isLeaving: false };
    if (this.#connections.size >= maximumConnections) {
      socket.send(JSON.stringify({ type: 'disconnect', reason: 'too_many_websockets', num_connections: this.#connections.size, debug_info: { host: 'sandbox' }, connection_info: { app_id: this.#appId } }));
      socket.close();
      return;
    }
    this.#connections.add(connection);
    const stopPinging = new AbortController();
    socket.on('message', (data) => this.#receive(String(data)));
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      stopPinging.abort();
      this.#connections.delete(connection);
      this.#changed();
    });
    socket.send(
      JSON.stringify({
        type: 'hello',
        num_connections: this.#connections.size,
        debug_info: { host: 'sandbox', build_number: 1, approximate_connection_time: 18060 },
        connection_info: { app_id: this.#appId },
      }),
    );
    void this.#keepPinging(socket, stopPinging.signal);
    this.#changed();
  }

  async #keepPinging(socket: WebSocket, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (socket.readyState === socket.OPEN) socket.ping('sandbox');
      // The wall's time: a client that hears nothing for 30 real seconds hangs up, whatever the clock of the test says.
      await systemClock.sleep(pingEveryMs, signal);
    }
  }

  #receive(text: string): void {
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      return;
    }
    if (!isObject(message) || typeof message['envelope_id'] !== 'string') return;
    const envelopeId = message['envelope_id'];
    const record = this.records.findLast((sent) => sent.envelopeId === envelopeId);
    if (!record || record.ackedAt !== null) return;
    record.ackedAt = this.#clock.now();
    const settle = this.#awaiting.get(envelopeId);
    if (settle) settle(message['payload'] ?? null);
    else record.isLate = true;
    this.#changed();
  }

  #receiving(): Connection[] {
    return [...this.#connections].filter((connection) => !connection.isLeaving && connection.socket.readyState === connection.socket.OPEN);
  }

  async deliver(type: EnvelopeType, payload: JsonObject): Promise<AppAnswer> {
    const connections = this.#receiving();
    const connection = connections.length === 0 ? undefined : connections[this.#turn++ % connections.length];
    const envelopeId = this.#envelopeId();
    const record: DeliveryRecord = { envelopeId, type, payload, connection: connection?.number ?? null, retryNumber: 0, sentAt: this.#clock.now(), ackedAt: null, isLate: false };
    keepRecord(this.records, record);
    if (connection === undefined) {
      this.#changed();
      return { acked: false, ackedAfterMs: null, payload: null, problem: 'dispatch_failed' };
    }
    const done = new AbortController();
    const signal = AbortSignal.any([done.signal, this.#closing.signal]);
    const acked = new Promise<AppAnswer>((resolve) => {
      this.#awaiting.set(envelopeId, (answer) => resolve({ acked: true, ackedAfterMs: this.#clock.now().getTime() - record.sentAt.getTime(), payload: answer, problem: null }));
    });
    connection.socket.send(
      JSON.stringify({ envelope_id: envelopeId, type, payload, accepts_response_payload: type === 'slash_commands' || payload['type'] === 'view_submission', ...(type === 'events_api' ? { retry_attempt: 0, retry_reason: '' } : {}) }),
    );
    this.#changed();
    const tooLate = eitherClock(this.#clock, ackWithinMs, signal).then((): AppAnswer => ({ acked: false, ackedAfterMs: null, payload: null, problem: 'operation_timeout' }));
    const answer = await Promise.race([acked, tooLate]);
    this.#awaiting.delete(envelopeId);
    done.abort();
    return answer;
  }

  /** As when Slack recycles the host of a connection: all of them are told, or only the oldest. */
  disconnect(reason: DisconnectReason, which: 'all' | 'oldest' = 'all'): void {
    const leaving = which === 'all' ? [...this.#connections] : [...this.#connections].slice(0, 1);
    for (const connection of leaving) {
      if (reason !== 'warning') connection.isLeaving = true;
      connection.socket.send(JSON.stringify({ type: 'disconnect', reason, debug_info: { host: 'sandbox' } }));
    }
  }

  /** Breaks every connection without a word, as a cut cable does. */
  cutConnections(): void {
    for (const connection of this.#connections) connection.socket.terminate();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#connections].map(({ socket }) => hangUp(socket)));
    this.#server.close();
  }

  #envelopeId(): string {
    const hex = this.#random.bytes(16).toString('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  }
}

/** Says goodbye, and waits a moment for the answer: a client that is cut off reports an error. */
async function hangUp(socket: WebSocket): Promise<void> {
  const closed = new AbortController();
  socket.once('close', () => closed.abort());
  socket.close(1001);
  await systemClock.sleep(goodbyeMs, closed.signal);
  socket.terminate();
}
