import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { everyView } from './every-view.ts';
import { expectGolden } from './golden.ts';

/** Goal: no word that people see changes unnoticed. `GOLDEN_UPDATE=1` writes the files anew; the diff is what gets reviewed. */
const views = everyView();

for (const [name, view] of Object.entries(views)) {
  test(`${name} reads as in its golden file`, () => expectGolden(name, view));
}

test('there is no golden file of a view that is no more', () => {
  const files = readdirSync(new URL('../golden/', import.meta.url)).filter((file) => file.endsWith('.json'));
  expect(files.toSorted()).toEqual(Object.keys(views).map((name) => `${name}.json`).toSorted());
});
