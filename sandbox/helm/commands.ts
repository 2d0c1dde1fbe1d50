import { stringify } from 'yaml';
import { applyManifest, waitForWorkloads } from './apply.ts';
import { loadChart, objectsOf, renderChart, type Chart } from './chart.ts';
import { ApiRefusal, type ClusterClient } from './cluster-client.ts';
import type { Invocation } from './flags.ts';
import { ansic, chartName, formatted, goTime, inOrder, statusText, table } from './output.ts';
import { withStatus, type Release } from './release.ts';
import { allReleases, prune, RELEASE_NOT_FOUND, revisionOf, revisionsOf, storeRelease, supersede, updateRelease } from './storage.ts';
import { mergeValues, sorted, valuesFromFlags, type Values } from './values.ts';

/** What a command may do besides talking to the cluster. */
export interface Surroundings {
  readonly client: ClusterClient;
  warn(line: string): void;
  /** Called when the objects are applied and the release is still pending: where a fault may strike. */
  afterEffect(): Promise<void>;
}

/** Runs a command and returns what it prints; throws what follows `Error: `. */
export async function runCommand(invocation: Invocation, around: Surroundings): Promise<string> {
  switch (invocation.command) {
    case 'upgrade': return upgrade(invocation, around);
    case 'rollback': return rollback(invocation, around);
    case 'history': return history(invocation, around.client);
    case 'status': return status(invocation, around.client);
    case 'list': return list(invocation, around.client);
    case 'get values': return getValues(invocation, around.client);
    case 'get metadata': return getMetadata(invocation, around.client);
    case 'get manifest': return `${(await revision(invocation, around.client)).manifest}\n`;
    case 'show chart': return `${stringify(loadChart(invocation.positional[0] as string).metadata, { sortMapEntries: true })}\n`;
    default: throw new Error(`unknown command ${JSON.stringify(invocation.command)} for "helm"`);
  }
}

// ---- commands that change something ----------------------------------------------

const RELEASE_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const FIVE_MINUTES = 300_000;

function dryRunMode(invocation: Invocation, warn: (line: string) => void): 'none' | 'client' | 'server' {
  const value = invocation.text('dry-run') ?? 'none';
  if (value === 'unset' || value === 'true') {
    warn('--dry-run is deprecated and should be replaced with \'--dry-run=client\'');
    return 'client';
  }
  if (value === 'false') return 'none';
  if (value === 'none' || value === 'client' || value === 'server') return value;
  throw new Error(`invalid dry-run value (${JSON.stringify(value)}). Must be "none", "server", or "client"`);
}

function waits(invocation: Invocation, warn: (line: string) => void): boolean {
  const value = invocation.text('wait');
  if (value === 'true' || value === 'false') {
    warn(`--wait=${value} is deprecated (boolean value) and can be replaced with --wait=${value === 'true' ? 'watcher' : 'hookOnly'}`);
    return value === 'true';
  }
  if (value !== undefined && !['watcher', 'hookOnly', 'legacy'].includes(value)) throw new Error(`invalid argument ${JSON.stringify(value)} for "--wait" flag: invalid wait input ${JSON.stringify(value)}. Valid inputs are watcher, hookOnly, and legacy`);
  return value === 'watcher' || value === 'legacy';
}

