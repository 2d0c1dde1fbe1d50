import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { programPath } from './programs.ts';

const systemsDirectory = fileURLToPath(new URL('../../systems', import.meta.url));
const systems = readdirSync(systemsDirectory, { withFileTypes: true }).filter((entry) => entry.isDirectory());

test('there are five systems to check', () => {
  expect(systems).toHaveLength(5);
});

for (const { name } of systems)
  test(`Prometheus takes every rule of ${name}`, async () => {
    const { stdout } = await promisify(execFile)(programPath('promtool'), ['check', 'rules', `${systemsDirectory}/${name}/alerts.yaml`]);
    expect(stdout).toMatch(/SUCCESS: [1-9]\d* rules found/);
  });
