import type { IncomingMessage, ServerResponse } from 'node:http';
import { isObject } from '../block-kit/schema.ts';
import type { JsonObject } from '../block-kit/schema.ts';

const maximumBytes = 64 * 1024 * 1024;

export class BodyTooLarge extends Error {}

export async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > maximumBytes) throw new BodyTooLarge();
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

/** Arguments of a call: from the query, from a form or from JSON. `null` for JSON that is none. */
export function readArguments(request: IncomingMessage, url: URL, body: Buffer): JsonObject | null {
  const fromQuery = Object.fromEntries(url.searchParams);
  if (body.length === 0) return fromQuery;
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim();
  if (type !== 'application/json') return { ...fromQuery, ...Object.fromEntries(new URLSearchParams(body.toString())) };
  const parsed = parseJson(body.toString());
  return isObject(parsed) ? { ...fromQuery, ...parsed } : null;
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function sendJson(response: ServerResponse, status: number, value: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(value));
}
