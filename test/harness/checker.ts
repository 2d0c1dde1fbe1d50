/**
 * What must hold after every fault (I1 to I14), read from the database and from what the stand-ins saw, once everything has come to rest. It knows
 * nothing of how the bot works: it compares what was promised with what reached the outside.
 */
import { dirname, join } from 'node:path';
import type { StandIns } from '../../sandbox/stand-ins.ts';
import { dockerCalls } from '../../sandbox/docker/docker-state.ts';
import { helmCalls } from '../../sandbox/helm/faults.ts';
import type { Message } from '../../sandbox/slack/state.ts';
import { readNotification } from '../../src/alerts/read-notification.ts';
import { isStandingAlert } from '../../src/alerts/standing-alerts.ts';
import type { Plan } from '../../src/approvals/plan.ts';
import type { Db } from '../../src/storage/database.ts';
import type { Row } from '../../src/storage/tables.ts';
import { sha256 } from '../../src/support/json.ts';

export type Witnesses = Pick<StandIns, 'slack' | 'kubernetes' | 'pagerduty' | 'dockerState'>;

/** A webhook that was sent, and whether it was answered 2xx. */
export interface SentBody {
  readonly body: string;
  readonly acknowledged: boolean;
}

export interface Verdict {
  readonly id: string;
  readonly promise: string;
  /** What breaks the promise; empty when it holds. */
  readonly broken: readonly string[];
  /** How many things were looked at: a promise about nothing is kept easily. */
  readonly looked: number;
}

/** One request that could have changed something outside. */
export interface Effect {
  readonly via: 'kubernetes' | 'helm' | 'compose';
  readonly at: Date;
  readonly what: string;
  /** Where the request itself says whose it is. */
  readonly runId: string | null;
}

type RunRow = Row<'runs'>;

/** Everything that reached the cluster, Helm or docker and could have changed it, oldest first; also what was refused there. */
export function effectsSeen({ kubernetes, dockerState }: Witnesses): readonly Effect[] {
  const ofKubernetes = kubernetes.writes
    .filter((request) => !request.dryRun && request.query.includes('fieldManager=stockops-'))
    .map((request): Effect => ({ via: 'kubernetes', at: request.at, what: `${request.method} ${request.path}`, runId: /fieldManager=stockops-([\w-]+)/.exec(request.query)?.[1] ?? null }));
  const ofHelm = helmCalls(join(dirname(dockerState), 'kubeconfig'))
    // A call is on record at its start and, with its exit code, at its end.
    .filter(({ argv, exitCode }) => exitCode === undefined && ['upgrade', 'rollback'].some((command) => argv.includes(command)) && !argv.some((word) => word.startsWith('--dry-run')))
    .map(({ at, argv }): Effect => ({ via: 'helm', at: new Date(at), what: argv.join(' '), runId: /StockOps (\S+)/.exec(argv.join(' '))?.[1] ?? null }));
  const ofCompose = dockerCalls(dockerState)
    .filter(({ argv }) => argv.includes('compose') && ['start', 'stop', 'restart', 'up', 'down'].some((command) => argv.includes(command)))
    .map(({ at, argv }): Effect => ({ via: 'compose', at: new Date(at), what: argv.join(' '), runId: null }));
  return [...ofKubernetes, ...ofHelm, ...ofCompose].sort((a, b) => a.at.getTime() - b.at.getTime());
}

/** The run whose effect it is: the one that it names, else the last that was started before it and asked for just this. */
function runOf(effect: Effect, runs: readonly RunRow[]): RunRow | undefined {
  if (effect.runId !== null) return runs.find(({ id }) => id === effect.runId);
  const asked = runs.filter(({ plan, started_at: startedAt }) => {
    const { request } = (plan as unknown as Plan).draft;
    return request.via === effect.via && request.via !== 'kubernetes' && startedAt !== null && startedAt.getTime() <= effect.at.getTime() + 1_000 && request.arguments.every((word) => effect.what.includes(word));
  });
  return asked.sort((a, b) => (a.started_at ?? new Date(0)).getTime() - (b.started_at ?? new Date(0)).getTime()).at(-1);
}

