import { afterAll, expect, test } from 'vitest';
import { failpoints, type Failpoint } from '../../src/support/failpoints.ts';
import { demandAll, reportOf } from '../harness/checker.ts';
import { startInstallation, type Installation } from './bot-process.ts';
import { isOfWrite, stageOf } from './points.ts';
import { play, type Row } from './story.ts';
import { families, type Family } from './wishes.ts';

/**
 * Goal: `kill -9` at every step between a click and its outcome, and between a webhook and its card, loses nothing and does nothing twice, and the message
 * tells the truth (F-01, F-02, F-10, F-11, F-19, F-20, F-24 to F-26, F-34).
 * Method: the bot as a process of its own. Each row plays one write or one alert from its beginning to its end, with the process killed at one failpoint and
 * started again; in the end the checker (I1 to I14) reads the database and what the stand-ins saw. Every failpoint has a row, and every family of
 * writes is killed after its effect. All faults in all families: `npm run test:chaos:all`.
 */
const names = Object.keys(failpoints) as Failpoint[];

/** Those that approval belongs to need a family that others must approve; the rest take turns. */
const quick: readonly Family[] = ['k8s.scale', 'compose.restart', 'k8s.restart', 'compose.start'];
const approved: readonly Family[] = ['k8s.setImage', 'helm.upgrade', 'k8s.undo', 'helm.rollback'];
const rows: readonly Row[] = [
  ...names.filter((point) => point !== 'run.after-effect').map((point, index): Row => {
    const among = ['approve', 'deny', 'withdraw'].includes(stageOf[point]) || point === 'request.before-ask' ? approved : quick;
    return { point, fault: 'crash', family: among[index % among.length]! };
  }),
  ...families.map((family): Row => ({ point: 'run.after-effect', fault: 'crash', family })),
];

/** Two installations at once, each with half of the rows: most of a row is waiting. */
const halves = [rows.filter((_, index) => index % 2 === 0), rows.filter((_, index) => index % 2 === 1)];
const table: string[] = [];

test.concurrent.each(halves.map((half, index) => ({ half, index })))('F-01 F-11 F-19 F-24 F-26 F-34: killed at each failpoint, in half $index of the rows: nothing lost, nothing twice, and the message tells the truth', async ({ half }) => {
  await using installation = await startInstallation();
  const before = performance.now();
  for (const row of half) table.push(await playAndTell(installation, row));
  const verdicts = await installation.check();
  table.push(`${Math.round((performance.now() - before) / 1_000)} s for ${half.length} rows\n${reportOf(verdicts)}`);
  demandAll(verdicts);
}, 40 * 60_000);

test('M-11: every failpoint has a place in a story, and there are at least 40', () => {
  expect(Object.keys(stageOf).sort()).toEqual([...names].sort());
  expect(names.length).toBeGreaterThanOrEqual(40);
  expect(names.filter(isOfWrite).length).toBeGreaterThan(30);
});

afterAll(() => console.log(`\nkill -9 at, in, and what was found after the restart:\n${table.map((line) => `  ${line}`).join('\n')}\n`));

async function playAndTell(installation: Installation, row: Row): Promise<string> {
  const began = performance.now();
  const { sign, effects, closed } = await play(installation, row);
  return `${row.point.padEnd(28)} ${row.family.padEnd(16)} ${sign} ${effects} effect${effects === 1 ? ' ' : 's'} ${closed === null ? '' : `not known at first, closed ${closed}`} (${((performance.now() - began) / 1_000).toFixed(1)} s)`;
}
