import type { Action, Catalog, System } from '../../src/catalog/system.ts';
import type { PrometheusStandIn } from '../prometheus/prometheus.ts';
import type { Services } from '../services/services.ts';

/** What `loadCatalog` takes as `overrides`: for every environment the address of its stand-in instead of the one in its file. */
export function sandboxAddresses(catalog: Catalog, services: Pick<Services, 'urlOf'>, prometheus: Pick<PrometheusStandIn, 'urlOf'>): Record<string, { readonly baseUrl: string; readonly prometheusUrl: string }> {
  return Object.fromEntries(
    catalog.systems.flatMap((system) =>
      [...system.environments.keys()].map((name) => [`${system.id}/${name}`, { baseUrl: services.urlOf(system.id, name), prometheusUrl: prometheus.urlOf(`${system.id}/${name}`) }]),
    ),
  );
}

/** The same catalog, but vendors are probed at their stand-in: nothing in the sandbox leaves the machine. */
export function withVendorsInside(catalog: Catalog, services: Pick<Services, 'url' | 'outsideUrlOf'>): Catalog {
  const inside = (url: string) => (URL.canParse(url) && !url.startsWith(services.url) ? services.outsideUrlOf(url) : url);
  const action = (one: Action): Action => (one.probe === null ? one : { ...one, probe: { ...one.probe, url: inside(one.probe.url) } });
  const system = (one: System): System => ({ ...one, actions: new Map([...one.actions].map(([id, entry]) => [id, action(entry)])) });
  return { ...catalog, systems: catalog.systems.map(system) };
}
