import type { FastifyInstance } from 'fastify';
import { primitives } from './actions/registry.ts';
import type { Ports } from './actions/ports.ts';
import { createPeople } from './approvals/people.ts';
import type { Catalog } from './catalog/system.ts';
import type { InteractionSink, SlackReceiver } from './connectors/slack/receive.ts';
import type { PagerDutyPort } from './escalation/pagerduty-port.ts';
import type { Bot, Upkeep } from './handlers/bot.ts';
import { dutiesLane } from './handlers/duties-lane.ts';
import { createIntake, type IntakeSettings } from './handlers/intake.ts';
import { handleInteraction, interactionsLane } from './handlers/interactions.ts';
import { createLanes, type Lanes } from './handlers/lanes.ts';
import { createMetrics } from './handlers/metrics.ts';
import { addMetricsOfRows } from './handlers/metrics-of-rows.ts';
import { notificationsLane } from './handlers/notifications-lane.ts';
import { createOperations } from './handlers/operations.ts';
import { outboxLanes } from './handlers/outbox-lane.ts';
import { pagesLane } from './handlers/pages-lane.ts';
import { storeInteraction, withoutTypedSecrets } from './handlers/store-interaction.ts';
import { answerSubmission } from './handlers/submission.ts';
import { enterEpoch } from './runs/new-epoch.ts';
import type { Db } from './storage/database.ts';
import type { Epochs } from './storage/epochs.ts';
import type { Clock } from './support/clock.ts';
import { newId, type Random } from './support/ids.ts';
import { messageOf, type Log } from './support/log.ts';
import type { SlackPort } from './views/slack-port.ts';

/** Everything from outside that the bot works with. The same in production, in the sandbox and in tests; only what is handed in differs. */
export interface AppParts {
  readonly db: Db;
  /** Names this installation in PagerDuty's dedup keys. */
  readonly installation: string;
  readonly epochs: Epochs;
  /** Everything may be looked at, and nothing changed. */
  readonly readOnly: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly catalog: () => Catalog;
  readonly ports: Ports;
  readonly pagerduty: PagerDutyPort;
  readonly routingKey: (setting: string) => string | undefined;
  readonly slack: (onMeasured: (method: string, answer: string) => void) => SlackPort;
  readonly receiver: (sink: InteractionSink) => SlackReceiver;
  readonly sources: IntakeSettings['sources'];
  readonly upkeep: Upkeep;
}

export interface Listening {
  readonly host: string;
  readonly port: number;
}

export interface App {
  readonly bot: Bot;
  readonly lanes: Lanes;
  readonly intake: FastifyInstance;
  readonly operations: FastifyInstance;
  /** Opens both doors and connects to Slack. `loops: false` leaves the lanes to be stepped by hand. */
  start(doors: { readonly intake: Listening; readonly operations: Listening; readonly loops: boolean }): Promise<{ readonly intakeUrl: string; readonly operationsUrl: string }>;
  /** Resolves when nothing that was pressed or typed is still being carried out. */
  settled(): Promise<void>;
  /** `/readyz` turns red and intake answers 503 at once; what is in hand ends or is recorded. The database stays open: it is the caller's. */
  stop(): Promise<void>;
}

/** A lane that has not come round for this long is stuck (F-44). */
const stuckAfterMs = 60_000;
const dutyLanes = 3;

export function createApp(parts: AppParts): App {
  const metrics = createMetrics();
  const { clock, log, db } = parts;
  addMetricsOfRows(metrics, db, clock, log);
  const slack = parts.slack((method, answer) => metrics.slackCalls.inc({ method, answer }));
  let lanes: Lanes | undefined;
  const bot: Bot = {
    db,
    clock,
    random: parts.random,
    log,
    primitives,
    ports: parts.ports,
    people: createPeople(slack, parts.pagerduty, parts.catalog, clock),
    catalog: parts.catalog,
    epochs: parts.epochs,
    readOnly: parts.readOnly,
    slack,
    pagerduty: parts.pagerduty,
    metrics,
    paging: {
      installation: parts.installation,
      routingKeySettingOf: (system, roleId) => {
        const own = parts.catalog().roles.get(roleId)?.routingKeySetting;
        return own == null || parts.routingKey(own) === undefined ? system.escalation.routingKeySetting : own;
      },
    },
    owner: newId(parts.random, 'process'),
    upkeep: parts.upkeep,
    routingKey: parts.routingKey,
    wake: (...names) => lanes?.wake(...names),
  };
  lanes = createLanes(
    [
      notificationsLane(bot),
      pagesLane(bot),
      ...outboxLanes(bot),
      interactionsLane(bot),
      ...Array.from({ length: dutyLanes }, (_, index) => dutiesLane(bot, `duties ${index + 1}`)),
    ],
    clock,
    log,
  );
  const running: Lanes = lanes;

  let state: 'starting' | 'ready' | 'stopping' = 'starting';
  const inHand = new Set<Promise<void>>();
  const sink: InteractionSink = {
    store: (interaction) => storeInteraction(db, withoutTypedSecrets(interaction), clock.now()),
    answerSubmission: (submission) => answerSubmission(bot, withoutTypedSecrets(submission)),
    handle: (interaction) => {
      const work = handleInteraction(bot, withoutTypedSecrets(interaction)).catch((error: unknown) => log.error('An interaction could not be carried out', { error: messageOf(error) }));
      inHand.add(work);
      return work.finally(() => inHand.delete(work));
    },
    log: (message, fields) => log.warn(message, fields),
  };
  const receiver = parts.receiver(sink);
  const intake = createIntake(bot, { sources: parts.sources, slack: receiver.listener, whyNotReady: () => (state === 'ready' ? null : `the bot is ${state}`) });
  let looping = false;
  const operations = createOperations(
    {
      whyNotReady: () => (state === 'ready' ? [] : [`the bot is ${state}`]),
      notes: () => (parts.readOnly ? ['read-only: STOCKOPS_READ_ONLY is set, so no change is made'] : []),
      whyNotAlive: () => {
        if (!looping) return null;
        const stuck = running.stuckFor(stuckAfterMs);
        return stuck === undefined ? null : `the lane "${stuck.name}" has not come round since ${stuck.since.toISOString()}`;
      },
    },
    metrics,
  );

  return {
    bot,
    lanes: running,
    intake,
    operations,
    start: async (doors) => {
      await enterEpoch(bot);
      const operationsUrl = await operations.listen({ host: doors.operations.host, port: doors.operations.port });
      const intakeUrl = await intake.listen({ host: doors.intake.host, port: doors.intake.port });
      if (doors.loops) {
        looping = true;
        running.start();
      }
      state = 'ready';
      // Slack may be away: alerts are taken and pages sent all the same. The library keeps connecting.
      await receiver.start().catch((error: unknown) => log.error('Slack cannot be reached yet', { error: messageOf(error) }));
      return { intakeUrl, operationsUrl };
    },
    settled: async () => {
      while (inHand.size > 0) await Promise.all([...inHand]);
    },
    stop: async () => {
      state = 'stopping';
      await receiver.stop().catch(() => {});
      await Promise.all([...inHand]);
      await running.stop();
      await intake.close();
      await operations.close();
    },
  };
}
