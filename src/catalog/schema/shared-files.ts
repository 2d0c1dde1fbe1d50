/** The three files that all systems share: `roles.yaml`, `policies.yaml`, `defaults.yaml`. */
import { z } from 'zod';
import { CommsEntry, EscalationEntry, SeverityEntry, SeverityMapEntry, VerbSeverity } from './alerting.ts';
import { BusinessHoursEntry } from './system-file.ts';
import { Duration, Id, Line, Risk, TimeZone, byId } from './words.ts';

/** Who is who, by group and schedule. No names of people, no addresses, no phones: PagerDuty knows those. */
export type RolesFile = z.output<typeof RolesFile>;
export const RolesFile = z.strictObject({
  roles: byId(
    z.strictObject({
      name: Line,
      /** Handle of a Slack user group, without `@`. */
      slackGroup: z.string().regex(/^[a-z0-9][a-z0-9_.-]{0,79}$/, 'Not the handle of a Slack group: without @, lower-case.').optional(),
      pagerdutySchedule: z.string().regex(/^P[A-Z0-9]{6,13}$/, 'Not the id of a PagerDuty schedule: PXXXXXX.').optional(),
      slackUsers: z.array(z.string().regex(/^[UW][A-Z0-9]{8,}$/, 'Not the id of a Slack user.')).default([]),
    }),
  ),
});

const Entitled = z.array(Id).min(1, 'Somebody must be able to.');

export type PoliciesFile = z.output<typeof PoliciesFile>;
export const PoliciesFile = z.strictObject({
  /** The first that matches decides. */
  rules: z
    .array(
      z.strictObject({
        id: Id,
        risk: Risk,
        system: Id.optional(),
        environment: Id.optional(),
        protectedOnly: z.boolean().default(false),
        mayAsk: z.array(Id).min(1, 'Somebody must be able to ask.'),
        mayApprove: z.array(Id).default([]),
        approvals: z.int().min(0).max(5),
        ownerAmongThem: z.boolean().default(false),
        confirm: z.boolean().default(true),
        typedConfirmation: z.boolean().default(false),
        expiresAfter: Duration,
      }),
    )
    .min(1, 'There must be at least one rule.'),
  holds: z.strictObject({ freeze: Entitled, freezeAll: Entitled, override: Entitled }).default({ freeze: ['owners'], freezeAll: ['owners'], override: ['owners'] }),
});

export type DefaultsFile = z.output<typeof DefaultsFile>;
export const DefaultsFile = z.strictObject({
  timezone: TimeZone,
  businessHours: BusinessHoursEntry,
  severities: z.array(SeverityEntry).min(1),
  severityMap: SeverityMapEntry,
  verbSeverity: VerbSeverity,
  escalation: EscalationEntry,
  comms: CommsEntry,
  reviewEvery: Duration,
  /** Between two runs of the same write action. */
  cooldown: Duration,
  templates: byId(z.string().min(1).max(3000)).default({}),
});