/** @param now by the clock that the bot follows */
export async function checkInvariants(db: Db, witnesses: Witnesses, now: Date, sent: readonly SentBody[] = []): Promise<readonly Verdict[]> {
  const [notifications, alerts, events, incidents, messages, runs, pages, duties, interactions] = await Promise.all([
    db.selectFrom('notifications').selectAll().execute(),
    db.selectFrom('alerts').selectAll().execute(),
    db.selectFrom('announced_events').selectAll().execute(),
    db.selectFrom('incidents').selectAll().execute(),
    db.selectFrom('messages').selectAll().execute(),
    db.selectFrom('runs').selectAll().execute(),
    db.selectFrom('pages').selectAll().orderBy('id').execute(),
    db.selectFrom('duties').selectAll().execute(),
    db.selectFrom('interactions').selectAll().execute(),
  ]);
  const { slack, pagerduty } = witnesses;
  const shown = slack.workspace.state.messages;
  const effects = effectsSeen(witnesses);
  const owners = effects.map((effect) => ({ effect, run: runOf(effect, runs) }));
  const verdicts: Verdict[] = [];
  const verdict = (id: string, promise: string, looked: number, broken: readonly (string | null | false)[]) => verdicts.push({ id, promise, looked, broken: broken.filter((line) => typeof line === 'string') });

  const known = new Set([...alerts.map((alert) => `${alert.source} ${alert.fingerprint}`), ...events.flatMap((event) => (event.firing as unknown as readonly string[]).map((fingerprint) => `event ${fingerprint}`))]);
  verdict('I1', 'every body that was answered 2xx is stored once, and every alert in it is accounted for', notifications.length, [
    ...Map.groupBy(sent, ({ body }) => sha256(body)).entries().map(([hash, times]) => {
      const rows = notifications.filter((row) => row.body_sha256 === hash).length;
      const acknowledged = times.filter((one) => one.acknowledged).length;
      return rows < acknowledged || rows > times.length ? `a body was sent ${times.length} times and acknowledged ${acknowledged} times, and there are ${rows} rows of it` : null;
    }),
    ...notifications.map((row) => (row.state === 'applied' || row.state === 'unreadable' ? null : `notification ${row.id} is still ${row.state}: ${row.last_error ?? ''}`)),
    ...notifications.filter((row) => row.state === 'applied' || row.state === 'unreadable').flatMap((row) => {
      const read = readNotification(row.body);
      if (read.kind !== 'group') return row.state === 'unreadable' ? [] : [`notification ${row.id} was applied and cannot be read`];
      return read.alerts.map((alert) =>
        alert.status === 'firing' && !isStandingAlert(alert.labels) && !known.has(`${row.source} ${alert.fingerprint}`) && !known.has(`event ${alert.fingerprint}`) ? `alert ${alert.fingerprint} of notification ${row.id} is nowhere` : null,
      );
    }),
  ]);

  verdict('I2', 'an alert has at most one open episode', alerts.length, [
    ...Map.groupBy(alerts.filter((alert) => alert.status === 'firing'), (alert) => `${alert.source} ${alert.fingerprint}`).entries().map(([identity, open]) => (open.length > 1 ? `${identity} has ${open.length}` : null)),
  ]);

  const keyOf = (message: Message): unknown => (message.metadata as { event_payload?: { key?: unknown } } | null)?.event_payload?.key;
  verdict('I3', 'every message is in Slack once, and says how things stand now', messages.length, [
    ...messages.filter((row) => row.state === 'open' && row.kind !== 'file').flatMap((row) => {
      const inSlack = shown.filter((message) => keyOf(message) === row.key && (row.posted_ts === null || message.channelId === shown.find(({ ts }) => ts === row.posted_ts)?.channelId));
      if (inSlack.length !== 1) return [`${row.key} is there ${inSlack.length} times`];
      if (inSlack[0]?.ts !== row.posted_ts) return [`${row.key} is another message than the one on record`];
      return row.wanted_version > row.sent_version ? [`${row.key} is behind: ${row.last_error ?? 'no error'}`] : [];
    }),
    ...runs.map((run) => {
      const message = shown.find((one) => keyOf(one) === `run:${run.id}`);
      const sign = signOf(run);
      return message === undefined || sign.some((one) => message.text.startsWith(one)) ? null : `${run.id} is ${run.state} and its message says "${message.text.slice(0, 60)}"`;
    }),
    ...runs.filter((run) => run.started_at !== null).map((run) => (shown.some((one) => keyOf(one) === `run:${run.id}`) ? null : `${run.id} was started and nobody sees it`)),
    ...incidents.map((incident) => {
      const cards = shown.filter((one) => keyOf(one) === `card:${incident.id}`);
      return incident.storm_id !== null || cards.length === 1 ? null : `INC-${incident.id} has ${cards.length} cards`;
    }),
  ]);

  verdict('I4', 'a run changes the outside at most once', effects.length, [
    ...Map.groupBy(owners, ({ run }) => run?.id ?? 'nobody').entries().map(([id, own]) => (id !== 'nobody' && own.length > 1 ? `${id}: ${own.map(({ effect }) => `${effect.at.toISOString()} ${effect.what}`).join(' and ')}` : null)),
  ]);

  const settledByAPerson = (run: RunRow): boolean => (run.outcome as { status?: string } | null)?.status === 'settled';
  verdict('I5', 'what succeeded was done, and nothing was done that no run began', runs.length, [
    ...runs.map((run) => (run.state === 'succeeded' && !settledByAPerson(run) && !owners.some((own) => own.run?.id === run.id) ? `${run.id} succeeded and nothing was sent` : null)),
    ...owners.map(({ effect, run }) =>
      run === undefined ? `nobody asked for ${effect.what}` : ['started', 'succeeded', 'failed', 'unknown'].includes(run.state) ? null : `${run.id} is ${run.state} and was sent: ${effect.what}`,
    ),
    ...runs.map((run) => ((run.outcome as { reason?: string } | null)?.reason === 'It did not happen.' && owners.some((own) => own.run?.id === run.id) ? `${run.id} is said not to have happened, and was sent` : null)),
  ]);

  verdict('I6', 'no run is under way for longer than it has', runs.length, [
    ...runs.map((run) => (run.state === 'started' && now.getTime() - (run.started_at ?? now).getTime() > (run.plan as unknown as Plan).draft.settleWithinMs + 60_000 ? `${run.id} since ${run.started_at?.toISOString() ?? ''}` : null)),
  ]);

  const accepted = pagerduty.received.filter(({ status }) => status === '202' || status === 'answer lost');
  verdict('I7', 'every page that was due has reached PagerDuty, or is no longer wanted, or is shown as not delivered', pages.length, [
    ...pages.map((page) => {
      const arrived = accepted.some((event) => event.dedupKey === page.dedup_key && event.action === page.action);
      if (page.state === 'accepted') return arrived ? null : `page ${page.id} is on record as taken, and PagerDuty never saw it`;
      return page.state === 'waiting' && page.due_at.getTime() < now.getTime() - 60_000 && page.last_error === null ? `page ${page.id} is due since ${page.due_at.toISOString()}` : null;
    }),
  ]);

  verdict('I8', 'no page before it is due, none when it is over', accepted.length, [
    ...accepted.filter(({ action }) => action === 'trigger').map((event) => {
      const own = pages.filter((page) => page.dedup_key === event.dedupKey && page.action === 'trigger');
      const first = Math.min(...own.map((page) => page.due_at.getTime()));
      return new Date(event.at).getTime() < first - 1_000 ? `${event.dedupKey} was paged at ${event.at}, before ${new Date(first).toISOString()}` : null;
    }),
  ]);

  verdict('I9', 'of one page PagerDuty sees a trigger first and nothing after its resolve', accepted.length, [
    ...Map.groupBy(accepted, ({ dedupKey }) => dedupKey).entries().flatMap(([key, told]) => [
      told[0]?.action === 'trigger' ? null : `${key} begins with ${told[0]?.action ?? ''}`,
      told.findIndex(({ action }) => action === 'resolve') >= 0 && told.at(-1)?.action !== 'resolve' ? `${key} goes on after its resolve` : null,
    ]),
  ]);

  verdict('I14', 'nothing waits in the outbox for longer than a minute', messages.length, [
    ...messages.map((row) => (row.state === 'open' && row.wanted_version > row.sent_version && now.getTime() - row.due_at.getTime() > 60_000 ? `${row.key} since ${row.due_at.toISOString()}: ${row.last_error ?? 'no error'}` : null)),
  ]);

  verdict('rest', 'nothing was given up, and nothing is left lying', duties.length + interactions.length, [
    ...duties.map((duty) => (duty.state === 'quarantined' ? `duty ${duty.kind} ${duty.key}: ${duty.last_error ?? ''}` : null)),
    ...interactions.map((one) => (one.state === 'handled' ? null : `${one.kind} ${one.id} is ${one.state}: ${one.last_error ?? ''}`)),
    ...messages.map((row) => (row.state === 'undeliverable' ? `message ${row.key}: ${row.last_error ?? ''}` : null)),
    ...runs.map((run) => (run.state === 'approved' ? `${run.id} is approved and does not start: ${run.progress_line ?? ''}` : null)),
  ]);
  return verdicts;
}

/** With what the message of a run begins, by how the run stands. */
function signOf(run: RunRow): readonly string[] {
  switch (run.state) {
    case 'planned':
    case 'awaiting_approval':
      return ['🟡'];
    case 'approved':
    case 'started':
      return ['⏳'];
    case 'succeeded':
      return ['✅'];
    case 'unknown':
      return ['❓'];
    default:
      return ['❌'];
  }
}

export function reportOf(verdicts: readonly Verdict[]): string {
  return verdicts.map(({ id, promise, broken, looked }) => [`${broken.length === 0 ? 'PASS' : 'FAIL'} ${id.padEnd(4)} ${promise} (${looked})`, ...broken.slice(0, 10).map((line) => `       ${line}`)].join('\n')).join('\n');
}

/** @throws the report, when one of them does not hold */
export function demandAll(verdicts: readonly Verdict[]): void {
  if (verdicts.some(({ broken }) => broken.length > 0)) throw new Error(`What must hold does not:\n${reportOf(verdicts)}`);
}