async function upgrade(invocation: Invocation, around: Surroundings): Promise<string> {
  const { client, warn } = around;
  const [name, chartPath] = invocation.positional as [string, string];
  const dryRun = dryRunMode(invocation, warn);
  for (const [old, next] of [['atomic', 'rollback-on-failure'], ['force', 'force-replace']] as const) if (invocation.text(old)) warn(`--${old} is deprecated, use --${next} instead`);
  const rollsBack = invocation.flag('rollback-on-failure') || invocation.flag('atomic');
  const wait = waits(invocation, warn) || rollsBack;
  const given = valuesFromFlags({
    values: invocation.list('values'), setJson: invocation.list('set-json'), set: invocation.list('set'), setString: invocation.list('set-string'), setLiteral: invocation.list('set-literal'),
  });
  const chart = loadChart(chartPath);
  const wantedVersion = invocation.text('version');
  // For a chart in a directory Helm ignores the version; so that a wrong one is noticed here, only the same is taken.
  if (wantedVersion !== undefined && wantedVersion !== chart.metadata.version) warn(`chart version ${wantedVersion} is ignored: ${chartPath} is a directory with version ${chart.metadata.version}`);
  if (!RELEASE_NAME.test(name) || name.length > 53) throw new Error(`UPGRADE FAILED: release name is invalid: ${name}`);

  let revisions: readonly Release[];
  try {
    revisions = await revisionsOf(client, name);
  } catch (error) {
    if (!(error instanceof Error) || error.message !== RELEASE_NOT_FOUND) throw error;
    if (!invocation.flag('install')) throw new Error(`UPGRADE FAILED: ${JSON.stringify(name)} has no deployed releases`, { cause: error });
    return install(invocation, around, chart, given, dryRun, wait);
  }
  const last = revisions.at(-1) as Release;
  if (last.info.status.startsWith('pending-')) throw new Error('UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress');
  const deployed = revisions.findLast((one) => one.info.status === 'deployed') ?? (last.info.status === 'failed' || last.info.status === 'superseded' ? last : undefined);
  if (!deployed) throw new Error(`UPGRADE FAILED: ${JSON.stringify(name)} has no deployed releases`);

  const { config, base } = reuse(invocation, deployed, chart, given);
  const started = client.now().toISOString();
  const next: Release = {
    name, namespace: client.namespace, version: last.version + 1,
    info: { first_deployed: deployed.info.first_deployed, last_deployed: started, description: 'Preparing upgrade', status: 'pending-upgrade' },
    chart: base, config, manifest: render(base, name, client.namespace, last.version + 1, false, config), apply_method: applyMethod(invocation, deployed),
  };
  const printed = (release: Release, manifest?: string) =>
    formatted(invocation.text('output'), inOrder(release), () => `Release ${JSON.stringify(name)} has been upgraded. Happy Helming!\n${statusText(release, manifest)}`);
  const options = { forceConflicts: invocation.flag('force-conflicts'), takeOwnership: invocation.flag('take-ownership') };
  if (dryRun !== 'none') {
    if (dryRun === 'server') await applyManifest(client, deployed, next, { ...options, dryRun: true, forceConflicts: true }).catch((error: Error) => { throw new Error(`UPGRADE FAILED: ${error.message}`, { cause: error }); });
    return printed(withStatus(next, 'pending-upgrade', invocation.text('description') ?? 'Dry run complete'), invocation.flag('hide-secret') ? withoutSecrets(next.manifest) : next.manifest);
  }

  revisions = await prune(client, revisions, invocation.number('history-max') ?? 10);
  await storeRelease(client, next);
  try {
    await applyManifest(client, deployed, next, { ...options, dryRun: false });
    await around.afterEffect();
    if (wait) await waitForWorkloads(client, next, invocation.duration('timeout', FIVE_MINUTES));
  } catch (error) {
    const reason = (error as Error).message;
    warn(`msg="upgrade failed" name=${name} error=${JSON.stringify(reason)}`);
    await updateRelease(client, withStatus(next, 'failed', `Upgrade ${JSON.stringify(name)} failed: ${reason}`));
    if (!rollsBack) throw new Error(`UPGRADE FAILED: ${reason}`, { cause: error });
    const target = revisions.findLast((one) => one.info.status === 'deployed' || one.info.status === 'superseded') as Release;
    await rollbackTo(around, [...revisions, next], target, { forceConflicts: true, wait: true, timeoutMs: invocation.duration('timeout', FIVE_MINUTES), historyMax: invocation.number('history-max') ?? 10 });
    throw new Error(`UPGRADE FAILED: release ${name} failed, and has been rolled back due to rollback-on-failure being set: ${reason}`, { cause: error });
  }
  await supersede(client, revisions);
  const done = withStatus(next, 'deployed', invocation.text('description') || 'Upgrade complete');
  await updateRelease(client, done);
  return printed(done);
}

