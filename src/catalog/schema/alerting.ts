/** How bad something is, who is paged, and what is looked at: `severities`, `escalation`, `comms`, `metrics`, `alerts`. */
import { z } from 'zod';
import { Channel, Duration, Id, LabelName, Line, Rank, SettingName, SeverityLabel, Url, byId } from './words.ts';

export const SeverityEntry = z.strictObject({
  label: SeverityLabel,
  rank: Rank,
  page: z.enum(['immediate', 'business_hours', 'next_business_day', 'never']),
  acknowledgeWithin: Duration.optional(),
  respondWithin: Duration.optional(),
  criteria: z.array(Line).default([]),
});

/** Value of an alert's label → severity. A rule's own `severity` goes before it. */
export const SeverityMapEntry = z.strictObject({
  label: LabelName.default('severity'),
  byValue: z.record(Line, SeverityLabel).default({}),
  default: SeverityLabel,
});

export const EscalationEntry = z.strictObject({
  /** `bot`: we page at the times below. `pagerduty`: its own policy pages, we only show it. Never both. */
  driver: z.enum(['bot', 'pagerduty']).default('bot'),
  clock: z.enum(['opened', 'alert_start']).default('opened'),
  steps: z
    .array(
      z.strictObject({
        after: Duration,
        role: Id,
        via: z.enum(['pagerduty', 'slack']).default('pagerduty'),
        until: z.enum(['acknowledged', 'resolved']),
        onlySeverities: z.array(SeverityLabel).default([]),
      }),
    )
    .min(1, 'An escalation has at least one step.'),
  /** Absent: the severities of rank 1 and 2. */
  appliesTo: z.array(SeverityLabel).optional(),
});

export const PagerdutyEntry = z.strictObject({
  /** Name of the setting that holds the routing key. The key itself never stands here. */
  routingKeySetting: SettingName,
  service: Line.optional(),
  priorities: z.record(SeverityLabel, Line).optional(),
});

const Deadline = z.strictObject({
  id: Id,
  after: Duration,
  from: z.enum(['opened', 'resolved']),
  severities: z.array(SeverityLabel).default([]),
  remind: z.array(Duration).default([]),
  template: Id.optional(),
});

const Phase = z.strictObject({ name: Line, until: Duration, run: z.array(Id).default([]), offer: z.array(Id).default([]) });

export const CommsEntry = z.strictObject({
  channels: z.strictObject({ alerts: Channel.optional(), incidents: Channel.optional(), stakeholders: Channel.optional(), security: Channel.optional() }).optional(),
  /** `default` or a severity → where the talk about an incident goes. */
  space: z.record(SeverityLabel, z.enum(['thread', 'channel'])).optional(),
  statusPage: z.strictObject({ mode: z.enum(['ask', 'always', 'never']), url: Url.optional() }).optional(),
  updatesEvery: z.record(SeverityLabel, Duration).optional(),
  deadlines: z.array(Deadline).optional(),
  /** Prompts in the thread: what runs by itself, what is offered, until when. */
  phases: z.array(Phase).optional(),
});

/** `{namespace}` in the expression is the namespace of the environment that is asked. */
export const MetricEntry = z.strictObject({
  expression: z.string().min(1).max(2000),
  unit: Line,
  onEmpty: z.enum(['no_data', 'zero']).default('no_data'),
  thresholds: z.record(Id, z.number()).default({}),
  by: z.array(LabelName).optional(),
  /** For a metric that counts states: 2 → open. */
  values: z.record(z.string().regex(/^\d+$/, 'Not a whole number.'), Line).optional(),
});

export const SloEntry = z.strictObject({
  metric: Id,
  target: z.string().regex(/^(<|<=|>|>=) \d+(\.\d+)?$/, 'Not a target: write it like "<= 800".'),
  /** A wish: reported, never paged. */
  aspirational: z.boolean().default(false),
});

const cardFields = {
  section: Id.optional(),
  sentence: Line.optional(),
  buttons: z.array(Id).default([]),
  note: z.string().max(600, 'At most 600 characters.').optional(),
};

const AlertRuleEntry = z.strictObject({
  name: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'Not an alert name.'),
  severity: SeverityLabel.optional(),
  mode: z.enum(['incident', 'event']).default('incident'),
  component: Id.optional(),
  ...cardFields,
  diagnostics: z.array(Id).default([]),
  /** Metrics whose present value stands on the card. */
  show: z.array(Id).default([]),
  /** A channel of `comms.channels` that is told instead of `alerts`. */
  audience: z.enum(['alerts', 'incidents', 'stakeholders', 'security']).default('alerts'),
  flapWindow: Duration.optional(),
  remindEvery: Duration.optional(),
  /** An event is told once per value of this label. */
  dedupe: LabelName.optional(),
  /** What the written runbook gives; the rule file has it too. */
  seed: z.strictObject({ expression: z.string().min(1), for: Duration.optional() }).optional(),
});

/** An alert that the bot raises itself, from a check or a metric. */
const SyntheticAlert = z
  .strictObject({
    name: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'Not an alert name.'),
    check: Id.optional(),
    /** A field of the check's `expectJson` that alone decides. */
    field: Line.optional(),
    metric: Id.optional(),
    /** A number, or the name of a threshold of the metric. */
    above: z.union([z.number(), Id], 'Not a number and not the name of a threshold.').optional(),
    below: z.union([z.number(), Id], 'Not a number and not the name of a threshold.').optional(),
    for: Duration.optional(),
    failures: z.int().min(1).max(100).optional(),
    severity: SeverityLabel.optional(),
    /** The seed's word where it has no severities: `investigate`. */
    verb: Id.optional(),
    ...cardFields,
  })
  .superRefine((alert, context) => {
    if ((alert.check === undefined) === (alert.metric === undefined)) context.addIssue({ code: 'custom', message: 'Name either a check or a metric.' });
    if (alert.metric !== undefined && alert.above === undefined && alert.below === undefined) context.addIssue({ code: 'custom', message: 'Say above or below which value the metric is wrong.' });
    if (alert.severity === undefined && alert.verb === undefined) context.addIssue({ code: 'custom', message: 'Say how bad it is: severity or verb.' });
  });

export const AlertsEntry = z.strictObject({
  attribution: z.strictObject({ anyOf: z.array(z.strictObject({ label: LabelName, equals: Line })) }).default({ anyOf: [] }),
  rules: z.array(AlertRuleEntry).default([]),
  synthetic: z.array(SyntheticAlert).default([]),
});

export const VerbSeverity = byId(Rank);
