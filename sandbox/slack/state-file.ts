import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemClock } from '../../src/support/clock.ts';
import type { WorkspaceState } from './state.ts';
import type { Workspace } from './workspace-model.ts';

const writeAfterMs = 300;

/** The workspace of an earlier run, or `null` where there is none. A file of another version is not guessed at. */
export async function loadState(path: string): Promise<WorkspaceState | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const state = JSON.parse(text) as WorkspaceState;
  if (state.version !== 1) throw new Error(`${path} is not a workspace of this version; move it away to start with a new one.`);
  return state;
}

/**
 * Keeps the workspace in a file: a moment after each change, several changes at once, and once more on close.
 * A reader finds the old file or the new one, never half of either.
 */
export function keepState(path: string, workspace: Workspace): { close(): Promise<void> } {
  const closing = new AbortController();
  let isDirty = false;
  let writing: Promise<void> = Promise.resolve();

  const write = async () => {
    isDirty = false;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(`${path}.new`, JSON.stringify(workspace.state));
    await rename(`${path}.new`, path);
  };
  const unsubscribe = workspace.subscribe((change) => {
    if (change.type === 'call' || change.type === 'delivery' || isDirty) return;
    isDirty = true;
    // A file is for the next process, so it follows the wall's time and not the clock of the workspace.
    // One write that fails is made good by the next; `close` writes last, and throws when it cannot.
    writing = writing.then(() => systemClock.sleep(writeAfterMs, closing.signal)).then(write).catch(() => {});
  });
  return {
    close: async () => {
      unsubscribe();
      closing.abort();
      await writing;
      await write();
    },
  };
}