async function install(invocation: Invocation, around: Surroundings, chart: Chart, config: Values, dryRun: string, wait: boolean): Promise<string> {
  const { client, warn } = around;
  const [name] = invocation.positional as [string];
  const namespace = client.namespace;
  if (invocation.flag('create-namespace')) {
    await client.request('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: { name: namespace } } }).catch((error: unknown) => {
      if (!(error instanceof ApiRefusal && error.status === 409)) throw error;
    });
  }
  const started = client.now().toISOString();
  const next: Release = {
    name, namespace, version: 1, info: { first_deployed: started, last_deployed: started, description: 'Initial install underway', status: 'pending-install' },
    chart, config, manifest: render(chart, name, namespace, 1, true, config), apply_method: invocation.text('server-side') === 'false' ? 'csa' : 'ssa',
  };
  const printed = (release: Release, manifest?: string) => formatted(invocation.text('output'), inOrder(release), () => `Release ${JSON.stringify(name)} does not exist. Installing it now.\n${statusText(release, manifest)}`);
  if (dryRun !== 'none') return printed(withStatus(next, 'pending-install', 'Dry run complete'), next.manifest);
  await storeRelease(client, next);
  try {
    await applyManifest(client, undefined, next, { forceConflicts: false, dryRun: false, takeOwnership: invocation.flag('take-ownership') });
    await around.afterEffect();
    if (wait) await waitForWorkloads(client, next, invocation.duration('timeout', FIVE_MINUTES));
  } catch (error) {
    const reason = (error as Error).message;
    warn(`msg="install failed" name=${name} error=${JSON.stringify(reason)}`);
    await updateRelease(client, withStatus(next, 'failed', `Release ${JSON.stringify(name)} failed: ${reason}`));
    throw error;
  }
  const done = withStatus(next, 'deployed', invocation.text('description') || 'Install complete');
  await updateRelease(client, done);
  return printed(done);
}

/**
 * Which values an upgrade starts from. Without a word about it Helm keeps the old ones only when no new ones are given; one `--set` alone
 * drops all the others. `--reuse-values` also keeps the old chart's defaults; `--reset-then-reuse-values` takes the new chart's.
 */
function reuse(invocation: Invocation, deployed: Release, chart: Chart, given: Values): { config: Values; base: Chart } {
  if (invocation.flag('reset-values')) return { config: given, base: chart };
  if (invocation.flag('reuse-values')) return { config: mergeValues(deployed.config, given), base: { ...chart, values: mergeValues(deployed.chart.values, {}) } };
  if (invocation.flag('reset-then-reuse-values')) return { config: mergeValues(deployed.config, given), base: chart };
  return { config: Object.keys(given).length === 0 ? deployed.config : given, base: chart };
}

function applyMethod(invocation: Invocation, before: Release): Release['apply_method'] {
  const value = invocation.text('server-side') ?? 'auto';
  if (!['true', 'false', 'auto'].includes(value)) throw new Error(`invalid/unknown release server-side apply method: ${value}`);
  return value === 'auto' ? before.apply_method : value === 'true' ? 'ssa' : 'csa';
}

function render(chart: Chart, name: string, namespace: string, version: number, isInstall: boolean, config: Values): string {
  try {
    return renderChart(chart, { name, namespace, revision: version, isInstall }, config);
  } catch (error) {
    throw new Error(`UPGRADE FAILED: ${(error as Error).message}`, { cause: error });
  }
}

const withoutSecrets = (manifest: string): string =>
  manifest.split(/^(?=---$)/m).map((part) => (/^kind: Secret$/m.test(part) ? `${part.split('\n').slice(0, 2).join('\n')}\n# HIDDEN: The Secret output has been suppressed\n` : part)).join('');

