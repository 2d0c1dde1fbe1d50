import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { memoryBeside } from '../../src/storage/epochs.ts';

async function withDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'stockops-past-'));
  try {
    await work(join(folder, 'data'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('F-37: runs that start at the same moment all remember how far the database had come', async () => {
  await withDirectory(async (directory) => {
    const memory = memoryBeside(directory);
    await Promise.all(Array.from({ length: 50 }, (_, position) => memory.write({ identity: 'this one', position })));
    expect(await memory.read()).toEqual({ identity: 'this one', position: 49 });
  });
});

test('F-37: a memory that was cut off is of no database that we know, so a new epoch begins and the bot starts', async () => {
  await withDirectory(async (directory) => {
    for (const left of ['', '{"identity":"1/0', 'null']) {
      await writeFile(`${directory}.past`, left);
      expect(await memoryBeside(directory).read(), left).toEqual({ identity: 'not readable', position: 0 });
    }
  });
});
