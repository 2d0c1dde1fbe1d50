import { createHash } from 'node:crypto';
import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildSystem, completeFile, withoutUndefined, type Overrides } from './build-system.ts';
import { checkActions, checkComponents } from './checks/actions.ts';
import { checkCollisions } from './checks/collisions.ts';
import { checkLiterals, checkTextLiterals } from './checks/literals.ts';
import { checkActionsHavePolicies, checkPolicies } from './checks/policies.ts';
import { checkReferences } from './checks/references.ts';
import { checkRunbook } from './checks/runbook.ts';
import { checkOrder } from './checks/severities.ts';
import { checkSources } from './checks/sources.ts';
import { parseFile, valueAt } from './parse-file.ts';
import { type Problem, type Report, sortProblems } from './problem.ts';
import { parseRunbook, type ParsedSection } from './runbook.ts';
import { DefaultsFile, PoliciesFile, RolesFile } from './schema/shared-files.ts';
import { SourcesFile } from './schema/sources-file.ts';
import { SystemFile } from './schema/system-file.ts';
import type { Catalog, Primitives, Source as AlertSource } from './system.ts';
import type { SystemSource } from './system-source.ts';
import { parseSource, reporter, type Source } from './yaml-source.ts';

export type LoadedCatalog =
  /** `fromDefaults`: `mystocks: escalation, timezone`, a line for each system that left something to `defaults.yaml`. */
  | { readonly ok: true; readonly catalog: Catalog; readonly fromDefaults: readonly string[] }
  /** Every problem of every file, by file and position. */
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Reads a directory of systems: `roles.yaml`, `policies.yaml`, `defaults.yaml` and, in a folder per system, `system.yaml` and `runbook.md`; `sources.yaml` where there is one.
 * Never throws for what stands in the files and never gives half a catalog: either everything fits together, or all problems are named at once.
 */
export async function loadCatalog(directory: string, primitives: Primitives, options: { readonly overrides?: Overrides } = {}): Promise<LoadedCatalog> {
  const problems: Problem[] = [];
  const hash = createHash('sha256');
  const read = async (file: string): Promise<string | undefined> => {
    try {
      const text = await readFile(join(directory, file), 'utf8');
      hash.update(`${file}\0${text.length}\0${text}\0`);
      return text;
    } catch {
      problems.push({ file, line: 1, column: 1, path: '', message: 'The file is missing or cannot be read.' });
      return undefined;
    }
  };
  const readYaml = async (file: string): Promise<{ source: Source; report: Report } | undefined> => {
    const text = await read(file);
    if (text === undefined) return undefined;
    const parsed = parseSource(file, text);
    if ('problems' in parsed) {
      problems.push(...parsed.problems);
      return undefined;
    }
    const report = reporter(parsed.source, problems);
    checkLiterals(parsed.source.data, report);
    return { source: parsed.source, report };
  };

  const rolesSource = await readYaml('roles.yaml');
  const policiesSource = await readYaml('policies.yaml');
  const defaultsSource = await readYaml('defaults.yaml');
  const roles = rolesSource && parseFile(RolesFile, rolesSource.source.data, rolesSource.report)?.value;
  const policies = policiesSource && parseFile(PoliciesFile, policiesSource.source.data, policiesSource.report)?.value;
  const defaults = defaultsSource && parseFile(DefaultsFile, defaultsSource.source.data, defaultsSource.report)?.value;

  const alertSources = (await isThere(join(directory, 'sources.yaml'))) ? await readYaml('sources.yaml') : null;
  const alertSourcesFile = alertSources && parseFile(SourcesFile, alertSources.source.data, alertSources.report)?.value;

  const sources: SystemSource[] = [];
  const fromDefaults: string[] = [];
  for (const folder of await systemFolders(directory)) {
    const yaml = await readYaml(`${folder}/system.yaml`);
    const runbook = await readRunbook(folder, read, problems);
    const parsed = yaml && parseFile(SystemFile, yaml.source.data, yaml.report, { ...standIns, id: folder, name: folder });
    if (yaml === undefined || parsed === undefined || defaults === undefined) continue;
    const completed = completeFile(parsed.value, defaults);
    if (completed.fromDefaults.length > 0) fromDefaults.push(`${folder}: ${completed.fromDefaults.join(', ')}`);
    const report: Report = (path, ...rest) => {
      if (!parsed.replaced.has(String(path[0]))) yaml.report(path, ...rest);
    };
    sources.push({ folder, file: completed.file, raw: yaml.source.data, report, ...runbook });
  }
  if (sources.length === 0 && problems.length === 0) problems.push({ file: '', line: 1, column: 1, path: '', message: 'There is no system: no folder here holds a system.yaml.' });

  const roleIds = Object.keys((rolesSource === undefined ? undefined : valueAt(rolesSource.source.data, ['roles'])) ?? {});
  for (const source of sources) {
    if (roles !== undefined) checkReferences(source, roleIds);
    checkComponents(source);
    checkActions(source, primitives);
    checkOrder(source);
    checkRunbook(source);
    if (policies !== undefined) checkActionsHavePolicies(source, policies);
  }
  checkCollisions(sources);
  if (policies !== undefined && policiesSource !== undefined && roles !== undefined) checkPolicies(policies, policiesSource.report, sources, roleIds);
  if (alertSources && alertSourcesFile) checkSources(alertSourcesFile, alertSources.report, sources);
  if (defaults !== undefined) checkDefaultChannels(defaults, defaultsSource?.report);

  if (problems.length > 0 || roles === undefined || policies === undefined) return { ok: false, problems: sortProblems(problems) };
  return {
    ok: true,
    fromDefaults,
    catalog: {
      version: hash.digest('hex'),
      systems: sources.map(({ file, sections }) => buildSystem(file, sections, primitives, options.overrides ?? {})),
      roles: new Map(
        Object.entries(roles.roles).map(([id, { name, slackGroup, pagerdutySchedule, routingKeySetting, slackUsers }]) => [
          id,
          { id, name, slackGroup: slackGroup ?? null, pagerdutySchedule: pagerdutySchedule ?? null, routingKeySetting: routingKeySetting ?? null, slackUsers },
        ]),
      ),
      policies: policies.rules.map(({ expiresAfter, system, environment, cooldown, breakGlass, approvals, refuse, ...rule }, index) => ({
        ...rule,
        system: system ?? null,
        environment: environment ?? null,
        approvals: approvals ?? 0,
        refuse: refuse ?? null,
        expiresAfterMs: expiresAfter ?? 0,
        cooldownMs: cooldown ?? 0,
        breakGlassRank: breakGlass?.openIncidentOfRank ?? null,
        line: policiesSource?.source.locate(['rules', index], 'value').line ?? 1,
      })),
      sharedChannels: policies.sharedChannels,
      samePerson: roles.samePerson,
      holds: policies.holds,
      sources: alertSourcesFile ? buildSources(alertSourcesFile) : onlySource,
    },
  };
}

