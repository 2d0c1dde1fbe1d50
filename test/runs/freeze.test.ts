import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { System } from '../../src/catalog/system.ts';
import { endFreeze, findFreeze, freezeChanges, freezesInForce, holdInWords, holdOn, lockFreezes, unfreezeChanges, type Freeze, type Frozen } from '../../src/runs/freeze.ts';
import { asker, bank, owner, second, shop, viewer } from './tiny-catalog.ts';
import { at, useWorkbench } from './workbench.ts';

/** Goal: while a freeze is in force nothing starts there, everybody whom it concerns is told, and it ends when it should. */
const bench = useWorkbench();
let interactions = 0;
/** A command that is stored, as all are before anything is done about them. */
const typed = async (key = `command ${(interactions += 1)}`, receivedAt = bench.clock.now()): Promise<string> => {
  await bench.db.insertInto('interactions').values({ key, kind: 'command', user_id: asker, payload: '{}', received_at: receivedAt, state: 'stored', due_at: receivedAt, lease_owner: null, last_error: null }).execute();
  return key;
};
const freeze = async (system: System | null, { userId = asker, reason = 'audit', forMs = null as number | null, interactionKey = null as string | null } = {}): Promise<Frozen> =>
  freezeChanges(bench.dependencies, { system, userId, reason, forMs, interactionKey: interactionKey ?? (await typed()) });
const unfreeze = async (system: System | null, userId = asker, interactionKey: string | null = null): Promise<Frozen> => unfreezeChanges(bench.dependencies, { system, userId, interactionKey: interactionKey ?? (await typed()) });
const frozen = (answer: Frozen): Freeze => {
  if (answer.kind !== 'done') throw new Error(answer.kind === 'refused' ? answer.refusal.rule : answer.kind);
  return answer.freeze;
};
const inForce = async () => (await freezesInForce(bench.db, bench.clock.now())).map(({ systemId }) => systemId);

test('a freeze of a system is in force at once, is recorded, and is told in its channels and on its cards', async () => {
  const incidentId = await bench.incident();
  const elsewhere = await bench.incident({ system_id: 'bank' });
  const over = await bench.incident({ state: 'resolved' });
  for (const id of [incidentId, elsewhere, over]) await bench.posted('card', String(id));
  bench.clock.moveTo(at(5));
  const freezing = frozen(await freeze(shop));
  expect(freezing).toEqual({ id: freezing.id, systemId: 'shop', reason: 'audit', by: asker, at: at(5), endsAt: null, liftedAt: null, liftedBy: null });
  expect(await findFreeze(bench.db, freezing.id)).toEqual(freezing);
  expect((await bench.messages()).slice(3)).toEqual([`freeze freeze:${freezing.id} in #shop-alerts`, `freeze freeze:${freezing.id} in #incidents`]);
  expect(await bench.db.selectFrom('messages').select(['key', 'priority', 'due_at', 'wanted_version']).where('kind', '=', 'freeze').distinct().execute()).toEqual([{ key: `freeze:${freezing.id}`, priority: 5, due_at: at(5), wanted_version: 1 }]);
  expect(await bench.db.selectFrom('timeline_entries').select(['incident_id', 'at', 'kind', 'actor', 'text']).execute()).toEqual([{ incident_id: incidentId, at: at(5), kind: 'freeze', actor: asker, text: 'froze changes to Shop: audit' }]);
  expect(await bench.behind()).toEqual(['card']);
  const [recorded, timeline] = await bench.recorded();
  expect(recorded).toEqual({ at: at(5).toISOString(), actor: asker, kind: 'freeze.set', subject: `freeze_${freezing.id}`, system: 'shop', details: { reason: 'audit', endsAt: null } });
  expect(timeline?.kind).toBe('incident.freeze');
  expect(await bench.duties()).toEqual([]);
});

test('a freeze of everything is told in every channel once, and on every card', async () => {
  await bench.incident();
  await bench.incident({ system_id: 'bank' });
  await bench.incident({ system_id: null });
  const { id } = frozen(await freeze(null, { userId: owner }));
  expect(await bench.messages()).toEqual(['#bank-alerts', '#incidents', '#shop-alerts'].map((channel) => `freeze freeze:${id} in ${channel}`));
  expect(await bench.told()).toEqual([`${owner}: froze all changes: audit`, `${owner}: froze all changes: audit`]);
});

