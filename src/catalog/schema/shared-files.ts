/** The three files that all systems share: `roles.yaml`, `policies.yaml`, `defaults.yaml`. */
import { z } from 'zod';
import { isPersonId } from '../../support/ids.ts';
import { CommsEntry, EscalationEntry, SeverityEntry, SeverityMapEntry, VerbSeverity } from './alerting.ts';
import { demandWords, readDemand } from '../conditions.ts';
import { BusinessHoursEntry } from './system-file.ts';
import { Channel, Duration, Id, Line, Rank, Risk, SettingName, TimeZone, byId } from './words.ts';

/** Who is who, by group and schedule. No names of people, no addresses, no phones: PagerDuty knows those. */
export type RolesFile = z.output<typeof RolesFile>;
const SlackUser = z.string().refine(isPersonId, 'Not the id of a Slack user.');

export const RolesFile = z.strictObject({
  roles: byId(
    z.strictObject({
      name: Line,
      /** Handle of a Slack user group, without `@`. */
      slackGroup: z.string().regex(/^[a-z0-9][a-z0-9_.-]{0,79}$/, 'Not the handle of a Slack group: without @, lower-case.').optional(),
      pagerdutySchedule: z.string().regex(/^P[A-Z0-9]{6,13}$/, 'Not the id of a PagerDuty schedule: PXXXXXX.').optional(),
      /** Name of the setting with the routing key of the role's own PagerDuty service. Without it, the role is paged through the system's. */
      routingKeySetting: SettingName.optional(),
      slackUsers: z.array(SlackUser).default([]),
    }),
  ),
  /** Accounts of one person, where their addresses in Slack do not say so: they count once (T-14). */
  samePerson: z.array(z.array(SlackUser).min(2, 'Name at least two accounts.')).default([]),
});

const Entitled = z.array(Id).min(1, 'Somebody must be able to.');

export type PoliciesFile = z.output<typeof PoliciesFile>;
export const PoliciesFile = z.strictObject({
  /** Shared with another organisation, and changes may be asked for there all the same. */
  sharedChannels: z.array(Channel).default([]),
  /** The first that matches decides. */
  rules: z
    .array(
      z
        .strictObject({
          id: Id,
          risk: Risk,
          system: Id.optional(),
          environment: Id.optional(),
          protectedOnly: z.boolean().default(false),
          /** All must be so: `[outsideBusinessHours, not openIncidentOfRank1]`. */
          when: z.array(z.enum(demandWords).transform(readDemand)).default([]),
          /** Where this rule decides nobody may, and why, as it follows "because": `it needs a maintenance window`. */
          refuse: Line.optional(),
          mayAsk: z.array(Id).default([]),
          mayApprove: z.array(Id).default([]),
          approvals: z.int().min(0).max(5).optional(),
          ownerAmongThem: z.boolean().default(false),
          confirm: z.boolean().default(true),
          typedConfirmation: z.boolean().default(false),
          expiresAfter: Duration.optional(),
          cooldown: Duration.optional(),
          /** Never, unless it is stated: for what is destructive, too. */
          breakGlass: z.strictObject({ openIncidentOfRank: Rank }).optional(),
        })
        .superRefine((rule, context) => {
          if (rule.refuse !== undefined) {
            if (rule.mayAsk.length > 0) context.addIssue({ code: 'custom', path: ['mayAsk'], message: 'A rule that refuses has nobody who may ask.' });
            return;
          }
          if (rule.mayAsk.length === 0) context.addIssue({ code: 'custom', path: ['mayAsk'], message: 'Somebody must be able to ask.' });
          for (const key of ['approvals', 'expiresAfter'] as const) if (rule[key] === undefined) context.addIssue({ code: 'custom', path: [key], message: `"${key}" is missing.` });
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
