/** One replica as a process of its own: does on the database what its parent tells it to, and says what came of it. */
import { setTimeout } from 'node:timers/promises';
import type { Ports } from '../../src/actions/ports.ts';
import { storeInteraction } from '../../src/handlers/store-interaction.ts';
import { approveRun, confirmRun, expireRun, withdrawRun } from '../../src/runs/decide.ts';
import type { RunDependencies } from '../../src/runs/dependencies.ts';
import { freezeChanges, unfreezeChanges } from '../../src/runs/freeze.ts';
import { startRun } from '../../src/runs/start.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { memoryOfProcess, openEpochs } from '../../src/storage/epochs.ts';
import { manualClock } from '../../src/support/clock.ts';
import { systemRandom } from '../../src/support/ids.ts';
import { at, calmWorld, everybody, primitivesOf, tinyCatalog } from '../runs/tiny-catalog.ts';

/** What a replica is told to do, a moment after it was told. */
export interface Told {
  readonly does: 'click' | 'approve' | 'withdraw' | 'expire' | 'confirm' | 'start' | 'freeze' | 'unfreeze';
  readonly runId: string;
  readonly by: string;
  readonly afterMs: number;
}

/** What it says then: what the function answered, and how often it has sent something since it began. */
export interface Said {
  readonly answer: unknown;
  readonly sent: number;
}

const db = await openDatabase({ kind: 'postgres', url: process.env['DATABASE_URL'] ?? '', connections: 2 });
const world = calmWorld();
let sent = 0;
const send = async () => {
  sent += 1;
  return { status: 'accepted' as const, answer: null };
};
const identify = async (userId: string) => everybody().get(userId) ?? { person: null, roles: new Set<string>(), areRolesKnown: true };
const here: RunDependencies = {
  db,
  clock: manualClock(at(0)),
  random: systemRandom,
  log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  primitives: primitivesOf(() => world),
  ports: { kubernetes: { send }, helm: { run: send }, compose: { run: send } } as unknown as Ports,
  people: { identify, identifyAfresh: (ids) => Promise.all(ids.map(identify)), membersOf: async () => [] },
  catalog: tinyCatalog,
  epochs: await openEpochs(db, memoryOfProcess()),
  readOnly: false,
};
/** When every plan of the test has run out. */
const later: RunDependencies = { ...here, clock: manualClock(at(900)) };

/** A command is stored before anything is done about it. */
const typed = (key: string) => storeInteraction(db, { kind: 'command', key, userId: 'U0', teamId: 'T0', channelId: 'C0', channelName: 'general', text: 'freeze', triggerId: '1.1' }, here.clock.now());

function carryOut({ does, runId, by }: Told): Promise<unknown> {
  switch (does) {
    case 'click':
      return storeInteraction(db, { kind: 'press', key: runId, userId: by, teamId: 'T0', actionId: 'request.approve', value: '', channelId: 'C0', messageTs: '1.1', threadTs: null, viewId: null, triggerId: '1.1' }, here.clock.now());
    case 'approve':
      return approveRun(here, runId, by);
    case 'withdraw':
      return withdrawRun(here, runId, by);
    case 'expire':
      return expireRun(later, runId);
    case 'confirm':
      return confirmRun(here, runId, by, null);
    case 'start':
      return startRun(here, runId);
    case 'freeze':
      return typed(`freeze ${runId}`).then(() => freezeChanges(here, { system: null, reason: 'race', forMs: null, userId: by, interactionKey: `freeze ${runId}` }));
    case 'unfreeze':
      return typed(`unfreeze ${runId}`).then(() => unfreezeChanges(here, { system: null, userId: by, interactionKey: `unfreeze ${runId}` }));
  }
}

process.on('message', (told: Told) => {
  void setTimeout(told.afterMs)
    .then(() => carryOut(told))
    .then((answer) => process.send?.({ answer: answer ?? null, sent } satisfies Said));
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
