import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

export interface Target {
  readonly url: string;
  readonly token: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 256 });

/** Sends one webhook. @returns the status */
export function send({ url, token }: Target, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** As Alertmanager does: what is answered 503 comes again a little later. @returns how often it was refused */
export async function sendUntilTaken(target: Target, body: string): Promise<number> {
  for (let refused = 0; ; refused += 1) {
    const status = await send(target, body);
    if (status === 200) return refused;
    if (status !== 503) throw new Error(`The bot answered ${status} to a webhook.`);
    await pause(Math.min(5_000, 500 * 1.5 ** refused));
  }
}

/**
 * Sends at a steady rate, whatever the answers do, and measures from the moment at which each was due: so a server that stands still for a second is
 * seen by everything that would have come in that second.
 */
export async function steadily(target: Target, bodies: readonly string[], perSecond: number): Promise<number[]> {
  const start = performance.now();
  return Promise.all(
    bodies.map(async (body, index) => {
      const dueAt = start + (index * 1_000) / perSecond;
      await pause(Math.max(0, dueAt - performance.now()));
      const status = await send(target, body);
      if (status !== 200) throw new Error(`A webhook was answered ${status} at ${perSecond} per second.`);
      return performance.now() - dueAt;
    }),
  );
}

/** Sends as fast as `atOnce` senders get their answers. @returns webhooks per second */
export async function asFastAsTaken(target: Target, bodies: readonly string[], atOnce: number): Promise<number> {
  const start = performance.now();
  const left = [...bodies];
  const sender = async () => {
    for (let body = left.pop(); body !== undefined; body = left.pop()) {
      const status = await send(target, body);
      if (status !== 200) throw new Error(`A webhook was answered ${status}.`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, sender));
  return (bodies.length * 1_000) / (performance.now() - start);
}
