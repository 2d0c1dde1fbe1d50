import { Refusal } from './api/method.ts';
import type { Workspace } from './workspace-model.ts';

const lifetimeMs = 3000;
const remembered = 10_000;

interface Trigger {
  readonly userId: string;
  readonly viewId: string | null;
  readonly expiresAtMs: number;
  isExchanged: boolean;
}

/**
 * The right to answer one interaction with a modal: it ends after three seconds, and with its first use.
 */
export class Triggers {
  readonly #workspace: Workspace;
  readonly #issued = new Map<string, Trigger>();
  #count = 0;

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  issue(userId: string, viewId: string | null = null): string {
    const nowMs = this.#workspace.clock.now().getTime();
    this.#count += 1;
    const id = `${nowMs}.${this.#count}.${this.#workspace.random.bytes(16).toString('hex')}`;
    this.#issued.set(id, { userId, viewId, expiresAtMs: nowMs + lifetimeMs, isExchanged: false });
    const [oldest] = this.#issued.keys();
    if (this.#issued.size > remembered && oldest !== undefined) this.#issued.delete(oldest);
    return id;
  }

  /** Says who acted and in which view, or refuses. The trigger can still be used. */
  check(id: string): Trigger {
    const trigger = this.#issued.get(id);
    if (!trigger) throw new Refusal('invalid_trigger_id');
    if (trigger.isExchanged) throw new Refusal('exchanged_trigger_id');
    if (this.#workspace.clock.now().getTime() > trigger.expiresAtMs) throw new Refusal('expired_trigger_id');
    return trigger;
  }

  /** Uses the trigger up. */
  exchange(id: string): void {
    this.check(id).isExchanged = true;
  }
}
