/** A container of a Compose project, as `docker compose ps` and `docker inspect` tell. */
export interface ComposeContainer {
  readonly id: string;
  readonly name: string;
  readonly service: string;
  readonly image: string;
  /** `running`, `exited`, `restarting`, `created`, `paused`, `dead`. */
  readonly state: string;
  /** `healthy`, `unhealthy`, `starting`, or empty where there is no check. */
  readonly health: string;
  readonly exitCode: number;
  /** The sentence for people: `Up 5 minutes (healthy)`. */
  readonly status: string;
}

export interface ComposeContainerTimes {
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly restarts: number;
  readonly isOutOfMemory: boolean;
}
