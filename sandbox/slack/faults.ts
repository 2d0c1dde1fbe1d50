import type { JsonObject } from './block-kit/schema.ts';

/**
 * - `error`: answered with `{ok: false, error}`; nothing was done.
 * - `ratelimited`: 429 with `Retry-After`; nothing was done.
 * - `unavailable`: 503 with a page of HTML, as a proxy answers; nothing was done.
 * - `timeout`: no answer ever; nothing was done.
 * - `reset`: the connection breaks before the call was read; nothing was done.
 * - `lost-answer`: it WAS done, and the connection breaks before the answer.
 */
export type FaultMode = 'error' | 'ratelimited' | 'unavailable' | 'timeout' | 'reset' | 'lost-answer';

export interface Fault {
  /** Left out: every method. */
  readonly method?: string;
  readonly match?: (args: JsonObject) => boolean;
  readonly mode: FaultMode;
  readonly error?: string;
  readonly retryAfter?: number;
  /** How often; once unless it says otherwise. */
  readonly times?: number;
}

export interface ArmedFault {
  /** How often it has struck. */
  readonly hits: number;
  stop(): void;
}

/** Slack on a bad day: what tests and the sandbox told it to do wrong, and how slow it is. */
export class Faults {
  readonly #armed: { fault: Fault; left: number; hits: number }[] = [];
  readonly #delays = new Map<string, number>();

  arm(fault: Fault): ArmedFault {
    const entry = { fault, left: fault.times ?? 1, hits: 0 };
    this.#armed.push(entry);
    return {
      get hits() {
        return entry.hits;
      },
      stop: () => {
        entry.left = 0;
      },
    };
  }

  /** Every answer of `method`, or of all, comes `delayMs` late; 0 ends it. */
  slowDown(delayMs: number, method = '*'): void {
    this.#delays.set(method, delayMs);
  }

  delayMs(method: string): number {
    return this.#delays.get(method) ?? this.#delays.get('*') ?? 0;
  }

  strike(method: string, args: JsonObject): Fault | undefined {
    const entry = this.#armed.find(({ fault, left }) => left > 0 && (fault.method === undefined || fault.method === method) && (fault.match?.(args) ?? true));
    if (!entry) return undefined;
    entry.left -= 1;
    entry.hits += 1;
    return entry.fault;
  }

  clear(): void {
    this.#armed.length = 0;
    this.#delays.clear();
  }
}
