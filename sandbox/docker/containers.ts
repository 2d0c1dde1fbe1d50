import type { Clock } from '../../src/support/clock.ts';
import type { Containers } from '../world/parts.ts';
import { healthOf, readDockerState, setDockerClock, updateContainer } from './docker-state.ts';

/** The containers of the stand-in as the world sees and breaks them. The program reads the same file, and lives at the clock's time from here on. */
export function containersIn(stateFile: string, clock: Clock, machine: Clock): Containers {
  return {
    list: () => {
      setDockerClock(stateFile, clock.now(), machine.now());
      const state = readDockerState(stateFile);
      return state.containers.map((container) => ({ name: container.name, state: container.state, health: healthOf(state, container, clock.now()), startedAt: container.startedAt }));
    },
    break: (name) => {
      const container = readDockerState(stateFile).containers.find((candidate) => candidate.name === name);
      if (container !== undefined) updateContainer(stateFile, container.service, { isBroken: true });
    },
  };
}
