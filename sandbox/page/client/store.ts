import { useEffect, useRef, useState } from 'preact/hooks';

/** One value that the page is drawn from. Changed only by `set`; drawn again only where the selected part differs. */
export interface Store<S> {
  get(): S;
  set(change: Partial<S> | ((state: S) => Partial<S>)): void;
  use<T>(select: (state: S) => T): T;
}

export function createStore<S extends object>(initial: S): Store<S> {
  let state = initial;
  const listeners = new Set<() => void>();

  return {
    get: () => state,
    set(change) {
      state = { ...state, ...(typeof change === 'function' ? change(state) : change) };
      for (const listener of listeners) listener();
    },
    use(select) {
      const [, redraw] = useState(0);
      const latest = useRef({ select, value: select(state) });
      latest.current = { select, value: select(state) };
      useEffect(() => {
        const listener = (): void => {
          if (!Object.is(latest.current.select(state), latest.current.value)) redraw((count) => count + 1);
        };
        listeners.add(listener);
        // What changed between drawing and listening would be missed otherwise.
        listener();
        return () => void listeners.delete(listener);
      }, []);
      return latest.current.value;
    },
  };
}