test('what waits for a decision there shows it, and what was approved looks again at once', async () => {
  const waiting = await bench.runIn('awaiting_approval', { incidentId: null });
  const elsewhere = await bench.runIn('awaiting_approval', { incidentId: null, plan: { systemId: 'bank' } });
  const approved = await bench.approved({ incidentId: null, component: 'worker' });
  const approvedElsewhere = await bench.approved({ incidentId: null, plan: { systemId: 'bank' } });
  const running = await bench.started({ incidentId: null });
  for (const { id } of [approved, approvedElsewhere, running]) await bench.addDuty('run.start', id, at(600));
  for (const kind of ['run', 'approval', 'plan']) await bench.posted(kind, waiting.id);
  for (const [kind, { id }] of [['run', elsewhere], ['run', approved]] as const) await bench.posted(kind, id);
  await freeze(shop);
  const behind = await bench.db.selectFrom('messages').select(['kind', 'subject']).whereRef('wanted_version', '>', 'sent_version').where('channel_id', '=', '#posted').orderBy('kind').execute();
  expect(behind).toEqual([{ kind: 'approval', subject: waiting.id }, { kind: 'run', subject: waiting.id }]);
  const due = await bench.db.selectFrom('duties').select('key').where('due_at', '=', at(0)).execute();
  expect(due).toEqual([{ key: approved.id }]);
});

test('a freeze of everything is shown by whatever waits anywhere', async () => {
  const waiting = await bench.runIn('awaiting_approval');
  await bench.posted('run', waiting.id);
  await freeze(null, { userId: owner });
  expect(await bench.behind()).toEqual(['run']);
});

test('a freeze of everything lets everything that was approved look again', async () => {
  const approved = await bench.approved({ incidentId: null, plan: { systemId: 'bank' } });
  await bench.addDuty('run.start', approved.id, at(600));
  await freeze(null, { userId: owner });
  expect(await bench.duties()).toEqual(['run.start in 0 s']);
});

test('who may freeze is in the catalog, and everything at once is for others than one system', async () => {
  expect(await freeze(shop, { userId: viewer })).toEqual({ kind: 'refused', refusal: { refused: 'Freeze changes to Shop', rule: 'it needs the role SRE (policies › holds › freeze)', instead: 'Ask somebody who has it: SRE.' } });
  expect(await freeze(null)).toEqual({ kind: 'refused', refusal: { refused: 'Freeze all changes', rule: 'it needs the role Owner (policies › holds › freezeAll)', instead: 'Ask somebody who has it: Owner.' } });
  await freeze(shop);
  expect(await unfreeze(shop, second)).toEqual({ kind: 'refused', refusal: { refused: 'Unfreeze changes to Shop', rule: 'it needs the role SRE (policies › holds › freeze)', instead: 'Ask somebody who has it: SRE.' } });
  expect(await unfreeze(null)).toMatchObject({ refusal: { refused: 'Unfreeze all changes' } });
  expect(await inForce()).toEqual(['shop']);
});

test('the same freeze again by the same person is the same; another one is refused', async () => {
  const first = frozen(await freeze(shop));
  bench.clock.moveTo(at(300));
  expect(frozen(await freeze(shop))).toEqual(first);
  for (const other of [{ userId: owner }, { reason: 'release' }])
    expect(await freeze(shop, other)).toEqual({ kind: 'refused', refusal: { refused: 'Freeze changes to Shop', rule: 'it is frozen already, since 5 min: audit', instead: 'Lift that first: /stock unfreeze shop.' } });
  await freeze(null, { userId: owner });
  expect(await freeze(null, { userId: owner, reason: 'release' })).toMatchObject({ refusal: { instead: 'Lift that first: /stock unfreeze all.' } });
  expect(await inForce()).toEqual([null, 'shop']);
  expect(await bench.db.selectFrom('freezes').select('id').execute()).toHaveLength(2);
});