async function rollback(invocation: Invocation, around: Surroundings): Promise<string> {
  const { client, warn } = around;
  const [name, asked] = invocation.positional as [string, string | undefined];
  if (asked !== undefined && !/^-?\d+$/.test(asked)) throw new Error(`could not convert revision to a number: strconv.Atoi: parsing ${JSON.stringify(asked)}: invalid syntax`);
  const dryRun = dryRunMode(invocation, warn);
  const wait = waits(invocation, warn);
  const revisions = await revisionsOf(client, name);
  const current = revisions.at(-1) as Release;
  const wanted = Number(asked ?? 0);
  if (wanted < 0) throw new Error(RELEASE_NOT_FOUND);
  // The revision before the last one, whatever became of it: after a failed upgrade that may be a bad one too.
  const version = wanted === 0 ? current.version - 1 : wanted;
  const target = await revisionOf(client, name, version);
  if (!target) throw new Error(`release has no ${version} version`);
  if (dryRun === 'none') {
    await rollbackTo(around, revisions, target, {
      forceConflicts: invocation.flag('force-conflicts'), wait, timeoutMs: invocation.duration('timeout', FIVE_MINUTES), historyMax: invocation.number('history-max') ?? 10, description: invocation.text('description') ?? '',
    });
  }
  return 'Rollback was a success! Happy Helming!\n';
}

async function rollbackTo(around: Surroundings, revisions: readonly Release[], target: Release, options: { forceConflicts: boolean; wait: boolean; timeoutMs: number; historyMax: number; description?: string }): Promise<void> {
  const { client, warn } = around;
  const current = revisions.at(-1) as Release;
  const next: Release = {
    ...target,
    version: current.version + 1,
    info: { ...target.info, first_deployed: current.info.first_deployed, last_deployed: client.now().toISOString(), description: options.description || `Rollback to ${target.version}`, status: 'pending-rollback' },
  };
  const kept = await prune(client, revisions, options.historyMax);
  await storeRelease(client, next);
  try {
    await applyManifest(client, current, next, { forceConflicts: options.forceConflicts, dryRun: false, takeOwnership: true });
    await around.afterEffect();
    if (options.wait) await waitForWorkloads(client, next, options.timeoutMs);
  } catch (error) {
    const reason = (error as Error).message;
    warn(`msg=${JSON.stringify(`Rollback ${JSON.stringify(next.name)} failed: ${reason}`)}`);
    await updateRelease(client, withStatus(current, 'superseded'));
    await updateRelease(client, withStatus(next, 'failed', `Rollback ${JSON.stringify(next.name)} failed: ${reason}`));
    throw error;
  }
  await supersede(client, kept);
  await updateRelease(client, withStatus(next, 'deployed'));
}

// ---- commands that read -----------------------------------------------------------

async function revision(invocation: Invocation, client: ClusterClient): Promise<Release> {
  const name = invocation.positional[0] as string;
  const wanted = invocation.number('revision') ?? 0;
  const found = wanted === 0 ? (await revisionsOf(client, name)).at(-1) : await revisionOf(client, name, wanted);
  if (!found) throw new Error(RELEASE_NOT_FOUND);
  return found;
}

async function history(invocation: Invocation, client: ClusterClient): Promise<string> {
  const revisions = (await revisionsOf(client, invocation.positional[0] as string)).slice(-(invocation.number('max') ?? 256));
  const rows = revisions.map((one) => ({
    revision: one.version, updated: one.info.last_deployed, status: one.info.status, chart: chartName(one), app_version: one.chart.metadata.appVersion ?? '', description: one.info.description,
  }));
  return formatted(invocation.text('output'), rows, () => table([
    ['REVISION', 'UPDATED', 'STATUS', 'CHART', 'APP VERSION', 'DESCRIPTION'],
    ...rows.map((row) => [String(row.revision), ansic(row.updated), row.status, row.chart, row.app_version, row.description]),
  ]));
}

