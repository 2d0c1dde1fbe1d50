import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Clock } from '../../src/support/clock.ts';
import { newId, systemRandom } from '../../src/support/ids.ts';
import { listenOnLoopback, standInServer, type Loopback } from '../loopback.ts';
import { applyEvent, replace, type PagerDutyIncident } from './alerts.ts';
import { largestEventBytes, readEvent, type EnqueueEvent } from './event.ts';
import { sandboxSchedules, sandboxUsers, type PagerDutyUser, type Schedules } from './people.ts';
import { incidentJson, restRoutes, type RestFault } from './rest.ts';
import { webhookSender, type Delivery, type WebhookSubscription } from './webhooks.ts';

/** How the Events API misbehaves while the fault is on. */
export type PagerDutyFault =
  /** Answers 503 to this share of the events; 0.95 is the bad hour that PagerDuty once had. */
  | { readonly kind: 'refuses'; readonly share: number }
  | { readonly kind: 'slows down' }
  | { readonly kind: 'finds invalid'; readonly because?: string }
  /** Takes the request, does nothing and never answers. */
  | { readonly kind: 'never answers' }
  /** Takes the event and breaks the connection instead of answering. */
  | { readonly kind: 'loses the answer' };

export interface ReceivedEvent {
  readonly at: string;
  readonly routingKey: string;
  readonly action: string;
  readonly dedupKey: string;
  readonly summary: string;
  /** What the sender was told: the status of the answer, or that there was none. */
  readonly status: '202' | '400' | '413' | '429' | '503' | 'no answer' | 'answer lost';
  /** The event as it came, where it could be read. */
  readonly event?: EnqueueEvent;
}

export interface PagerDutyStandIn extends Loopback {
  /** Every event that arrived, oldest first, whatever was answered. */
  readonly received: readonly ReceivedEvent[];
  incidents(): readonly PagerDutyIncident[];
  /** `undefined` ends it. */
  fault(fault: PagerDutyFault | undefined): void;
  /** Somebody presses a button in PagerDuty. Throws when nothing with this key is open. */
  readonly actAs: Record<'acknowledge' | 'resolve', (dedupKey: string, by?: PagerDutyUser) => void>;
  sendWebhooksTo(subscription: WebhookSubscription): void;
  /** Who has the turn on a schedule from now on. */
  onCall(scheduleId: string, users: readonly PagerDutyUser[]): void;
  /** How the REST API misbehaves from now on; `null` ends it. */
  restFault(fault: RestFault | null): void;
  readonly deliveries: readonly Delivery[];
  /** Resolves when every webhook is delivered or dropped. */
  webhooksSettled(): Promise<void>;
}

export interface PagerDutyOptions {
  readonly clock: Clock;
  readonly port?: number;
  /** Where the account's incidents are kept over a restart. */
  readonly stateFile?: string;
  readonly users?: readonly PagerDutyUser[];
  readonly schedules?: Schedules;
}

const eventsPerWindow = 120;
const windowMs = 60_000;

