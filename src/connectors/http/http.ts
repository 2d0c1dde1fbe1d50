import { lookup as resolveName, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, request, type Dispatcher } from 'undici';
import type { HttpAnswer } from '../../actions/http/answer.ts';
import type { HttpPort, UrlTarget } from '../../actions/ports.ts';
import { systemClock, type Clock } from '../../support/clock.ts';
import { StockOpsError } from '../../support/errors.ts';
import { redactTo } from '../../support/redact/redact.ts';
import { parseWebAddress } from '../../support/web-address.ts';
import { isPublicAddress } from './private-addresses.ts';

export interface HttpOptions {
  /** Hosts in private networks that may be asked: the services of this very installation. All others must be public. */
  readonly allowPrivate?: (hostname: string) => boolean;
  readonly timeoutMs?: number;
  /** For the time an answer took. */
  readonly clock?: Clock;
  /** How names become addresses; tests bring their own. */
  readonly resolve?: (hostname: string) => Promise<readonly LookupAddress[]>;
}

export interface OpenHttpPort extends HttpPort {
  close(): Promise<void>;
}

const largestBodyBytes = 64 * 1024;

/**
 * Asks addresses of the catalog. A name is resolved once, its address checked, and the connection made to that address, so a
 * name that points elsewhere a moment later gains nothing (GUARANTEES T-11).
 */
export function createHttpPort(options: HttpOptions = {}): OpenHttpPort {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const clock = options.clock ?? systemClock;
  const allowPrivate = options.allowPrivate ?? (() => false);
  const resolve = options.resolve ?? systemResolve;

  const lookup: LookupFunction = (hostname, { all }, callback) => {
    const refuse = () => callback(new StockOpsError('PROBE_FAILED', `${hostname} is not a public address and is not among the services that may be asked.`), []);
    resolve(hostname).then(
      (found) => {
        const allowed = allowPrivate(hostname) ? found : found.filter(({ address }) => isPublicAddress(address));
        const [first] = allowed;
        // One private address among public ones is as suspicious as only private ones.
        if (first === undefined || allowed.length < found.length) return refuse();
        return all ? callback(null, [...allowed]) : callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, []),
    );
  };
  const agent = new Agent({ connect: { lookup, timeout: timeoutMs }, headersTimeout: timeoutMs, bodyTimeout: timeoutMs, maxHeaderSize: 16 * 1024 });

  async function ask(url: URL, method: 'GET' | 'HEAD', signal: AbortSignal): Promise<HttpAnswer> {
    const startedAt = clock.now();
    const answer = await request(url, { method, dispatcher: agent, signal, headers: { 'user-agent': 'stockops-probe', accept: 'application/json, text/plain, */*' } });
    const { body, isBodyCut } = await readBody(answer.body);
    return {
      method,
      status: answer.statusCode,
      contentType: headerOf(answer.headers, 'content-type'),
      body,
      isBodyCut,
      location: headerOf(answer.headers, 'location'),
      totalMs: clock.now().getTime() - startedAt.getTime(),
    };
  }

  return {
    probe: async (target: UrlTarget, signal) => {
      const url = checkedUrl(target.url, allowPrivate);
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      try {
        const answer = await ask(url, target.method, deadline);
        // Many servers know no HEAD, and then say nothing about the service.
        return target.method === 'HEAD' && (answer.status === 405 || answer.status === 501) ? await ask(url, 'GET', deadline) : answer;
      } catch (error) {
        if (error instanceof StockOpsError) throw error;
        throw new StockOpsError('PROBE_FAILED', signal.aborted ? 'The question was given up.' : reasonOf(error, timeoutMs), { cause: error });
      }
    },
    close: () => agent.close(),
  };
}

/**
 * Without TLS only what is listed is asked: on the way to anything else, anybody could answer in its place. An address instead of a name never reaches
 * `lookup`, so it is judged here; the URL parser has made one form of all its spellings.
 */
function checkedUrl(text: string, isListed: (hostname: string) => boolean): URL {
  const url = parseWebAddress(text);
  if (url === null) throw new StockOpsError('NOT_CONFIGURED', 'An address to ask begins with https:// or http://, and holds neither a user nor a password.');
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  if (isListed(hostname)) return url;
  if (isIP(hostname) !== 0 && !isPublicAddress(hostname)) throw new StockOpsError('PROBE_FAILED', `${hostname} is not a public address and is not among the services that may be asked.`);
  if (url.protocol === 'http:') throw new StockOpsError('NOT_CONFIGURED', `${hostname} is asked over https only, unless STOCKOPS_PRIVATE_HOSTS lists it.`);
  return url;
}

function systemResolve(hostname: string): Promise<readonly LookupAddress[]> {
  return new Promise((resolve, reject) => resolveName(hostname, { all: true }, (error, found) => (error ? reject(error) : resolve(found))));
}

async function readBody(stream: Dispatcher.ResponseData['body']): Promise<{ body: string; isBodyCut: boolean }> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of stream as AsyncIterable<Buffer>) {
    parts.push(part);
    bytes += part.length;
    if (bytes > largestBodyBytes) break;
  }
  return { body: Buffer.concat(parts).subarray(0, largestBodyBytes).toString(), isBodyCut: bytes > largestBodyBytes };
}

function headerOf(headers: Record<string, string | string[] | undefined>, name: string): string | null {
  const value = headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? null;
}

function reasonOf(error: unknown, timeoutMs: number): string {
  const { code, name, message } = error as { code?: string; name?: string; message?: string };
  if (name === 'TimeoutError' || code?.endsWith('_TIMEOUT')) return `No answer within ${timeoutMs / 1000} s.`;
  if (code === 'ECONNREFUSED') return 'The connection was refused.';
  if (code === 'ENOTFOUND') return 'There is no such host name.';
  return redactTo(message || code || 'No reason was given.', 300);
}
