import type { System } from '../../src/catalog/system.ts';
import type { Containers } from './parts.ts';

/** How a system that runs in containers stands: its default component answers for it, and says whether what it needs is there. */
export function containerStates(
  system: System,
  docker: Containers | undefined,
): { readonly instances: readonly ('ready' | 'failing')[]; readonly health?: Readonly<Record<string, boolean>> } {
  const components = [...system.components.values()].filter(({ containerName }) => containerName !== undefined);
  if (components.length === 0) return { instances: ['ready'] };
  const isUp = (name: string | undefined) => docker === undefined || docker.list().some((container) => container.name === name && container.state === 'running' && container.health !== 'unhealthy');
  const isRunning = (name: string | undefined) => docker === undefined || docker.list().some((container) => container.name === name && container.state === 'running');
  const main = components.find(({ isDefault }) => isDefault) ?? components[0];
  const broker = components.find(({ name }) => name === 'kafka');
  if (!isRunning(main?.containerName)) return { instances: [] };
  const kafkaConnected = broker === undefined || isUp(broker.containerName);
  const modelLoaded = isUp(main?.containerName);
  return { instances: [kafkaConnected && modelLoaded ? 'ready' : 'failing'], health: { model_loaded: modelLoaded, kafka_connected: kafkaConnected } };
}
