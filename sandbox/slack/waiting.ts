import { systemClock } from '../../src/support/clock.ts';
import { describeWorkspace } from './reading.ts';
import type { Workspace } from './workspace-model.ts';

/** Looks again after every change, and never in between. The deadline is real time: it is for a test that would hang. */
export function waitUntil<T>(workspace: Workspace, look: () => T | undefined | null | false, withinMs: number, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const done = new AbortController();
    const unsubscribe = workspace.subscribe(() => check());
    const settle = (act: () => void) => {
      if (done.signal.aborted) return;
      unsubscribe();
      done.abort();
      act();
    };
    const check = () => {
      try {
        const found = look();
        if (found !== undefined && found !== null && found !== false) settle(() => resolve(found));
      } catch (error) {
        settle(() => reject(error as Error));
      }
    };
    void systemClock.sleep(withinMs, done.signal).then(() => settle(() => reject(new Error(`Waited ${withinMs} ms in vain for ${what}. In the workspace:\n${describeWorkspace(workspace)}`))));
    check();
  });
}
