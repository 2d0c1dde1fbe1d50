import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** As much as Bolt reads. */
const largestBodyBytes = 4 * 1024 * 1024;

export function signatureOf(secret: string, timestamp: string, body: Buffer): string {
  return `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')}`;
}

/**
 * Whether Slack has signed this with one of the secrets that are valid now: two are, while one replaces the other (T-17). Header by header as they came: one
 * of each, or it is refused (T-02). How old it is, is judged elsewhere.
 */
export function isSignedWith(secrets: readonly string[], request: Pick<IncomingMessage, 'headersDistinct'>, body: Buffer): boolean {
  const [timestamp, ...otherTimestamps] = request.headersDistinct['x-slack-request-timestamp'] ?? [];
  const [signature, ...otherSignatures] = request.headersDistinct['x-slack-signature'] ?? [];
  if (timestamp === undefined || signature === undefined || otherTimestamps.length > 0 || otherSignatures.length > 0) return false;
  const given = Buffer.from(signature);
  return secrets
    .filter((secret) => secret !== '')
    .map((secret) => Buffer.from(signatureOf(secret, timestamp, body)))
    .some((expected) => expected.length === given.length && timingSafeEqual(expected, given));
}

/** The body as it came, or `null` where it is larger than any of Slack's. */
export async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > largestBodyBytes) return null;
    parts.push(part);
  }
  return Buffer.concat(parts);
}
