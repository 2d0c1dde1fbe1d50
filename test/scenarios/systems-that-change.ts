import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The catalog of the project in a place where a test may change it. */
export interface ChangeableSystems extends AsyncDisposable {
  readonly path: string;
  /** @throws when the file does not hold what is to be replaced: a test that changes nothing would prove nothing */
  replace(file: string, what: RegExp, by: string): Promise<void>;
}

export async function systemsThatChange(): Promise<ChangeableSystems> {
  const path = await mkdtemp(join(tmpdir(), 'stockops-systems-'));
  await cp(fileURLToPath(new URL('../../systems', import.meta.url)), path, { recursive: true });
  return {
    path,
    replace: async (file, what, by) => {
      const text = await readFile(join(path, file), 'utf8');
      const changed = text.replace(what, by);
      if (changed === text) throw new Error(`${file} holds nothing like ${what}`);
      await writeFile(join(path, file), changed);
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}
