import { redact } from './redact/redact.ts';

/** Before the cut, so much more is looked at: a secret that the cut would halve is known while it is whole. */
const marginBytes = 64 * 1024;

/**
 * The last `maxBytes` of a text, 64 KiB unless told, without secrets, begun at a whole line where there is one: of a log, the end says why. Hidden first and
 * cut then, because half a secret has no form to be known by (T-09).
 */
export function lastBytes(text: string, maxBytes = 64 * 1024): string {
  const looked = endOf(text, maxBytes + marginBytes);
  // Where even this had to be cut, its first word may be the end of a secret.
  const whole = looked.length === text.length ? looked : looked.replace(/^[^\s,;&{}]+/, '');
  return endOf(redact(whole), maxBytes);
}

function endOf(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  const end = bytes.subarray(bytes.length - maxBytes).toString();
  const firstBreak = end.indexOf('\n');
  return firstBreak === -1 || firstBreak === end.length - 1 ? end : end.slice(firstBreak + 1);
}
