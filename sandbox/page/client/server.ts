/** The page's way to its two servers. Every failure is thrown with a sentence that can be shown. */

/** What the server wrote into the head of the page. */
export function settingOf(name: 'slack-url' | 'world-url' | 'first-person'): string {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? '';
}

export function urlOf(path: string): string {
  return settingOf(path.startsWith('/world/') ? 'world-url' : 'slack-url').replace(/\/$/, '') + path;
}

export async function getJson<T>(path: string): Promise<T> {
  return answerOf<T>(await fetch(urlOf(path)).catch(unreachable), path);
}

export async function postJson<T = unknown>(path: string, body: unknown): Promise<T> {
  const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  return answerOf<T>(await fetch(urlOf(path), request).catch(unreachable), path);
}

function unreachable(): never {
  throw new Error('The sandbox does not answer. Is it still running?');
}

async function answerOf<T>(response: Response, path: string): Promise<T> {
  const text = await response.text();
  const answer: unknown = text === '' ? null : parse(text);
  if (response.ok) return answer as T;
  const reason = isRecord(answer) ? (answer['message'] ?? answer['error']) : undefined;
  throw new Error(typeof reason === 'string' ? reason : `${path} answered ${response.status}.`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Listens until closed. The browser reconnects by itself; `onOpen` runs on every connection, so that what was missed is read again. */
export function listen<T>(path: string, on: { open(): void; lost(): void; event(event: T): void }): () => void {
  let source: EventSource | undefined;

  function open(): void {
    source = new EventSource(urlOf(path));
    source.onopen = () => on.open();
    source.onerror = () => on.lost();
    source.onmessage = (message: MessageEvent<string>) => {
      const event = parse(message.data);
      if (isRecord(event)) on.event(event as T);
    };
  }
  // A browser keeps six connections to one server for all its tabs; tabs that nobody sees must not use them up.
  function follow(): void {
    source?.close();
    if (!document.hidden) open();
  }

  follow();
  document.addEventListener('visibilitychange', follow);
  return () => {
    document.removeEventListener('visibilitychange', follow);
    source?.close();
  };
}
