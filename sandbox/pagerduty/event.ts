import { z } from 'zod';

/** One event as the Events API v2 takes it. Everything that PagerDuty documents as wrong is refused here; unknown fields pass, as they do there. */
const Payload = z.object({
  summary: z.string().min(1).max(1024),
  source: z.string().min(1),
  severity: z.enum(['critical', 'error', 'warning', 'info']),
  timestamp: z.iso.datetime({ offset: true }).optional(),
  component: z.string().optional(),
  group: z.string().optional(),
  class: z.string().optional(),
  custom_details: z.unknown().optional(),
});

const WebAddress = z.url({ protocol: /^https?$/ });

const Common = z.object({
  routing_key: z.string().length(32),
  client: z.string().optional(),
  client_url: WebAddress.optional(),
  links: z.array(z.object({ href: WebAddress, text: z.string().optional() })).optional(),
  images: z.array(z.object({ src: z.string().regex(/^https:\/\//), href: z.string().optional(), alt: z.string().optional() })).optional(),
});

export type EnqueueEvent = z.output<typeof EnqueueEvent>;
export const EnqueueEvent = z.discriminatedUnion('event_action', [
  Common.extend({ event_action: z.literal('trigger'), dedup_key: z.string().max(255).optional(), payload: Payload }),
  Common.extend({ event_action: z.literal('acknowledge'), dedup_key: z.string().min(1).max(255) }),
  Common.extend({ event_action: z.literal('resolve'), dedup_key: z.string().min(1).max(255) }),
]);

export const largestEventBytes = 512 * 1024;

export type ReadEvent = { readonly status: 'read'; readonly event: EnqueueEvent } | { readonly status: 'refused'; readonly answer: { status: string; message: string; errors: string[] } };

export function readEvent(body: Buffer): ReadEvent {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    return { status: 'refused', answer: { status: 'Unrecognized object', message: 'Event object format is unrecognized', errors: ['JSON parse error'] } };
  }
  const parsed = EnqueueEvent.safeParse(value);
  if (parsed.success) return { status: 'read', event: parsed.data };
  const errors = parsed.error.issues.map((issue) => `'${issue.path.join('.') || 'event'}' is invalid (${issue.message})`);
  return { status: 'refused', answer: { status: 'invalid event', message: 'Event object is invalid', errors } };
}
