import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { EffectRequest } from '../../src/actions/plan.ts';
import type { Ports, Receipt } from '../../src/actions/ports.ts';
import { hashPlan } from '../../src/approvals/plan-hash.ts';
import type { Plan } from '../../src/approvals/plan.ts';
import type { Identity } from '../../src/approvals/policy.ts';
import { insertIncident } from '../../src/incidents/store.ts';
import type { RunDependencies } from '../../src/runs/dependencies.ts';
import type { Outcome } from '../../src/runs/outcome.ts';
import type { Run } from '../../src/runs/run.ts';
import { findRun, insertRun } from '../../src/runs/store.ts';
import { targetKeyOf } from '../../src/runs/target-key.ts';
import type { Db, Tx } from '../../src/storage/database.ts';
import type { NewRow, Row, RunState } from '../../src/storage/tables.ts';
import { manualClock, type ManualClock } from '../../src/support/clock.ts';
import type { Json } from '../../src/support/json.ts';
import type { TestStorage } from '../harness/storage.ts';
import { sharedDatabase } from './shared-database.ts';
import { asker, at, calmWorld, draftFor, everybody, primitivesOf, shop, tinyCatalog, type CatalogOfTest, type World } from './tiny-catalog.ts';

export { at };

export interface Sent {
  readonly request: EffectRequest;
  readonly runId: string;
  /** What the database said at that moment. */
  readonly state: RunState;
}

interface Wanted {
  readonly action?: string;
  readonly component?: 'api' | 'worker';
  readonly replicas?: number;
  readonly incidentId?: number | null;
  readonly plan?: Partial<Plan>;
  readonly channelId?: string;
  readonly threadKey?: string | null;
  readonly undoOf?: string;
}
type Columns = Partial<Pick<Row<'runs'>, 'approved_at' | 'started_at' | 'finished_at' | 'progress_line'>> & { readonly receipt?: Receipt; readonly outcome?: Outcome };

/** What the functions of `src/runs/` need, on one database that is emptied before each test; everything in it may be changed by the test. */
export class Workbench {
  db!: Db;
  clock: ManualClock = manualClock(at(0));
  catalog: CatalogOfTest = tinyCatalog();
  people: Map<string, Identity> = everybody();
  world: World = calmWorld();
  readOnly = false;
  /** The one that plans belong to, and what the database says when it is asked; `null`: its past has changed. */
  epoch = 1;
  epochInDatabase: number | null = 1;
  /** What happened outside the database, in its order. */
  events: string[] = [];
  sent: Sent[] = [];
  logged: unknown[] = [];
  answer: (request: EffectRequest, signal: AbortSignal) => Promise<Receipt> = async () => ({ status: 'accepted', answer: { generation: 8 } });
  /** What was locked by its name, in this order: `pg_advisory_xact_lock_shared freezes`. */
  locks: string[] = [];
  /** What happens between the start being on record and the sending. */
  meanwhile: () => void = () => {};
  /** What happens once, while those who asked for it and agreed to it are looked up. */
  whileAsked: () => Promise<unknown> = async () => {};
  private recordedBefore = 0;

  get dependencies(): RunDependencies {
    const log = { debug: () => {}, info: () => {}, warn: () => {}, error: (message: string, fields?: unknown) => void this.logged.push([message, fields]) };
    return {
      db: this.db, clock: this.clock, random: { bytes: (count) => randomBytes(count) }, log, primitives: primitivesOf(() => this.world), ports: this.ports, catalog: () => this.catalog, readOnly: this.readOnly,
      people: {
        identify: async (userId) => this.identityOf(userId),
        identifyAfresh: async (userIds) => {
          this.events.push(`asked who they are: ${userIds.join(' ')}`);
          const happens = this.whileAsked;
          this.whileAsked = async () => {};
          await happens();
          return userIds.map((userId) => this.identityOf(userId));
        },
        membersOf: () => Promise.reject(new Error('nobody asks for the members of a role here')),
      },
      epochs: {
        current: () => this.epoch,
        check: async () => this.epochInDatabase,
        begin: async (follow) => {
          await this.db.transaction().execute((tx) => follow(tx, this.epoch + 1));
          this.epoch += 1;
          this.epochInDatabase = this.epoch;
          return true;
        },
        remember: async () => {
          this.events.push('remembered how far the database has come');
          this.meanwhile();
        },
      },
    };
  }

  private identityOf(userId: string): Identity {
    return this.people.get(userId) ?? { person: null, roles: new Set(), areRolesKnown: true };
  }

