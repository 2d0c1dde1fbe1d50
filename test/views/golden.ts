import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';

const folder = new URL('../golden/', import.meta.url);

/**
 * Compares with `test/golden/<name>.json`, which a reviewer reads as a person reads the card. `GOLDEN_UPDATE=1` writes it anew;
 * a missing file fails, so that nothing is ever accepted by being new.
 */
export function expectGolden(name: string, content: unknown): void {
  const file = new URL(`${name}.json`, folder);
  const written = `${JSON.stringify(content, null, 2)}\n`;
  if (process.env['GOLDEN_UPDATE'] === '1') {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, written);
  }
  expect(existsSync(file), `test/golden/${name}.json is missing: GOLDEN_UPDATE=1 writes it`).toBe(true);
  expect(JSON.parse(written)).toEqual(JSON.parse(readFileSync(file, 'utf8')));
}
