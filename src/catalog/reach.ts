/**
 * Where a source's alerts have a say. The source is known by its token, so this also binds the cluster: no label of an alert can widen it
 * (GUARANTEES T-01, T-07). Pure.
 */
import type { Refusal } from '../actions/plan.ts';
import type { Catalog, Environment, Place, System } from './system.ts';

export type MayReach = (system: System, environment: Environment) => boolean;

/** A source that the catalog does not name, or names no longer, has no say anywhere. */
export function reachOf(catalog: Catalog, sourceId: string): MayReach {
  const reach = catalog.sources.get(sourceId)?.reach ?? [];
  return (system, environment) => reach === 'everything' || reach.some((place) => liesIn(place, system, environment));
}

/** The cluster of an environment: its context of the kubeconfig, or its Docker host. */
export function clusterOf(environment: Environment): string {
  return environment.platform === 'kubernetes' ? environment.context : environment.host;
}

function liesIn(place: Place, system: System, environment: Environment): boolean {
  const namespace = environment.platform === 'kubernetes' ? environment.namespace : null;
  return (
    (place.systems === undefined || place.systems.includes(system.id)) &&
    (place.environments === undefined || place.environments.includes(environment.name)) &&
    (place.clusters === undefined || place.clusters.includes(clusterOf(environment))) &&
    (place.namespaces === undefined || (namespace !== null && place.namespaces.includes(namespace)))
  );
}

/**
 * Why nothing is done there on the strength of this incident: it came from alerts whose source has no say there, by the catalog of now. `null`: it may.
 * An incident that a person declared rests on that person.
 */
export function whyNotReached(catalog: Catalog, incident: { readonly id: number; readonly source: string; readonly origin: string } | null, system: System, environmentName: string, what: string): Refusal | null {
  if (incident === null || incident.origin !== 'alertmanager') return null;
  const environment = system.environments.get(environmentName);
  // Nobody can say where a place lies that the catalog has no more; an undo would still go there.
  if (environment === undefined) return { refused: what, rule: `${system.name} has no environment "${environmentName}" any more`, instead: `Use /stock ${system.id}, which says what there is.` };
  if (reachOf(catalog, incident.source)(system, environment)) return null;
  return {
    refused: what,
    rule: `INC-${incident.id} comes from the source "${incident.source}", whose alerts have no say about ${system.name} (${environmentName})`,
    instead: `Use /stock ${system.id} if it is needed all the same, or widen the source's reach in systems/sources.yaml.`,
  };
}