test('a freeze for a while ends by itself: out of force at that moment, and said once somebody notices', async () => {
  const freezing = frozen(await freeze(shop, { forMs: 600_000 }));
  expect(freezing.endsAt).toEqual(at(600));
  expect(await bench.duties()).toEqual(['freeze.end in 600 s']);
  expect((await bench.recorded())[0]?.details).toEqual({ reason: 'audit', endsAt: at(600).toISOString() });
  bench.clock.moveTo(at(599));
  await endFreeze(bench.dependencies, freezing.id);
  expect(await inForce()).toEqual(['shop']);
  bench.clock.moveTo(at(600));
  expect(await inForce()).toEqual([]);
  bench.clock.moveTo(at(640));
  await bench.incident();
  await endFreeze(bench.dependencies, freezing.id);
  expect(await findFreeze(bench.db, freezing.id)).toMatchObject({ liftedAt: at(600), liftedBy: null });
  expect(await bench.told()).toEqual(['stockops: the freeze of changes to Shop is over']);
  expect((await bench.messages()).slice(2)).toEqual([`freeze freeze:${freezing.id}:lifted in #shop-alerts`, `freeze freeze:${freezing.id}:lifted in #incidents`]);
  expect(await bench.record()).toEqual([`freeze.set by ${asker}`, 'freeze.lifted by stockops']);
  await endFreeze(bench.dependencies, freezing.id);
  expect(await bench.record()).toHaveLength(2);
});

test('a freeze that nobody knows does not end, nor one without an end, nor one that was lifted', async () => {
  await endFreeze(bench.dependencies, 0);
  const open = frozen(await freeze(shop));
  bench.clock.moveTo(at(1_000_000));
  await endFreeze(bench.dependencies, open.id);
  expect(await inForce()).toEqual(['shop']);
  const timed = frozen(await freeze(bank, { forMs: 1_000 }));
  await unfreeze(bank, owner);
  bench.clock.moveTo(at(1_000_001));
  await endFreeze(bench.dependencies, timed.id);
  expect(await findFreeze(bench.db, timed.id)).toMatchObject({ liftedBy: owner });
});

test('lifted, it is out of force, everybody is told, and its end is not waited for any more', async () => {
  await bench.incident();
  const freezing = frozen(await freeze(shop, { forMs: 600_000 }));
  await bench.posted('freeze', `freeze:${freezing.id}`);
  bench.clock.moveTo(at(60));
  expect(frozen(await unfreeze(shop, owner))).toEqual({ ...freezing, liftedAt: at(60), liftedBy: owner });
  expect(await findFreeze(bench.db, freezing.id)).toEqual({ ...freezing, liftedAt: at(60), liftedBy: owner });
  expect([await inForce(), await bench.duties(), await bench.behind()]).toEqual([[], [], ['freeze']]);
  expect((await bench.told()).at(-1)).toBe(`${owner}: lifted the freeze of changes to Shop`);
  const lifted = (await bench.recorded()).find(({ kind }) => kind === 'freeze.lifted');
  expect(lifted).toEqual({ at: at(60).toISOString(), actor: owner, kind: 'freeze.lifted', subject: `freeze_${freezing.id}`, system: 'shop', details: { reason: 'audit' } });
});

test('lifting the freeze of one system leaves the one of all, and the other way', async () => {
  await freeze(shop);
  await freeze(null, { userId: owner });
  await unfreeze(shop);
  expect(await inForce()).toEqual([null]);
  await freeze(shop);
  expect(frozen(await unfreeze(null, owner)).systemId).toBeNull();
  expect((await bench.told()).length).toBe(0);
  expect(await inForce()).toEqual(['shop']);
});

test('what is not frozen is not lifted, nor what has ended by itself', async () => {
  const refusal = { refused: 'Unfreeze changes to Shop', rule: 'it is not frozen', instead: 'Look at /stock status.' };
  expect(await unfreeze(shop)).toEqual({ kind: 'refused', refusal });
  await freeze(shop, { forMs: 1_000 });
  bench.clock.moveTo(at(1));
  expect(await unfreeze(shop)).toEqual({ kind: 'refused', refusal });
});

