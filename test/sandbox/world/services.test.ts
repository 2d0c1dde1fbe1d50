/** Goal: a probe sees what stands behind the address. Method: requests to the stand-in of the services. */
import { expect, test } from 'vitest';
import { startServices, type ServiceState } from '../../../sandbox/services/services.ts';

test('with 2 of 3 instances failing, 2 of 3 requests fail', async () => {
  await using services = await startServices();
  let state: ServiceState = { instances: ['ready', 'failing', 'failing'], version: '2.4.1' };
  services.show('stock-service', 'production', () => state);
  const statuses = async (count: number) => Promise.all(Array.from({ length: count }, async () => (await fetch(`${services.urlOf('stock-service', 'production')}/health`)).status));
  expect((await statuses(6)).sort()).toEqual([200, 200, 503, 503, 503, 503]);
  state = { ...state, instances: ['ready'] };
  expect(await statuses(2)).toEqual([200, 200]);
  state = { ...state, instances: [] };
  expect(await statuses(1)).toEqual([503]);
});

test('health, version and metrics say what the service says of itself', async () => {
  await using services = await startServices();
  services.show('crypto-volatility', 'production', () => ({ instances: ['ready'], version: '2.0', health: { model_loaded: true }, about: { model_variant: 'ml' }, metrics: { kafka_consumer_lag: 12 } }));
  const base = services.urlOf('crypto-volatility', 'production');
  expect(await (await fetch(`${base}/health`)).json()).toEqual({ status: 'healthy', model_loaded: true });
  expect(await (await fetch(`${base}/version`)).json()).toEqual({ version: '2.0', model_variant: 'ml' });
  expect(await (await fetch(`${base}/metrics`)).text()).toContain('kafka_consumer_lag 12\n');
  expect((await fetch(`${services.url}/unknown/production/health`)).status).toBe(404);
});

test('addresses outside answer, refuse or break as told', async () => {
  await using services = await startServices();
  const address = services.outsideUrlOf('https://api.polygon.io/v1/marketstatus/now');
  expect((await fetch(address, { method: 'HEAD' })).status).toBe(200);
  services.outside('api.polygon.io', 503);
  expect((await fetch(address)).status).toBe(503);
  services.outside('api.polygon.io', undefined);
  await expect(fetch(address)).rejects.toThrow('fetch failed');
});
