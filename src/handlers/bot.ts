import type { PagerDutyPort } from '../escalation/pagerduty-port.ts';
import type { Paging } from '../escalation/store.ts';
import type { RunDependencies } from '../runs/dependencies.ts';
import type { SlackPort } from '../views/slack-port.ts';
import type { Metrics } from './metrics.ts';

/** What is done for the bot's own sake. */
export interface Upkeep {
  /** Where anchors of the record are posted; `null`: only into the log. */
  readonly auditChannel: string | null;
  /** How long what is over stays in the database. */
  readonly keepMs: number;
}

/** Everything that a handler may need; put together in `app.ts`. */
export interface Bot extends RunDependencies {
  readonly slack: SlackPort;
  readonly pagerduty: PagerDutyPort;
  readonly metrics: Metrics;
  readonly paging: Paging;
  /** Names this process in leases. */
  readonly owner: string;
  readonly upkeep: Upkeep;
  /** The PagerDuty routing key behind the setting that a system's file names. */
  readonly routingKey: (setting: string) => string | undefined;
  /** Something may be due: every lane, or those that are named, look at once instead of at their next look. */
  readonly wake: (...lanes: readonly string[]) => void;
}
