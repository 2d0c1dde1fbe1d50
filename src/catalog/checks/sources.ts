import { suggestion } from '../did-you-mean.ts';
import type { Path, Report } from '../problem.ts';
import type { SourcesFile } from '../schema/sources-file.ts';
import type { SystemSource } from '../system-source.ts';

/** Every source has a token of its own, and every place of its reach is one: a misspelt name would silence it there. */
export function checkSources({ sources }: SourcesFile, report: Report, systems: readonly SystemSource[]): void {
  const named = new Map<string, string>();
  const places = systems.flatMap(({ file }) => Object.entries(file.environments).map(([environment, entry]) => ({ system: file.id, environment, ...whereOf(entry) })));
  const want = (kind: 'system' | 'environment' | 'cluster' | 'namespace', path: Path, names: readonly string[] | undefined) => {
    const known = [...new Set(places.flatMap((place) => place[kind] ?? []))];
    names?.forEach((name, index) => {
      if (!known.includes(name)) report([...path, `${kind}s`, index], `There is no ${kind} "${name}".`, suggestion(name, known) ?? `one of: ${known.join(', ')}`);
    });
  };
  for (const [id, source] of Object.entries(sources)) {
    source.tokenSettings.forEach((setting, index) => {
      const other = named.get(setting);
      if (other !== undefined) report(['sources', id, 'tokenSettings', index], `"${other}" has this setting already: the token alone says who sends.`, 'give each source a setting of its own');
      named.set(setting, id);
    });
    source.reach?.forEach((place, index) => {
      const path = ['sources', id, 'reach', index];
      want('system', path, place.systems);
      want('environment', path, place.environments);
      want('cluster', path, place.clusters);
      want('namespace', path, place.namespaces);
      const fits = places.some(
        (one) =>
          (place.systems?.includes(one.system) ?? true) &&
          (place.environments?.includes(one.environment) ?? true) &&
          (place.clusters?.includes(one.cluster) ?? true) &&
          (place.namespaces === undefined || (one.namespace !== null && place.namespaces.includes(one.namespace))),
      );
      const areKnown = Object.entries({ system: place.systems, environment: place.environments, cluster: place.clusters, namespace: place.namespaces }).every(([kind, names]) => names?.every((name) => places.some((one) => one[kind as 'system'] === name)) ?? true);
      if (areKnown && !fits) report(path, 'No environment of any system is there, so nothing would be reached.');
    });
  }
}

function whereOf(entry: SystemSource['file']['environments'][string]): { readonly cluster: string; readonly namespace: string | null } {
  return entry.platform === 'kubernetes' ? { cluster: entry.kube.context, namespace: entry.kube.namespace } : { cluster: entry.compose.host, namespace: null };
}
