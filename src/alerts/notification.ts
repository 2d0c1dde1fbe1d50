import { z } from 'zod';

/**
 * One webhook of Alertmanager, version 4 (CONTRACTS B1), parsed at the door. Unknown fields are dropped; what is known is held to its type.
 * Labels become maps without a prototype, so a label called `__proto__` is only a label (GUARANTEES T-24).
 */
const Labels = z.record(z.string(), z.string()).transform((labels) => Object.assign(Object.create(null) as Record<string, string>, labels));
const Timestamp = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

export type Alert = z.output<typeof Alert>;
export const Alert = z.object({
  status: z.enum(['firing', 'resolved']),
  labels: Labels,
  annotations: Labels.default(() => Object.create(null) as Record<string, string>),
  startsAt: Timestamp,
  /** `0001-01-01T00:00:00Z` while firing. */
  endsAt: Timestamp,
  generatorURL: z.string().default(''),
  /** 16 hex digits over the labels alone: the same alert tomorrow has the same one. */
  fingerprint: z.string().min(1).max(128),
});

export type AlertGroup = z.output<typeof AlertGroup>;
export const AlertGroup = z.object({
  version: z.literal('4'),
  groupKey: z.string().min(1),
  truncatedAlerts: z.number().int().nonnegative().default(0),
  status: z.enum(['firing', 'resolved']),
  receiver: z.string(),
  groupLabels: Labels,
  commonLabels: Labels,
  commonAnnotations: Labels,
  externalURL: z.string().default(''),
  alerts: z.array(z.unknown()),
});