/** Without `sources.yaml`, whoever has the one token may send alerts about everything. */
const onlySource: Catalog['sources'] = new Map([['alertmanager', { id: 'alertmanager', tokenSettings: ['ALERTMANAGER_TOKEN'], reach: 'everything' }]]);

function buildSources({ sources }: SourcesFile): Catalog['sources'] {
  return new Map(Object.entries(sources).map(([id, { tokenSettings, reach }]): [string, AlertSource] => [id, { id, tokenSettings, reach: reach?.map((place) => withoutUndefined(place)) ?? 'everything' }]));
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(() => true, () => false);
}

/** For what a system's file must have and has not, so that the rest of it can be checked all the same. */
const standIns = {
  description: '-',
  owner: 'nobody',
  access: { viewers: ['nobody'], operators: ['nobody'], approvers: ['nobody'], owners: ['nobody'] },
  runbook: { url: 'https://runbook.example.com', sections: {} },
  environments: {},
  components: {},
  pagerduty: { routingKeySetting: 'MISSING' },
  alerts: {},
};

/** A folder of the directory is a system, whatever it holds: a folder without `system.yaml` is a problem and not an oversight. */
async function systemFolders(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name).sort();
}

async function readRunbook(
  folder: string,
  read: (file: string) => Promise<string | undefined>,
  problems: Problem[],
): Promise<{ sections: ReadonlyMap<string, ParsedSection>; reportRunbook: SystemSource['reportRunbook'] }> {
  const file = `${folder}/runbook.md`;
  const reportRunbook: SystemSource['reportRunbook'] = (line, message, suggestion) => {
    problems.push({ file, line, column: 1, path: '', message, ...(suggestion === undefined ? {} : { suggestion }) });
  };
  const text = (await read(file)) ?? '';
  checkTextLiterals(text, reportRunbook);
  return { sections: parseRunbook(text), reportRunbook };
}

/** Where a card goes must be known for every system, so the defaults name all three. */
function checkDefaultChannels(defaults: DefaultsFile, report: Report | undefined): void {
  for (const channel of ['alerts', 'incidents', 'stakeholders'] as const) {
    if (defaults.comms.channels?.[channel] === undefined) report?.(['comms', 'channels'], `"${channel}" is missing: every system needs that channel.`, undefined, 'key');
  }
}
