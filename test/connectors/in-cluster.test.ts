/**
 * Goal: in a pod, without a kubeconfig, the bot is the pod's service account: by the files that Kubernetes mounts, over TLS that is checked.
 * Method: the mounted files in a folder, and a server with a certificate of its own.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { createKubernetesPort } from '../../src/connectors/kubernetes/kubernetes.ts';
import { target } from '../actions/samples.ts';
import { certificateForLoopback } from '../harness/certificate.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function pod() {
  const { key, cert } = certificateForLoopback();
  const seen: (string | undefined)[] = [];
  const server = createServer({ key, cert }, (request, response) => {
    seen.push(request.headers.authorization);
    response.end('{"items":[]}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const root = await mkdtemp(join(tmpdir(), 'stockops-pod-'));
  cleanups.push(() => rm(root, { recursive: true }));
  const mounted = join(root, 'var/run/secrets/kubernetes.io/serviceaccount');
  await mkdir(mounted, { recursive: true });
  await writeFile(join(mounted, 'token'), 'first');
  await writeFile(join(mounted, 'ca.crt'), cert);
  await writeFile(join(mounted, 'namespace'), 'stockops');
  vi.stubEnv('KUBERNETES_SERVICE_HOST', '127.0.0.1');
  vi.stubEnv('KUBERNETES_SERVICE_PORT', String((server.address() as AddressInfo).port));
  const kubernetes = createKubernetesPort({ fileSystemRoot: root });
  cleanups.push(() => kubernetes.close());
  return { seen, mounted, kubernetes, inside: { ...target, context: 'in-cluster' }, soon: AbortSignal.timeout(10_000) };
}

test('the token and the authority that Kubernetes mounts are enough, and a rotated token counts from the next request on (T-17)', async () => {
  const { seen, mounted, kubernetes, inside, soon } = await pod();
  await kubernetes.pods(inside, soon);
  await writeFile(join(mounted, 'token'), 'second');
  await kubernetes.pods(inside, soon);
  expect(seen).toEqual(['Bearer first', 'Bearer second']);
});

test('a server that another authority vouches for is told nothing', async () => {
  const { seen, mounted, kubernetes, inside, soon } = await pod();
  await writeFile(join(mounted, 'ca.crt'), certificateForLoopback().cert);
  await expect(kubernetes.pods(inside, soon)).rejects.toMatchObject({ code: 'KUBERNETES_UNREACHABLE' });
  expect(seen).toEqual([]);
});

test('another context is named as missing, so that nothing meant for one cluster reaches another', async () => {
  const { seen, kubernetes, soon } = await pod();
  await expect(kubernetes.pods(target, soon)).rejects.toMatchObject({ code: 'NOT_CONFIGURED', message: expect.stringContaining('it has in-cluster') as string });
  expect(seen).toEqual([]);
});
