import type { IncomingMessage } from 'node:http';

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]']);

function nameOf(host: string): string {
  return host.replace(/:\d+$/, '').toLowerCase();
}

/**
 * Whether a request comes from this machine's own pages and programs. A page of some other site can make a browser send
 * requests here (its name resolves to 127.0.0.1, or it just posts), but it cannot make the browser lie about Host and Origin.
 */
export function isFromLoopback(request: IncomingMessage): boolean {
  const host = request.headers.host;
  if (host === undefined || !loopbackNames.has(nameOf(host))) return false;
  const { origin } = request.headers;
  if (origin === undefined) return true;
  return URL.canParse(origin) && loopbackNames.has(nameOf(new URL(origin).host));
}