export async function startPagerDutyStandIn({ clock, port, stateFile, users = sandboxUsers, schedules = sandboxSchedules }: PagerDutyOptions): Promise<PagerDutyStandIn> {
  let incidents: readonly PagerDutyIncident[] = readState(stateFile);
  let activeFault: PagerDutyFault | undefined;
  let takenShare = 0;
  let sender: ReturnType<typeof webhookSender> | undefined;
  const received: ReceivedEvent[] = [];
  const takenAtMs = new Map<string, number[]>();
  const server = standInServer({ bodyLimitBytes: 2 * largestEventBytes });

  const store = (changed: readonly PagerDutyIncident[]) => {
    incidents = changed;
    writeState(stateFile, incidents);
  };
  const announce = (incident: PagerDutyIncident, by: PagerDutyUser | null) => {
    const eventType = `incident.${incident.status}`;
    sender?.send(eventType, webhookBody(incident, eventType, by, clock.now()));
  };

  server.post('/v2/enqueue', async (request, reply) => {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const read = body.length > largestEventBytes ? undefined : readEvent(body);
    const event = read?.status === 'read' ? read.event : undefined;
    const record = (status: ReceivedEvent['status'], dedupKey = event?.dedup_key ?? '') => {
      received.push({
        at: clock.now().toISOString(),
        routingKey: event?.routing_key ?? '',
        action: event?.event_action ?? 'unreadable',
        dedupKey,
        summary: event?.event_action === 'trigger' ? event.payload.summary : (incidents.findLast((one) => one.dedupKey === dedupKey)?.summary ?? ''),
        status,
        ...(event && { event }),
      });
    };

    if (activeFault?.kind === 'never answers') {
      record('no answer');
      return reply.hijack();
    }
    if (activeFault?.kind === 'refuses') {
      // Evenly spread instead of random, so that a test knows which events pass. Sums of tenths are rounded.
      takenShare = Math.round((takenShare + 1 - activeFault.share) * 1e6) / 1e6;
      if (takenShare >= 1) {
        takenShare -= 1;
      } else {
        record('503');
        return reply.code(503).type('text/html').send('<html><body>Service Unavailable</body></html>');
      }
    }
    if (read === undefined) {
      record('413');
      return reply.code(413).send({ status: 'invalid event', message: 'Event object is invalid', errors: [`The event is larger than ${largestEventBytes} bytes`] });
    }
    if (read.status === 'refused') {
      record('400');
      return reply.code(400).send(read.answer);
    }
    if (activeFault?.kind === 'finds invalid') {
      record('400');
      return reply.code(400).send({ status: 'invalid event', message: 'Event object is invalid', errors: [activeFault.because ?? "'routing_key' is invalid (no such integration)"] });
    }
    if (activeFault?.kind === 'slows down' || !takes(read.event.routing_key)) {
      record('429');
      return reply.code(429).send();
    }

    const dedupKey = read.event.dedup_key || newId(systemRandom, 'dedup');
    const applied = applyEvent(incidents, read.event, dedupKey, clock.now().toISOString());
    store(applied.incidents);
    if (applied.incident && applied.effect !== 'folded') announce(applied.incident, null);
    if (activeFault?.kind === 'loses the answer') {
      record('answer lost', dedupKey);
      reply.raw.socket?.destroy();
      return reply.hijack();
    }
    record('202', dedupKey);
    return reply.code(202).send({ status: 'success', message: 'Event processed', dedup_key: dedupKey });
  });

  /** Sliding window per routing key. An event that is refused for its pace does not count. */
  function takes(routingKey: string): boolean {
    const nowMs = clock.now().getTime();
    const recent = (takenAtMs.get(routingKey) ?? []).filter((atMs) => atMs > nowMs - windowMs);
    const free = recent.length < eventsPerWindow;
    takenAtMs.set(routingKey, free ? [...recent, nowMs] : recent);
    return free;
  }

  function change(incident: PagerDutyIncident, status: PagerDutyIncident['status'], by: PagerDutyUser): PagerDutyIncident {
    const changed = { ...incident, status, changedAt: clock.now().toISOString() };
    store(replace(incidents, changed));
    announce(changed, by);
    return changed;
  }

  function act(dedupKey: string, status: 'acknowledged' | 'resolved', by: PagerDutyUser | undefined): void {
    const incident = incidents.findLast((one) => one.dedupKey === dedupKey && one.status !== 'resolved');
    const person = by ?? users[0];
    if (!incident || !person) throw new Error(`Nothing with the key ${dedupKey} is open in PagerDuty.`);
    change(incident, status, person);
  }

  let restFault: RestFault | null = null;
  const turns = new Map<string, readonly PagerDutyUser[]>(Object.entries(schedules).map(([id, userIds]) => [id, users.filter((user) => user.id === userIds[0])]));
  restRoutes(server, {
    users,
    schedules,
    fault: () => restFault,
    onCall: () => turns,
    incidents: () => incidents,
    change,
    note: (incident, content, by) => {
      const noted = { ...incident, notes: [...incident.notes, { id: newId(systemRandom, 'note'), at: clock.now().toISOString(), by: by.id, content }] };
      store(replace(incidents, noted));
      return noted;
    },
    now: () => clock.now(),
  });

  const loopback = await listenOnLoopback(server, port);
  const stop = async () => {
    await sender?.stop();
    await loopback.stop();
  };
  return {
    ...loopback,
    received,
    incidents: () => incidents,
    fault: (fault) => {
      activeFault = fault;
      takenShare = 0;
    },
    actAs: {
      acknowledge: (dedupKey, by) => act(dedupKey, 'acknowledged', by),
      resolve: (dedupKey, by) => act(dedupKey, 'resolved', by),
    },
    onCall: (scheduleId, now) => void turns.set(scheduleId, now),
    restFault: (fault) => {
      restFault = fault;
    },
    sendWebhooksTo: (subscription) => {
      sender = webhookSender(clock, subscription);
    },
    get deliveries() {
      return sender?.deliveries ?? [];
    },
    webhooksSettled: async () => sender?.settled(),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function webhookBody(incident: PagerDutyIncident, eventType: string, by: PagerDutyUser | null, now: Date): string {
  const agent = by && { html_url: null, id: by.id, self: `https://api.pagerduty.com/users/${by.id}`, summary: by.name, type: 'user_reference' };
  return JSON.stringify({
    event: { id: newId(systemRandom, 'event'), event_type: eventType, resource_type: 'incident', occurred_at: now.toISOString(), agent, client: null, data: incidentJson(incident) },
  });
}

function readState(file: string | undefined): readonly PagerDutyIncident[] {
  if (file === undefined || !existsSync(file)) return [];
  return (JSON.parse(readFileSync(file, 'utf8')) as { incidents: PagerDutyIncident[] }).incidents;
}

function writeState(file: string | undefined, incidents: readonly PagerDutyIncident[]): void {
  if (file === undefined) return;
  writeFileSync(`${file}.new`, JSON.stringify({ incidents }));
  renameSync(`${file}.new`, file);
}
