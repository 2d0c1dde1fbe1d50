import { formatDuration } from './duration.ts';
import type { Problem } from './problem.ts';
import type { Action, Catalog, Source, System } from './system.ts';

/** What each system offers, as plain text: what `stockops check-config` prints when all is well. */
export function summarize(catalog: Catalog): string {
  const systems = catalog.systems.map((system) => [...summarizeSystem(system), ''].join('\n'));
  const sources = ['alerts come from', ...[...catalog.sources.values()].map(summarizeSource), ''];
  return [...systems, sources.join('\n'), `${count(catalog.systems.length, 'system')}, ${count(catalog.roles.size, 'role')}, ${count(catalog.policies.length, 'policy rule')} · version ${catalog.version.slice(0, 12)}`, ''].join('\n');
}

function summarizeSystem(system: System): string[] {
  const actions = [...system.actions.values()];
  return [
    `${system.name} (${[system.id, ...system.aliases].join(', ')})`,
    ...row('environments', [...system.environments.values()].map((environment) => `${environment.name} on ${environment.platform === 'kubernetes' ? `${environment.context}/${environment.namespace}` : environment.host}${environment.protected ? ', protected' : ''}`)),
    ...row('components', [...system.components.values()].map(({ name, replicas }) => (replicas === undefined ? name : `${name} ${replicas.min}–${replicas.max}`))),
    ...row('severities', system.severities.map(({ label, rank, page }) => `${label} (rank ${rank}, ${page.replaceAll('_', ' ')})`)),
    ...row('escalation', system.escalation.steps.map(({ afterMs, role, onlySeverities }) => `${afterMs === 0 ? 'at once' : formatDuration(afterMs)} ${role}${onlySeverities.length === 0 ? '' : ` (${onlySeverities.join(', ')} only)`}`)),
    ...row('alerts', [count(system.alerts.rules.length, 'rule')]),
    ...row('looks at', actions.filter(({ effect }) => effect === 'read').map(({ id }) => id)),
    ...row('changes', actions.filter(({ effect }) => effect === 'write').map(describeWrite)),
    ...row('not offered', system.disabled.map(({ seed }) => seed)),
  ];
}

/** `  staging      ALERTMANAGER_TOKEN_STAGING · stock-service in staging` */
function summarizeSource({ id, tokenSettings, reach }: Source): string {
  const places = reach === 'everything' ? ['everything'] : reach.map(({ systems, environments, clusters, namespaces }) =>
    [systems?.join(', ') ?? 'every system', environments && `in ${environments.join(', ')}`, clusters && `on ${clusters.join(', ')}`, namespaces && `in the namespace ${namespaces.join(', ')}`].filter((part) => part !== undefined).join(' '));
  return `  ${id.padEnd(13)}${[tokenSettings.join(' or '), ...places].join(' · ')}`;
}

function describeWrite(action: Action): string {
  const choices = action.components.length > 1 ? ` ${action.components.join('|')}` : '';
  return `${action.id}${choices} (${action.risk})`;
}

function row(name: string, entries: readonly string[]): string[] {
  return entries.length === 0 ? [] : [`  ${name.padEnd(13)}${entries.join(' · ')}`];
}

/** One line each, as compilers write them, so that an editor can jump there; then how many there are. */
export function formatProblems(problems: readonly Problem[]): string {
  const lines = problems.map(({ file, line, column, path, message, suggestion }) => {
    const place = path === '' ? '' : `${path}: `;
    return `${file === '' ? '.' : file}:${line}:${column}: ${place}${message}${suggestion === undefined ? '' : `\n    ${suggestion}`}`;
  });
  const files = new Set(problems.map(({ file }) => file)).size;
  return [...lines, '', `${count(problems.length, 'problem')} in ${count(files, 'file')}`, ''].join('\n');
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}