  private get ports(): Ports {
    const sendVia = (via: EffectRequest['via']) => async (sentRequest: EffectRequest, runId: string, signal: AbortSignal): Promise<Receipt> => {
      this.events.push(`sent via ${via}`);
      this.sent.push({ request: sentRequest, runId, state: (await this.run(runId)).state });
      return this.answer(sentRequest, signal);
    };
    return { kubernetes: { send: sendVia('kubernetes') }, helm: { run: sendVia('helm') }, compose: { run: sendVia('compose') } } as unknown as Ports;
  }

  /** Notes every lock that is taken. */
  use(db: Db): void {
    const lockIn = (statement: string) => /hashtextextended\('([^']+)'/.exec(statement)?.[1] ?? /"value":"([^"]+)"/.exec(statement)?.[1];
    this.db = db.withPlugin({
      transformQuery: ({ node }) => {
        const statement = JSON.stringify(node);
        const how = /pg_advisory_xact_lock(?:_shared)?/.exec(statement)?.[0];
        if (how !== undefined) this.locks.push(`${how} ${lockIn(statement)}`);
        return node;
      },
      transformResult: async ({ result }) => result,
    });
  }

  tx<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.db.transaction().execute(work);
  }

  private incidents = 0;
  async incident(change: Partial<NewRow<'incidents'>> = {}): Promise<number> {
    const { id } = await insertIncident(this.db as Tx, {
      source: 'main', origin: 'person', group_key_hash: `incident ${(this.incidents += 1)}`, system_id: 'shop', environment: 'production', component: null, alert_name: '', title: 'It is slow', severity: 'P2', rank: 3,
      state: 'triggered', version: 1, channel_id: '#shop-alerts', opened_at: at(-60), alerts_since: at(-60), reopened_count: 0, truncated_alerts: 0, alertmanager_urls: '[]', ...change,
    });
    return id;
  }

  planFor({ action = 'scale', component = 'api', replicas = 5, incidentId = null, plan = {} }: Wanted = {}): Plan {
    const risk = shop.actions.get(action)?.risk ?? 'high';
    const policy = this.catalog.policies.find((rule) => rule.risk === risk);
    const name = `shop-${component}`;
    return {
      draft: draftFor(name, replicas, this.world.generation), target: { kind: 'workload', context: 'cluster', namespace: 'shop-production', workload: 'Deployment', name, selector: `app=${component}`, container: name },
      params: { replicas }, primitive: 'test.scale', actionId: action, systemId: 'shop', environment: 'production', component, incidentId, requestedBy: asker, risk, policyId: policy?.id ?? 'none',
      approvalsNeeded: policy?.approvals ?? 1, catalogVersion: 'first', epoch: this.epoch, expiresAt: new Date(this.clock.now().getTime() + 900_000).toISOString(), ...plan,
    };
  }

  /** A plan that is stored and that nobody has confirmed, for an incident unless it is said that there is none. */
  async planned(wanted: Wanted = {}): Promise<Run> {
    const incidentId = wanted.incidentId === undefined ? await this.incident() : wanted.incidentId;
    const plan = this.planFor({ ...wanted, incidentId });
    const id = `run_${randomBytes(8).toString('hex')}`;
    await this.tx((tx) => insertRun(tx, { id, plan, planHash: hashPlan(plan), targetKey: targetKeyOf(plan.target), channelId: wanted.channelId ?? '#shop-alerts', threadKey: wanted.threadKey ?? null, undoOf: wanted.undoOf ?? null }, this.clock.now()));
    return this.run(id);
  }

  /** A plan that has come so far. Who approved it counts as having done so just now. */
  async runIn(state: RunState, wanted: Wanted = {}, { approvedBy = [], ...columns }: Columns & { readonly approvedBy?: readonly string[] } = {}): Promise<Run> {
    const run = await this.planned(wanted);
    const { receipt, outcome, ...times } = columns;
    const json = { ...(receipt !== undefined && { receipt: JSON.stringify(receipt) }), ...(outcome !== undefined && { outcome: JSON.stringify(outcome) }) };
    await this.db.updateTable('runs').set({ state, ...times, ...json }).where('id', '=', run.id).execute();
    for (const userId of approvedBy) await this.db.insertInto('approvals').values({ run_id: run.id, user_id: userId, decision: 'approved', reason: null, at: this.clock.now() }).execute();
    return this.run(run.id);
  }

  /** Approved by whoever is needed, and not started. */
  approved(wanted: Wanted = {}, by: readonly string[] = ['U0APPROVER']): Promise<Run> {
    return this.runIn('approved', wanted, { approved_at: this.clock.now(), approvedBy: by });
  }

  /** Sent and taken a moment ago. */
  started(wanted: Wanted = {}, columns: Columns = {}): Promise<Run> {
    return this.runIn('started', wanted, { approved_at: this.clock.now(), started_at: this.clock.now(), receipt: { status: 'accepted', answer: { generation: 8 } }, ...columns, approvedBy: ['U0APPROVER'] });
  }

  async run(id: string): Promise<Run> {
    const run = await findRun(this.db, id);
    if (run === undefined) throw new Error(`there is no ${id}`);
    return run;
  }

  async stateOf({ id }: Run): Promise<RunState> {
    return (await this.run(id)).state;
  }

  /** What waits, the earliest first: `run.look in 15 s`. */
  async duties(): Promise<readonly string[]> {
    const rows = await this.db.selectFrom('duties').selectAll().where('state', '=', 'waiting').orderBy('due_at').orderBy('kind').execute();
    return rows.map(({ kind, due_at }) => `${kind} in ${(due_at.getTime() - this.clock.now().getTime()) / 1_000} s`);
  }

  async addDuty(kind: string, key: string, dueAt = at(3_600)): Promise<void> {
    await this.db.insertInto('duties').values({ kind, key, payload: '{}', due_at: dueAt, state: 'waiting', lease_owner: null, last_error: null }).execute();
  }

  /** What the timelines of all incidents say: `stockops: started: Scale shop-api to 5`. */
  async told(): Promise<readonly string[]> {
    const rows = await this.db.selectFrom('timeline_entries').selectAll().orderBy('id').execute();
    return rows.map(({ actor, text }) => `${actor}: ${text}`);
  }

  /** Messages that are wanted: `run run_1 in #shop-alerts`. */
  async messages(): Promise<readonly string[]> {
    const rows = await this.db.selectFrom('messages').selectAll().orderBy('id').execute();
    return rows.map(({ kind, subject, channel_id }) => `${kind} ${subject} in ${channel_id}`);
  }

  /** A message that Slack shows as it is wanted; whether it is behind says later whether anything has changed on it. */
  async posted(kind: string, subject: string): Promise<void> {
    await sql`
      insert into messages (key, channel_id, kind, subject, priority, due_at, created_at, posted_ts, wanted_version, sent_version)
      values (${`${kind}:${subject}`}, '#posted', ${kind}, ${subject}, 15, ${at(-1)}, ${at(-1)}, '1.1', 1, 1)`.execute(this.db);
  }

  /** Of those that were posted, the ones that do not show the state of now. */
  async behind(): Promise<readonly string[]> {
    const rows = await this.db.selectFrom('messages').selectAll().where('channel_id', '=', '#posted').whereRef('wanted_version', '>', 'sent_version').orderBy('kind').execute();
    return rows.map(({ kind }) => kind);
  }

  /** What this test has brought into the record, without what was planned. */
  async recorded(): Promise<readonly { readonly at: string; readonly actor: string; readonly kind: string; readonly subject: string; readonly system: string | null; readonly details: Readonly<Record<string, Json>> }[]> {
    const rows = await this.db.selectFrom('audit_entries').select('entry').where('sequence', '>', this.recordedBefore).where('kind', '<>', 'run.planned').orderBy('sequence').execute();
    return rows.map(({ entry }) => JSON.parse(entry));
  }

  /** The same in short: `run.started by stockops`. */
  async record(): Promise<readonly string[]> {
    return (await this.recorded()).map(({ kind, actor }) => `${kind} by ${actor}`);
  }

  async clear(): Promise<void> {
    await sql`do $$ begin
      delete from broken_glass; delete from approvals; delete from runs; delete from freezes; delete from timeline_entries; delete from incidents;
      delete from duties; delete from messages; delete from interactions;
    end $$`.execute(this.db);
    const { sequence } = await this.db.selectFrom('audit_head').select('sequence').executeTakeFirstOrThrow();
    const { db } = this;
    Object.assign(this, new Workbench(), { db, recordedBefore: sequence });
  }
}

export function useWorkbench(): Workbench {
  const bench = new Workbench();
  let storage: TestStorage | undefined;
  beforeAll(async () => {
    const shared = await sharedDatabase();
    if (shared !== null) return bench.use(shared);
    // Only where they are needed: whoever has a database already loads neither PGlite nor the client of PostgreSQL.
    const [{ freshStorage }, { openDatabase }] = await Promise.all([import('../harness/storage.ts'), import('../../src/storage/database.ts')]);
    storage = await freshStorage();
    bench.use(await openDatabase(storage.settings));
  });
  beforeEach(() => bench.clear());
  afterAll(async () => {
    await bench.db.destroy();
    await storage?.[Symbol.asyncDispose]();
  });
  return bench;
}
