import { createHash } from 'node:crypto';
import { lstat, readFile, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { StockOpsError } from '../../support/errors.ts';

const largestChartBytes = 16 * 1024 * 1024;

/**
 * One SHA-256 over names and contents of all files of a chart, so that a plan means these very bytes. Refuses links, which
 * could lead out of the folder (GUARANTEES T-12).
 */
export async function chartDigest(folder: string): Promise<string> {
  const hash = createHash('sha256');
  let bytes = 0;
  for (const file of await filesBelow(folder)) {
    const content = await readFile(file);
    bytes += content.length;
    if (bytes > largestChartBytes) throw new StockOpsError('HELM_FAILED', `The chart ${folder} is larger than 16 MiB.`);
    hash.update(`${relative(folder, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

async function filesBelow(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).sort();
  const found = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const entry = await lstat(path);
      if (entry.isSymbolicLink()) throw new StockOpsError('HELM_FAILED', `The chart ${folder} contains a link (${name}), which is not followed.`);
      return entry.isDirectory() ? filesBelow(path) : [path];
    }),
  );
  return found.flat();
}
