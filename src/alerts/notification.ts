import { z } from 'zod';

/**
 * One webhook of Alertmanager, version 4, parsed at the door. Unknown fields are dropped; what is known is held to its type.
 */

/** JSON can spell what neither UTF-8 nor PostgreSQL can hold: NUL and half a surrogate pair. Each becomes U+FFFD. */
const wellFormed = (text: string): string => text.toWellFormed().replaceAll('\u0000', '\uFFFD');
const Text = z.string().transform(wellFormed);

/** A map without a prototype, so a label called `__proto__` is only a label (GUARANTEES T-24). */
const Labels = z.unknown().transform((value, context): Record<string, string> => {
  const labels = Object.create(null) as Record<string, string>;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    context.addIssue({ code: 'custom', message: 'expected a map of texts' });
    return labels;
  }
  for (const [name, text] of Object.entries(value)) {
    if (typeof text === 'string') labels[wellFormed(name)] = wellFormed(text);
    else context.addIssue({ code: 'custom', message: `${name.slice(0, 100)} is not a text` });
  }
  return labels;
});

// PostgreSQL and JavaScript both count the years 1 to 9999; what is outside of them was meant by nobody.
const yearOne = Date.parse('0001-01-01T00:00:00Z');
const endOfYear9999 = Date.parse('9999-12-31T23:59:59.999Z');
const Timestamp = z.iso.datetime({ offset: true }).transform((text, context): Date => {
  const at = new Date(text);
  if (!(at.getTime() >= yearOne && at.getTime() <= endOfYear9999)) context.addIssue({ code: 'custom', message: 'is outside of the years 1 to 9999' });
  return at;
});

export type Alert = z.output<typeof Alert>;
export const Alert = z.object({
  status: z.enum(['firing', 'resolved']),
  labels: Labels,
  annotations: Labels.default(() => Object.create(null) as Record<string, string>),
  startsAt: Timestamp,
  /** `0001-01-01T00:00:00Z` while firing. */
  endsAt: Timestamp,
  generatorURL: Text.default(''),
  /** 16 hex digits over the labels alone: the same alert tomorrow has the same one. */
  fingerprint: z.string().min(1).max(128).transform(wellFormed),
});

export type AlertGroup = z.output<typeof AlertGroup>;
export const AlertGroup = z.object({
  version: z.literal('4'),
  groupKey: z.string().min(1).transform(wellFormed),
  truncatedAlerts: z.number().int().nonnegative().max(1_000_000_000).default(0),
  status: z.enum(['firing', 'resolved']),
  receiver: z.string(),
  groupLabels: Labels,
  commonLabels: Labels,
  commonAnnotations: Labels,
  externalURL: Text.default(''),
  /** Why it was sent, in words, since Alertmanager 0.32. */
  notification_reason: z.string().default(''),
  alerts: z.array(z.unknown()),
});
