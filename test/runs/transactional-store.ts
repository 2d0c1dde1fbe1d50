/**
 * A database in miniature, for interleavings: named locks that are held to the end of a transaction, writes that others see only after the commit, and a
 * pause before every statement in which the scheduler may let somebody else go first.
 */
import type { Scheduler } from 'fast-check';

export interface Transaction<S> {
  lock(name: string): Promise<void>;
  read(): Promise<Readonly<S>>;
  write(change: Partial<S>): Promise<void>;
}

export interface TransactionalStore<S> {
  /** As committed now, as a reader without a lock sees it. */
  committed(): Promise<Readonly<S>>;
  transaction<R>(work: (tx: Transaction<S>) => Promise<R>): Promise<R>;
  /** As committed at the end, when nobody works any more. */
  final(): Readonly<S>;
}

export function transactionalStore<S extends object>(scheduler: Scheduler, start: S): TransactionalStore<S> {
  let state = start;
  const holders = new Map<string, Promise<void>>();
  const pause = (label: string) => scheduler.schedule(Promise.resolve(), label);
  return {
    committed: async () => {
      await pause('read');
      return state;
    },
    transaction: async (work) => {
      const held: (() => void)[] = [];
      let written: Partial<S> = {};
      const tx: Transaction<S> = {
        lock: async (name) => {
          await pause(`lock ${name}`);
          while (holders.has(name)) await holders.get(name);
          const { promise, resolve } = Promise.withResolvers<void>();
          holders.set(name, promise);
          held.push(() => {
            holders.delete(name);
            resolve();
          });
        },
        read: async () => {
          await pause('select');
          return { ...state, ...written };
        },
        write: async (change) => {
          await pause('update');
          written = { ...written, ...change };
        },
      };
      try {
        const result = await work(tx);
        await pause('commit');
        state = { ...state, ...written };
        return result;
      } finally {
        for (const release of held) release();
      }
    },
    final: () => state,
  };
}
