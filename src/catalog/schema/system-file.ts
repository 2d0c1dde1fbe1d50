/** `systems/<id>/system.yaml`: everything a system can say about itself. What it leaves out comes from `defaults.yaml`. */
import { z } from 'zod';
import { dayNames } from '../business-hours.ts';
import { AlertsEntry, CommsEntry, EscalationEntry, MetricEntry, PagerdutyEntry, SeverityEntry, SeverityMapEntry, SloEntry, VerbSeverity } from './alerting.ts';
import { ActionEntry, CheckEntry, ChecklistEntry, ProcedureEntry, ScheduleEntry, SqlEntry } from './doing.ts';
import { ComponentEntry, DependencyEntry, EnvironmentEntry } from './platform.ts';
import { Duration, Id, Line, TimeOfDay, TimeZone, Url, byId } from './words.ts';

const Moment = z.iso.datetime({ offset: true, error: 'Not a moment: write it like "2026-03-07T22:00:00Z".' }).transform((text) => new Date(text));

export const BusinessHoursEntry = z.strictObject({
  days: z.array(z.enum(dayNames)).min(1, 'Name at least one day.'),
  from: TimeOfDay,
  to: TimeOfDay,
});

/** When work is expected; rules of `policies.yaml` may depend on it (`insideMaintenanceWindow`). */
const MaintenanceEntry = z.strictObject({
  recurring: z
    .array(z.strictObject({ every: z.enum(dayNames), weeks: z.array(z.int().min(1).max(5)).default([]), from: TimeOfDay, to: TimeOfDay, why: Line }))
    .default([]),
  dated: z
    .array(
      z
        .strictObject({ from: Moment, until: Moment, why: Line })
        .refine(({ from, until }) => from < until, 'It ends before it begins.'),
    )
    .default([]),
});

const Roles = z.array(Id).min(1, 'Name at least one role.');
const Figure = z.number().nonnegative();

export type SystemFile = z.output<typeof SystemFile>;
export const SystemFile = z.strictObject({
  id: Id,
  name: Line,
  aliases: z.array(Id).default([]),
  description: Line,
  owner: Id,
  customerFacing: z.boolean().default(false),
  access: z.strictObject({ viewers: Roles, operators: Roles, approvers: Roles, owners: Roles }),
  timezone: TimeZone.optional(),
  businessHours: BusinessHoursEntry.optional(),
  maintenance: MaintenanceEntry.default({ recurring: [], dated: [] }),
  logSearchUrl: Line.optional(),
  runbook: z.strictObject({
    url: Url,
    version: Line.optional(),
    lastUpdated: z.iso.date('Not a date: write it like "2025-03-28", or null where the document does not say.').nullable().default(null),
    reviewEvery: Duration.optional(),
    /** Id → anchor in `runbook.md`; cards link here. */
    sections: z.record(Id, z.string().regex(/^#[\p{L}\p{N}_-]+$/u, 'Not an anchor: write it like "#scaling".')),
  }),
  /** In this order; the first is the default. */
  environments: byId(EnvironmentEntry),
  components: byId(ComponentEntry),
  dependencies: byId(DependencyEntry).default({}),
  /** Worst first. */
  severities: z.array(SeverityEntry).min(1, 'Name at least one severity.').optional(),
  severityMap: SeverityMapEntry.optional(),
  verbSeverity: VerbSeverity.optional(),
  escalation: EscalationEntry.optional(),
  pagerduty: PagerdutyEntry,
  comms: CommsEntry.optional(),
  metrics: byId(MetricEntry).default({}),
  slos: z.array(SloEntry).default([]),
  alerts: AlertsEntry,
  checks: byId(CheckEntry).default({}),
  actions: byId(ActionEntry).default({}),
  sql: byId(SqlEntry).default({}),
  checklists: byId(ChecklistEntry).default({}),
  procedures: byId(ProcedureEntry).default({}),
  schedules: z.array(ScheduleEntry).default([]),
  /** Name → text with `{fields}`. */
  templates: byId(z.string().min(1).max(3000)).default({}),
  capacity: z
    .strictObject({
      growth: byId(z.number()).default({}),
      plan: z.array(z.strictObject({ item: Line, unit: Line.optional(), now: Figure, months6: Figure, months12: Figure })).default([]),
    })
    .optional(),
  dr: z.strictObject({ rto: Duration, rpo: Duration, rpoScope: Line.optional(), backupCheck: Id.optional() }).optional(),
  /** Names only. What they hold is never read (AP-14). */
  secrets: z.array(z.strictObject({ name: Line, purpose: Line, keys: z.array(Line).default([]), rotate: Id.optional() })).default([]),
  dashboards: z.array(z.strictObject({ name: Line, url: Url })).default([]),
  vendors: z.array(z.strictObject({ id: Id, name: Line, url: Url.optional(), when: Line.optional() })).default([]),
  /** Symptom → what to look at, for when there is no alert. */
  symptoms: byId(z.array(Id).min(1)).default({}),
  chaos: z.strictObject({ enabled: z.boolean() }).default({ enabled: false }),
  disabled: z.array(z.strictObject({ seed: Line, reason: Line })).default([]),
});
