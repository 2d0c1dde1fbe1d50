/** A write of each family that there is, as a person asks for it. */
import { updateContainer } from '../../sandbox/docker/docker-state.ts';
import type { StandIns } from '../../sandbox/stand-ins.ts';

export const families = ['k8s.scale', 'k8s.restart', 'k8s.undo', 'k8s.setImage', 'helm.upgrade', 'helm.rollback', 'compose.restart', 'compose.stop', 'compose.start'] as const;
export type Family = (typeof families)[number];

export interface Wish {
  readonly command: string;
  readonly channel: string;
  /** Makes the outside such that there is something to do. */
  readonly prepare?: (standIns: StandIns) => void;
}

/** @param turn counts the wishes of the family, so that each of them changes something */
export function wishFor(family: Family, turn: number): Wish {
  const either = (one: string, other: string): string => (turn % 2 === 0 ? one : other);
  switch (family) {
    case 'k8s.scale':
      return { command: `mystocks scale ${either('4', '5')}`, channel: 'mystocks' };
    case 'k8s.restart':
      return { command: 'stock-api restart', channel: 'stock-api' };
    case 'k8s.undo':
      return { command: 'analysis rollback frontend', channel: 'stock-analysis' };
    case 'k8s.setImage':
      return { command: `mystocks deploy ${either('v1.0.0', 'v1.0.1')}`, channel: 'mystocks' };
    case 'helm.upgrade':
      return { command: `service deploy ${either('v2.4.0', 'v2.4.1')}`, channel: 'stock-service' };
    case 'helm.rollback':
      return { command: `service rollback ${either('7', '8')}`, channel: 'stock-service' };
    case 'compose.restart':
      return { command: 'crypto restart-api', channel: 'crypto' };
    case 'compose.stop':
      return { command: 'crypto stop grafana', channel: 'crypto', prepare: ({ dockerState }) => updateContainer(dockerState, 'grafana', { state: 'running', exitCode: 0 }) };
    case 'compose.start':
      return { command: 'crypto start prometheus', channel: 'crypto', prepare: ({ dockerState }) => updateContainer(dockerState, 'prometheus', { state: 'exited', exitCode: 0 }) };
  }
}
