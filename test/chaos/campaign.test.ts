import { expect, test } from 'vitest';
import { failpoints, type Failpoint, type Fault } from '../../src/support/failpoints.ts';
import { demandAll, reportOf } from '../harness/checker.ts';
import { startInstallation } from './bot-process.ts';
import { isOfWrite, stageOf } from './points.ts';
import { seeded, seedOfRun, shuffled } from './seeded.ts';
import { play, type Ending, type Row } from './story.ts';
import { families, type Family } from './wishes.ts';

/**
 * Goal: a crash, a hang, an error or a stop at any step of a request, its approval, its start, its effect, its outcome and its evidence, in every family of
 * writes: no effect twice, no request lost, what is doubtful is `unknown` and is closed rightly (M-11, M-19, F-40).
 * Method: the rows of `crash.test.ts` with every fault and every family, in an order that a seed gives. STOCKOPS_CHAOS_FAULTS and STOCKOPS_CHAOS_POINTS take
 * only the faults and failpoints that they name (`crash,hang`), STOCKOPS_CHAOS_ROWS only so many rows, STOCKOPS_CHAOS_AT_ONCE plays in so many installations,
 * and STOCKOPS_CHAOS_SEED plays an order again. After a row that ends wrongly the others go on, in a fresh installation.
 */
const isNamedIn = (variable: string, name: string): boolean => process.env[variable]?.split(',').includes(name) ?? true;
const names = (Object.keys(failpoints) as Failpoint[]).filter((name) => isNamedIn('STOCKOPS_CHAOS_POINTS', name));
const faults = (['crash', 'hang', 'error', 'stop'] as const satisfies readonly Fault[]).filter((fault) => isNamedIn('STOCKOPS_CHAOS_FAULTS', fault));

/** Deny and withdraw need somebody who must approve; those about an alert have no family. */
function familiesAt(point: Failpoint): readonly Family[] {
  if (!isOfWrite(point)) return ['k8s.scale'];
  if (['approve', 'deny', 'withdraw'].includes(stageOf[point])) return ['k8s.setImage', 'k8s.undo', 'helm.upgrade', 'helm.rollback', 'compose.stop'];
  return families;
}

const random = seeded(seedOfRun);
const all = shuffled(names.flatMap((point) => faults.flatMap((fault) => familiesAt(point).map((family): Row => ({ point, fault, family })))), random);
const rows = all.slice(0, Number(process.env['STOCKOPS_CHAOS_ROWS'] ?? all.length));
/** Installations side by side: most of a row is waiting. */
const atOnce = Number(process.env['STOCKOPS_CHAOS_AT_ONCE'] ?? 2);
const played: (Row & Ending)[] = [];
const wrong: string[] = [];

test('M-11 M-19 F-40: every fault at every failpoint in every family of writes', async () => {
  const began = performance.now();
  const waiting = [...rows];
  // A fresh installation after so many rows keeps the channels short, and every one is checked.
  const rowsEach = 40;
  const playSome = async (): Promise<void> => {
    await using installation = await startInstallation();
    for (let left = rowsEach; left > 0; left -= 1) {
      const row = waiting.shift();
      if (row === undefined) break;
      played.push({ ...row, ...(await play(installation, row)) });
    }
    const verdicts = await installation.check();
    console.log(reportOf(verdicts));
    demandAll(verdicts);
  };
  const work = async (): Promise<void> => {
    while (waiting.length > 0) {
      await playSome().catch((error: unknown) => {
        wrong.push(error instanceof Error ? error.message : String(error));
        console.error(wrong.at(-1));
      });
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, work));
  } finally {
    console.log(figures((performance.now() - began) / 1_000));
  }
  expect(wrong).toEqual([]);
  expect(played).toHaveLength(rows.length);
}, 24 * 60 * 60_000);

function figures(seconds: number): string {
  const line = (title: string, of: readonly (Row & Ending)[]): string => {
    const unknown = of.filter(({ closed }) => closed !== null);
    return `| ${title.padEnd(8)} | ${of.length} | ${of.reduce((sum, { effects }) => sum + effects, 0)} | ${of.filter(({ effects }) => effects > 1).length} | ${unknown.length} | ${unknown.filter(({ closed }) => closed === 'by evidence').length} | ${unknown.filter(({ closed }) => closed === 'by a person').length} |`;
  };
  return [
    `seed ${seedOfRun}, ${played.length} of ${all.length} rows in ${Math.round(seconds)} s`,
    '| fault | rows | effects | twice | not known at first | closed by evidence | by a person |',
    ...faults.map((fault) => line(fault, played.filter((row) => row.fault === fault))),
    line('all', played),
  ].join('\n');
}