async function status(invocation: Invocation, client: ClusterClient): Promise<string> {
  const release = await revision(invocation, client);
  const resources: { [kind: string]: unknown[] } = {};
  for (const object of objectsOf(release.manifest)) {
    const key = `${object.apiVersion.split('/').at(-1)}/${object.kind}`;
    const found = await client.request('GET', `${client.pathOf(object, release.namespace)}/${object.metadata.name}`).catch((error: unknown) => {
      if (error instanceof ApiRefusal && error.status === 404) return undefined;
      throw error;
    });
    if (found !== undefined) (resources[key] ??= []).push(found);
  }
  const { chart: _chart, manifest, ...rest } = release;
  return formatted(invocation.text('output'), { ...rest, info: { ...release.info, resources }, manifest }, () => statusText(release));
}

async function list(invocation: Invocation, client: ClusterClient): Promise<string> {
  const latest = new Map<string, Release>();
  for (const release of await allReleases(client, invocation.flag('all-namespaces'))) latest.set(`${release.namespace}/${release.name}`, release);
  const wanted = ['deployed', 'failed', 'superseded', 'uninstalled', 'uninstalling'].filter((one) => invocation.flag(one));
  const shows = (release: Release) =>
    (wanted.length === 0 && !invocation.flag('pending')) || wanted.includes(release.info.status) || (invocation.flag('pending') && release.info.status.startsWith('pending-'));
  const pattern = new RegExp(invocation.text('filter') ?? '');
  const found = [...latest.values()].filter((release) => shows(release) && pattern.test(release.name)).sort((a, b) => (a.name < b.name ? -1 : 1));
  if (invocation.flag('reverse')) found.reverse();
  const rows = found.slice(invocation.number('offset') ?? 0).slice(0, invocation.number('max') ?? 256).map((one) => ({
    name: one.name, namespace: one.namespace, revision: String(one.version), updated: goTime(one.info.last_deployed), status: one.info.status, chart: chartName(one), app_version: one.chart.metadata.appVersion ?? '',
  }));
  if (invocation.flag('short')) return formatted(invocation.text('output'), rows.map((row) => row.name), () => rows.map((row) => `${row.name}\n`).join(''));
  return formatted(invocation.text('output'), rows, () => table([['NAME', 'NAMESPACE', 'REVISION', 'UPDATED', 'STATUS', 'CHART', 'APP VERSION'], ...rows.map((row) => Object.values(row))]));
}

async function getValues(invocation: Invocation, client: ClusterClient): Promise<string> {
  const release = await revision(invocation, client);
  const all = invocation.flag('all');
  const values = sorted(all ? mergeValues(release.chart.values, release.config) : release.config) as Values;
  const nothing = Object.keys(values).length === 0;
  return formatted(invocation.text('output'), nothing ? null : values, () => `${all ? 'COMPUTED VALUES:' : 'USER-SUPPLIED VALUES:'}\n${stringify(nothing ? null : values, { lineWidth: 0 })}`);
}

async function getMetadata(invocation: Invocation, client: ClusterClient): Promise<string> {
  const release = await revision(invocation, client);
  const { name, version, appVersion = '' } = release.chart.metadata;
  const modifiedAt = String(Math.floor(Date.parse(release.info.last_deployed) / 1000));
  const labels = { modifiedAt, name: release.name, owner: 'helm', status: release.info.status, version: String(release.version) };
  const deployedAt = `${release.info.last_deployed.slice(0, 19)}Z`;
  return formatted(invocation.text('output'), {
    name: release.name, chart: name, version, appVersion, labels, namespace: release.namespace, revision: release.version, status: release.info.status, deployedAt, applyMethod: release.apply_method,
  }, () => [
    `NAME: ${release.name}`, `CHART: ${name}`, `VERSION: ${version}`, `APP_VERSION: ${appVersion}`, 'ANNOTATIONS: ', `LABELS: ${Object.entries(labels).map(([key, value]) => `${key}=${value}`).join(',')}`, 'DEPENDENCIES: ',
    `NAMESPACE: ${release.namespace}`, `REVISION: ${release.version}`, `STATUS: ${release.info.status}`, `DEPLOYED_AT: ${deployedAt}`, `APPLY_METHOD: ${release.apply_method === 'ssa' ? 'server-side apply' : 'client-side apply'}`,
  ].join('\n').concat('\n'));
}
