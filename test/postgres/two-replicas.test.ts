import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { seeded, seedOfRun } from '../chaos/seeded.ts';
import { freshStorage } from '../harness/storage.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { readInstallation } from '../../src/storage/installation.ts';
import type { Decided } from '../../src/runs/decide.ts';
import type { Run } from '../../src/runs/run.ts';
import { approver, asker, owner } from '../runs/tiny-catalog.ts';
import { Workbench } from '../runs/workbench.ts';
import type { Said, Told } from './replica-process.ts';

/**
 * Goal: on two replicas at the same moment exactly one wins, and the other is told who or why (F-18, F-22, F-23, M-15).
 * Method: two processes of the operating system with connections of their own on one PostgreSQL; each is told what to do, a few milliseconds apart or at once,
 * and the test looks at the database and counts what they sent. Seven races, each so often that there are more than a thousand pairs.
 */
const rounds = Number(process.env['PAIRS'] ?? 150);

class Replica implements Disposable {
  sent = 0;
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.child = child;
  }

  static async start(url: string): Promise<Replica> {
    const child = fork(fileURLToPath(new URL('replica-process.ts', import.meta.url)), { env: { ...process.env, DATABASE_URL: url } });
    const ended = once(child, 'exit').then(([status]) => Promise.reject(new Error(`a replica ended with status ${String(status)}`)));
    await Promise.race([once(child, 'message'), ended]);
    ended.catch(() => {});
    return new Replica(child);
  }

  async do(told: Told): Promise<unknown> {
    const said = once(this.child, 'message') as Promise<[Said]>;
    this.child.send(told);
    const [{ answer, sent }] = await said;
    this.sent = sent;
    return answer;
  }

  [Symbol.dispose](): void {
    this.child.disconnect();
  }
}

test('M-15: a thousand pairs on two processes, and one wins each', async () => {
  await using storage = await freshStorage();
  if (storage.settings.kind !== 'postgres') throw new Error('this needs a PostgreSQL server');
  const db = await openDatabase(storage.settings);
  await using _closing = { [Symbol.asyncDispose]: () => db.destroy() };
  await readInstallation(db, 'test');
  using first = await Replica.start(storage.settings.url);
  using second = await Replica.start(storage.settings.url);
  const bench = new Workbench();
  bench.use(db);

  const random = seeded(seedOfRun);
  const counts: Record<string, Record<string, number>> = {};
  const count = (race: string, outcome: string): void => void ((counts[race] ??= {})[outcome] = (counts[race]?.[outcome] ?? 0) + 1);
  const stateOf = (run: Run) => bench.stateOf(run);
  type Act = Pick<Told, 'does' | 'runId' | 'by'>;
  /** Both at once or a few milliseconds apart, each of them first as often as the other. */
  const race = async (one: Act, other: Act, otherWithinMs = 6): Promise<readonly [answers: readonly [Decided, Decided], sent: number]> => {
    const before = first.sent + second.sent;
    const answers = await Promise.all([first.do({ ...one, afterMs: random() * 6 }), second.do({ ...other, afterMs: random() * otherWithinMs })]);
    return [answers as [Decided, Decided], first.sent + second.sent - before];
  };
  const isToldWhy = (decided: Decided) => decided.kind === 'refused' && decided.refusal.rule !== '' && decided.refusal.instead !== '';

  for (let round = 0; round < rounds; round += 1) {
    await bench.clear();
    {
      const key = `press ${round}`;
      const [stored] = await race({ does: 'click', runId: key, by: approver }, { does: 'click', runId: key, by: approver });
      expect((stored as readonly unknown[]).toSorted()).toEqual(['duplicate', 'stored']);
      count('one click brought twice', 'stored once');
    }
    {
      const { id: runId } = await bench.runIn('awaiting_approval');
      await race({ does: 'approve', runId, by: approver }, { does: 'approve', runId, by: approver });
      const run = await bench.run(runId);
      expect([run.state, run.version, run.approvals.length]).toEqual(['approved', 2, 1]);
      count('approve/approve', 'one approval');
    }
    {
      await bench.clear();
      const run = await bench.runIn('awaiting_approval');
      const [[approved]] = await race({ does: 'approve', runId: run.id, by: approver }, { does: 'expire', runId: run.id, by: 'stockops' });
      expect([approved.kind === 'done', await stateOf(run)]).toEqual(approved.kind === 'done' ? [true, expect.stringMatching(/voided|approved/)] : [false, 'expired']);
      if (approved.kind !== 'done') expect(isToldWhy(approved)).toBe(true);
      count('approve/expire', approved.kind === 'done' ? 'approved first' : 'expired first');
    }
    {
      await bench.clear();
      const run = await bench.runIn('awaiting_approval');
      const [[agreed, withdrawn]] = await race({ does: 'approve', runId: run.id, by: approver }, { does: 'withdraw', runId: run.id, by: asker });
      const [, sent] = await race({ does: 'start', runId: run.id, by: 'stockops' }, { does: 'start', runId: run.id, by: 'stockops' });
      expect([withdrawn.kind, await stateOf(run), sent]).toEqual(['done', 'withdrawn', 0]);
      expect(agreed.kind === 'done' || isToldWhy(agreed)).toBe(true);
      count('approve/withdraw', agreed.kind === 'done' ? 'approved, then withdrawn' : 'withdrawn first');
    }
    {
      await bench.clear();
      const mine = await bench.planned({ incidentId: null });
      const theirs = await bench.planned({ incidentId: null, plan: { requestedBy: owner } });
      const [confirmed] = await race({ does: 'confirm', runId: mine.id, by: asker }, { does: 'confirm', runId: theirs.id, by: owner });
      expect(confirmed.map(({ kind }) => kind).toSorted()).toEqual(['done', 'second']);
      const [winner, loser] = confirmed[0].kind === 'done' ? confirmed : confirmed.toReversed();
      expect(loser?.kind === 'second' && loser.first.requestedBy).toBe(winner?.kind === 'done' && winner.run.requestedBy);
      count('confirm/confirm', confirmed[0].kind === 'done' ? 'one' : 'the other');
    }
    {
      await bench.clear();
      const run = await bench.approved({}, [approver]);
      const [, sent] = await race({ does: 'start', runId: run.id, by: 'stockops' }, { does: 'start', runId: run.id, by: 'stockops' });
      // The one that came to it later may have taken the other for dead.
      expect([sent, await stateOf(run)]).toEqual([1, expect.stringMatching(/started|unknown/)]);
      count('start/start', 'sent once');
    }
    {
      await bench.clear();
      const run = await bench.approved({}, [approver]);
      // The start looks at its target first, so the freeze comes at any moment of that, and after it.
      const [[, frozen], sent] = await race({ does: 'start', runId: run.id, by: 'stockops' }, { does: 'freeze', runId: run.id, by: owner }, 40);
      expect([frozen.kind, await stateOf(run)]).toEqual(['done', sent === 1 ? 'started' : 'voided']);
      await first.do({ does: 'unfreeze', runId: run.id, by: owner, afterMs: 0 });
      count('start/freeze', sent === 1 ? 'started before' : 'frozen before');
    }
  }
  console.log(`${rounds * 7} pairs on two processes, seed ${seedOfRun}: ${JSON.stringify(counts)}`);
  for (const race of ['approve/expire', 'approve/withdraw', 'confirm/confirm', 'start/freeze']) expect(Object.keys(counts[race] ?? {}), race).toHaveLength(2);
}, 900_000);
