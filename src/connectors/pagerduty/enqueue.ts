import type { PageEvent } from '../../escalation/pagerduty-port.ts';
import { sha256, type Json } from '../../support/json.ts';

// Limits of the Events API v2, in characters as PagerDuty counts them and in bytes of the body.
const longestSummary = 1024;
const longestDedupKey = 255;
const largestBodyBytes = 512 * 1024;

/** The body of `POST /v2/enqueue`. Whatever the event holds, the result keeps PagerDuty's limits; what had to be left out says so. */
export function enqueueBody(event: PageEvent): string {
  const whole = JSON.stringify(enqueueEvent(event, event.customDetails));
  if (Buffer.byteLength(whole) <= largestBodyBytes) return whole;
  const details = { left_out: `The details were ${Buffer.byteLength(whole)} bytes; PagerDuty takes ${largestBodyBytes}.` };
  return JSON.stringify(enqueueEvent({ ...event, source: shorten(event.source, longestSummary), links: event.links.slice(0, 10) }, details));
}

/** PagerDuty folds events whose keys are equal, so a key that is too long is replaced by its hash, never cut. */
export function dedupKeyFor(dedupKey: string): string {
  return dedupKey.length <= longestDedupKey ? dedupKey : `sha256:${sha256(dedupKey)}`;
}

function enqueueEvent(event: PageEvent, customDetails: { readonly [name: string]: Json }) {
  const address = { routing_key: event.routingKey, event_action: event.action, dedup_key: dedupKeyFor(event.dedupKey) };
  if (event.action !== 'trigger') return address;
  return {
    ...address,
    payload: {
      summary: shorten(event.summary.trim(), longestSummary) || 'No summary was given',
      source: event.source || 'stockops',
      severity: event.severity,
      timestamp: event.timestamp.toISOString(),
      component: event.component && shorten(event.component, longestSummary),
      group: event.group && shorten(event.group, longestSummary),
      class: event.class && shorten(event.class, longestSummary),
      custom_details: customDetails,
    },
    links: event.links.filter((link) => isWebAddress(link.href)).map((link) => ({ href: link.href, text: shorten(link.text, longestSummary) })),
    client: 'StockOps',
  };
}

/** Cuts between characters, not inside one: half a surrogate pair would be refused as invalid JSON text by some readers. */
function shorten(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const cut = text.slice(0, longest - 1);
  return `${isHighSurrogate(cut.charCodeAt(cut.length - 1)) ? cut.slice(0, -1) : cut}…`;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isWebAddress(href: string): boolean {
  return URL.canParse(href) && ['http:', 'https:'].includes(new URL(href).protocol) && href.length <= 2048;
}
