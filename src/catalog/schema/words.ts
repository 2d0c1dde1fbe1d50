/** The small types that the files are made of. Each refuses with a sentence that says what would fit. */
import { z } from 'zod';
import { parseDuration } from '../duration.ts';
import type { Json } from '../../support/json.ts';
import { parseWebAddress } from '../../support/web-address.ts';

/** `stock-service`: what is typed in commands and written into metrics and keys. */
export const Id = z.string().regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'Not an id: lower-case letters, digits and single hyphens, beginning with a letter.').max(63, 'An id has at most 63 letters.');

/** A parameter of a primitive: `replicas`, `tagPattern`. */
export const ParameterName = z.string().regex(/^[a-z][A-Za-z0-9-]*$/, 'Not the name of a parameter.').max(63, 'A name has at most 63 letters.');

/** One line of text that people read. */
export const Line = z
  .string()
  .min(1, 'Must not be empty.')
  .max(300, 'At most 300 characters.')
  .regex(/^[^\n\r]*$/, 'One line only.');

/** `30s`, `5m`, `2h`, `90d`: milliseconds in the code. */
export const Duration = z.string('Not a duration: write it like 30s, 5m, 2h or 90d.').transform((text, context) => {
  const ms = parseDuration(text);
  if (ms !== null) return ms;
  context.addIssue({ code: 'custom', message: `"${text}" is not a duration: write it like 30s, 5m, 2h or 90d.` });
  return z.NEVER;
});

/** A label in the sense of DNS: names of namespaces, workloads, releases, Compose projects. Nothing that a path or a flag could be made of. */
export const ObjectName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'Not a name of Kubernetes or Compose: lower-case letters, digits, dots and hyphens.')
  .max(253, 'At most 253 characters.');

export const ContextName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.@:/-]{0,252}$/, 'Not the name of a kubeconfig context.');

/** `app=stock-api` or `app.kubernetes.io/name=stock-service,tier=web`: equality only. */
export const Selector = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_./-]*=[A-Za-z0-9_.-]+(,[A-Za-z0-9][A-Za-z0-9_./-]*=[A-Za-z0-9_.-]+)*$/, 'Not a label selector: write it like app=stock-api.');

/** Absolute http(s) address without user and password. */
export const Url = z.string().refine(isPlainUrl, 'Not an http(s) address, or it holds a password.');

/** Like `Url`; may begin with `{baseUrl}`, which each environment fills in. */
export const UrlTemplate = z
  .string()
  .refine((text) => isPlainUrl(text.replace(/^\{baseUrl\}(?=\/)/, 'http://base')), 'Not an http(s) address; it may begin with {baseUrl}/.');

function isPlainUrl(text: string): boolean {
  return !/[{}]/.test(text) && parseWebAddress(text) !== null;
}

export const TimeZone = z.string().refine(isTimeZone, 'Not a known time zone: write it like UTC or Europe/Berlin.');

function isTimeZone(text: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return true;
  } catch {
    return false;
  }
}

export const TimeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'Not a time of day: write it like "09:00".');

export const Channel = z.string().regex(/^(#[a-z0-9][a-z0-9_-]{0,79}|C[A-Z0-9]{8,})$/, 'Not a channel: write it like "#alerts", in quotes.');

/** `P1`, `P1 Critical`: the system's own word. */
export const SeverityLabel = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,31}$/, 'Not a severity label: up to 32 letters, digits and spaces.');

export const Rank = z.literal([1, 2, 3, 4], 'A rank is 1 (worst), 2, 3 or 4.');

export const Risk = z.enum(['read', 'low', 'high', 'destructive']);

export const LabelName = z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'Not a label name.');

/** Name of a setting (environment variable). The value never stands in these files. */
export const SettingName = z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'Not the name of a setting: write it like PAGERDUTY_ROUTING_KEY_STOCK_SERVICE.');

/** A regular expression that must match the whole text: `^…$`. An unanchored one would let through whatever stands around the match. */
export const AnchoredPattern = z.string().superRefine((text, context) => {
  if (!/^\^[^]*\$$/.test(text) || text.endsWith('\\$')) context.addIssue({ code: 'custom', message: 'The pattern must match from beginning to end: write ^ in front and $ behind.' });
  else if (hasLooseAlternative(text)) context.addIssue({ code: 'custom', message: 'An alternative of this pattern is not anchored: put the alternatives in a group, ^(…|…)$.' });
  try {
    new RegExp(text, 'u');
  } catch {
    context.addIssue({ code: 'custom', message: 'Not a regular expression.' });
  }
});

/** `^a|b$` is `^a` or `b$`: a bar outside of every group and class. */
function hasLooseAlternative(pattern: string): boolean {
  let depth = 0;
  let inClass = false;
  for (let index = 0; index < pattern.length; index += 1) {
    const letter = pattern[index];
    if (letter === '\\') index += 1;
    else if (inClass) inClass = letter !== ']';
    else if (letter === '[') inClass = true;
    else if (letter === '(') depth += 1;
    else if (letter === ')') depth -= 1;
    else if (letter === '|' && depth === 0) return true;
  }
  return false;
}

/** Any value that JSON has. */
export const JsonValue: z.ZodType<Json> = z.json();

/** A record whose keys are ids. */
export function byId<T extends z.ZodType>(value: T) {
  return z.record(Id, value);
}