test('a new freeze takes the place of one that is over and that nobody has noticed', async () => {
  const first = frozen(await freeze(shop, { forMs: 1_000 }));
  bench.clock.moveTo(at(2));
  const next = frozen(await freeze(shop));
  expect([await findFreeze(bench.db, first.id), next.id === first.id]).toMatchObject([{ liftedAt: at(1), liftedBy: null }, false]);
  expect(await bench.duties()).toEqual([]);
  expect(await bench.record()).toEqual([`freeze.set by ${asker}`, 'freeze.lifted by stockops', `freeze.set by ${asker}`]);
});

test('the press that froze or lifted ends with it; one that was refused does not', async () => {
  await freeze(shop, { interactionKey: await typed('one') });
  await freeze(shop, { userId: owner, interactionKey: await typed('two') });
  await unfreeze(shop, asker, await typed('three'));
  expect(await bench.db.selectFrom('interactions').select(['key', 'state']).orderBy('id').execute()).toEqual([{ key: 'one', state: 'handled' }, { key: 'two', state: 'stored' }, { key: 'three', state: 'handled' }]);
});

test('F-40: a freeze or its lifting that another process has carried out meanwhile changes nothing', async () => {
  const [freezing, lifting] = [await typed('freezing'), await typed('lifting')];
  await freeze(shop, { interactionKey: freezing });
  await unfreeze(shop, asker, lifting);
  await freeze(shop, { userId: owner, reason: 'breach, hands off' });
  expect(await unfreeze(shop, asker, lifting)).toEqual({ kind: 'carriedOut' });
  expect(await freeze(shop, { interactionKey: freezing })).toEqual({ kind: 'carriedOut' });
  expect(await freezesInForce(bench.db, bench.clock.now())).toMatchObject([{ systemId: 'shop', reason: 'breach, hands off' }]);
});

test('F-40: a lifting that comes late lifts nothing that was frozen after it was asked for', async () => {
  await freeze(shop);
  const late = await typed('late', bench.clock.now());
  await unfreeze(shop);
  bench.clock.moveTo(at(90));
  await freeze(shop, { userId: owner, reason: 'breach, hands off' });
  expect(await unfreeze(shop, asker, late)).toMatchObject({ kind: 'refused', refusal: { rule: 'it was frozen 90 s after you asked: breach, hands off' } });
  expect(await inForce()).toEqual(['shop']);
});

test('what holds a system: reading only, a freeze of everything, its own freeze, and nothing else', async () => {
  const held = async (systemId: string) => holdOn(bench.dependencies, bench.db, systemId, at(0));
  await freeze(bank);
  expect([await held('shop'), await held('bank')]).toMatchObject([null, { kind: 'frozen', freeze: { systemId: 'bank' } }]);
  await freeze(null, { userId: owner });
  expect([await held('shop'), await held('bank')]).toMatchObject([{ freeze: { systemId: null } }, { freeze: { systemId: null } }]);
  bench.readOnly = true;
  expect(await held('shop')).toEqual({ kind: 'readOnly' });
});

test('G-5: starts go on side by side, and a freeze alone: none of them begins while it is made, lifted or ends', async () => {
  const modes = (how: 'toStart' | 'toChange') =>
    bench.tx(async (tx) => {
      await lockFreezes(tx, how);
      const { rows } = await sql<{ mode: string }>`select mode from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()`.execute(tx);
      return rows.map(({ mode }) => mode);
    });
  expect([await modes('toStart'), await modes('toChange')]).toEqual([['ShareLock'], ['ExclusiveLock']]);
  bench.locks = [];
  const { id } = frozen(await freeze(shop));
  await unfreeze(shop);
  await endFreeze(bench.dependencies, id);
  expect(bench.locks).toEqual(Array(3).fill('pg_advisory_xact_lock freezes'));
});

test('a hold is said in a sentence', () => {
  const said = (systemId: string | null, reason: string) => holdInWords({ kind: 'frozen', freeze: { systemId, reason } as Freeze }, 'Shop');
  expect([said('shop', 'audit'), said('shop', 'Audit week.'), said(null, 'stop!'), said(null, 'v1.2')]).toEqual(['Changes to Shop are frozen: audit.', 'Changes to Shop are frozen: Audit week.', 'All changes are frozen: stop.', 'All changes are frozen: v1.2.']);
  expect(holdInWords({ kind: 'readOnly' }, 'Shop')).toBe('The bot is read-only (STOCKOPS_READ_ONLY): it makes no changes.');
});
