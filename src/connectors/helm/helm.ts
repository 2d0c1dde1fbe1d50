import { resolve } from 'node:path';
import { parse } from 'yaml';
import type { HelmRevision, HelmValues } from '../../actions/helm/release.ts';
import type { BeforeSending, HelmPort, Receipt, RequestVia } from '../../actions/ports.ts';
import type { ReleaseTarget } from '../../actions/plan.ts';
import { commandLine, whyNotCommandLine } from '../../support/command-line.ts';
import { StockOpsError } from '../../support/errors.ts';
import { redactTo } from '../../support/redact/redact.ts';
import { chartDigest } from './chart-digest.ts';
import { readManifest } from './read-manifest.ts';

export interface HelmOptions {
  /** The Helm 4 program. */
  readonly program?: string;
  /** Absent: the cluster that the bot runs in. */
  readonly kubeconfigPath?: string;
  /** A kubeconfig with the same contexts whose users may change things. Absent: the one identity does both. */
  readonly writeKubeconfigPath?: string;
  /** Throws where a kubeconfig must not be used as it is now; asked before each start, because the file may have been exchanged. */
  readonly checkKubeconfig?: (path: string) => void;
  /** What charts given as a folder are relative to. */
  readonly chartsFolder?: string;
  /** Where Helm may keep what it downloads. */
  readonly cacheFolder?: string;
}

/** The Helm program, by argv and with an environment of its own: no shell, no plugins, nothing inherited that could steer it (T-06, T-12). */
export function createHelmPort(options: HelmOptions = {}): HelmPort {
  const chartsFolder = options.chartsFolder ?? process.cwd();

  async function helm(context: string, argv: readonly string[], signal: AbortSignal, beforeSending?: BeforeSending): Promise<HelmResult> {
    // A dry run asks the cluster about the very changes, so it is the changing identity's, too.
    const changes = argv[0] === 'upgrade' || argv[0] === 'rollback';
    const kubeconfigPath = (changes ? options.writeKubeconfigPath : undefined) ?? options.kubeconfigPath;
    if (kubeconfigPath !== undefined) options.checkKubeconfig?.(kubeconfigPath);
    const contextFlag = kubeconfigPath === undefined || context === '' ? [] : [`--kube-context=${context}`];
    // Loaded at the first use: the start of the bot does not wait for it.
    const { execa } = await import('execa');
    beforeSending?.();
    const result = await execa(options.program ?? 'helm', commandLine([...contextFlag, ...argv]), {
      cwd: chartsFolder,
      env: environment(options, kubeconfigPath),
      extendEnv: false,
      stdin: 'ignore',
      reject: false,
      stripFinalNewline: false,
      maxBuffer: 32 * 1024 * 1024,
      cancelSignal: signal,
      // Told to stop, an upgrade marks its revision as failed; killed, it leaves one that blocks the next.
      forceKillAfterDelay: 20_000,
    });
    return {
      ended: result.exitCode === 0 ? 'well' : result.exitCode === undefined ? (result.code === 'ENOENT' || result.code === 'EACCES' ? 'neverBegan' : 'cutOff') : 'badly',
      output: result.stdout,
      said: result.stderr,
      complaint: complaintOf(result.stderr) || result.shortMessage || '',
    };
  }

  async function read(target: { readonly context: string }, argv: readonly string[], signal: AbortSignal): Promise<string> {
    const result = await helm(target.context, argv, signal);
    if (result.ended !== 'well') throw new StockOpsError('HELM_FAILED', result.complaint);
    return result.output;
  }

  async function history(target: Named, signal: AbortSignal): Promise<HelmRevision[]> {
    const output = await read(target, ['history', `--namespace=${target.namespace}`, '--output=json', '--max=256', '--', target.release], signal);
    return (parseJson(output) as RawRevision[]).map(readRevision).sort((a, b) => a.revision - b.revision);
  }

  // Which Helm it is does not change while the bot runs.
  let knownToMark: Promise<boolean> | undefined;
  function marksRollbacks(signal: AbortSignal): Promise<boolean> {
    knownToMark ??= helm('', ['rollback', '--help'], signal).then(
      ({ ended, output }) => {
        if (ended !== 'well') knownToMark = undefined;
        return /^\s+--description\b/m.test(output);
      },
    );
    return knownToMark;
  }

  return {
    marksRollbacks,

    run: async (request, runId, signal, beforeSending): Promise<Receipt> => {
      const why = whyNotRun(request.arguments);
      if (why !== null) return { status: 'rejected', reason: why };
      const target = namedBy(request);
      let before: number;
      try {
        before = lastRevision(await history(target, signal));
      } catch (error) {
        return { status: 'rejected', reason: `Helm was not started: ${(error as Error).message}` };
      }
      const canDescribe = request.arguments[0] !== 'rollback' || (await marksRollbacks(signal));
      const result = await helm(request.context, canDescribe ? withDescription(request.arguments, runId) : request.arguments, signal, beforeSending);
      return receipt(result, before, () => history(target, signal));
    },

    dryRun: async (request, target, signal) => {
      const [command = '', ...rest] = request.arguments;
      const output = await read(request, [command, '--dry-run=server', '--hide-secret', '--output=json', ...rest], signal);
      return readManifest((parseJson(output) as { manifest?: string }).manifest ?? '', target.workload);
    },

    history,

    metadata: async (target, revision, signal) => {
      const output = await read(target, ['get', 'metadata', `--namespace=${target.namespace}`, `--revision=${revision}`, '--output=json', '--', target.release], signal);
      const raw = parseJson(output) as { revision: number; status: string; chart: string; version: string; applyMethod?: string };
      return { revision: raw.revision, status: raw.status, chart: raw.chart, version: raw.version, applyMethod: raw.applyMethod ?? null };
    },

    values: async (target, revision, signal) => {
      const output = await read(target, ['get', 'values', `--namespace=${target.namespace}`, `--revision=${revision}`, '--output=json', '--', target.release], signal);
      // Helm prints `null` where nobody has set anything.
      return (parseJson(output) as HelmValues | null) ?? {};
    },

    manifest: async (target, revision, signal) => {
      const output = await read(target, ['get', 'manifest', `--namespace=${target.namespace}`, `--revision=${revision}`, '--', target.release], signal);
      return readManifest(output, target.workload);
    },

    chart: async (target, version, signal) => {
      const isFolder = /^\.{0,2}\//.test(target.chart);
      const result = await helm(target.context, ['show', 'chart', ...(isFolder ? [] : [`--version=${version}`]), '--', target.chart], signal);
      if (result.ended !== 'well') throw new StockOpsError('HELM_FAILED', result.complaint);
      const raw = parse(result.output) as { name?: string; version?: string };
      // Of what it pulls from a registry, Helm says the digest beside its answer.
      const digest = isFolder ? await chartDigest(resolve(chartsFolder, target.chart)) : (/^Digest: (sha256:[0-9a-f]{64})$/m.exec(result.said)?.[1] ?? null);
      return { name: raw.name ?? '', version: raw.version ?? '', digest };
    },
  };
}

interface HelmResult {
  readonly ended: 'well' | 'badly' | 'neverBegan' | 'cutOff';
  readonly output: string;
  /** What it said beside its output. */
  readonly said: string;
  readonly complaint: string;
}

type Named = Pick<ReleaseTarget, 'context' | 'namespace' | 'release'>;

function environment(options: HelmOptions, kubeconfigPath: string | undefined): Record<string, string> {
  const { PATH, HOME, TMPDIR, HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE, KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT } = process.env;
  const cache = options.cacheFolder ?? `${TMPDIR ?? '/tmp'}/stockops-helm`;
  const kept = { PATH, HOME, TMPDIR, HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE, KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT };
  return {
    ...Object.fromEntries(Object.entries(kept).filter((entry): entry is [string, string] => entry[1] !== undefined)),
    ...(kubeconfigPath === undefined ? {} : { KUBECONFIG: kubeconfigPath }),
    HELM_CACHE_HOME: `${cache}/cache`,
    HELM_CONFIG_HOME: `${cache}/config`,
    HELM_DATA_HOME: `${cache}/data`,
    KUBECACHEDIR: `${cache}/kube`,
    // A folder that nobody fills: plugins are programs.
    HELM_PLUGINS: `${cache}/no-plugins`,
  };
}

const writingFlags = /^--(namespace|version|set-literal|set-json|timeout)=|^--(reset-then-reuse-values|force-conflicts)$/;

/** A second look at a stored command line, independent of the code that built it: two commands, known flags, then names. */
function whyNotRun(argv: readonly string[]): string | null {
  if (whyNotCommandLine(argv) !== null) return 'The plan holds what may not stand in a command line.';
  const [command, ...rest] = argv;
  const end = rest.indexOf('--');
  const flags = rest.slice(0, end);
  const names = rest.slice(end + 1);
  if (command !== 'upgrade' && command !== 'rollback') return 'The plan holds a command that is never run.';
  if (end === -1 || names.length !== 2 || names.some((name) => name === '' || name.startsWith('-'))) return 'The plan names its release in a way that is never run.';
  return flags.every((flag) => writingFlags.test(flag)) ? null : 'The plan holds a flag that is never used.';
}

function namedBy(request: RequestVia<'helm'>): Named {
  const end = request.arguments.indexOf('--');
  const namespace = request.arguments.slice(0, end).find((argument) => argument.startsWith('--namespace='))?.slice('--namespace='.length) ?? '';
  return { context: request.context, namespace, release: request.arguments[end + 1] ?? '' };
}

/** The run is named in the revision's description, which `helm history` shows. */
function withDescription([command = '', ...rest]: readonly string[], runId: string): string[] {
  return [command, `--description=StockOps ${runId}`, ...rest];
}

/**
 * Helm exits with 1 for everything. Whether it changed something shows in its history: without a new revision it was refused;
 * with one, something was done, well or badly, and the card says which.
 */
async function receipt(result: HelmResult, before: number, history: () => Promise<readonly HelmRevision[]>): Promise<Receipt> {
  if (result.ended === 'neverBegan') return { status: 'rejected', reason: `Helm could not be started: ${result.complaint}` };
  if (result.ended === 'cutOff') return { status: 'lost', reason: 'Helm was stopped before it had finished.' };
  let after: HelmRevision | undefined;
  try {
    after = (await history()).at(-1);
  } catch (error) {
    if (result.ended === 'well') return { status: 'accepted', answer: null };
    return { status: 'lost', reason: `Helm failed (${result.complaint}), and its history cannot be read: ${(error as Error).message}` };
  }
  if (after === undefined || after.revision <= before) {
    return result.ended === 'well' ? { status: 'accepted', answer: null } : { status: 'rejected', reason: result.complaint };
  }
  return { status: 'accepted', answer: { revision: after.revision, status: after.status, ...(result.ended === 'well' ? {} : { reason: result.complaint }) } };
}

function lastRevision(history: readonly HelmRevision[]): number {
  return history.at(-1)?.revision ?? 0;
}

interface RawRevision {
  readonly revision: number;
  readonly updated: string;
  readonly status: string;
  readonly chart: string;
  readonly app_version?: string;
  readonly description?: string;
}

function readRevision(raw: RawRevision): HelmRevision {
  return { revision: Number(raw.revision), updatedAt: raw.updated, status: raw.status, chart: raw.chart, appVersion: raw.app_version ?? '', description: raw.description ?? '' };
}

function parseJson(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch (error) {
    throw new StockOpsError('HELM_FAILED', 'Its output is not JSON; Helm 4 is needed.', { cause: error });
  }
}

/** The line that says what was wrong; the lines before it are warnings. */
function complaintOf(stderr: string): string {
  const lines = stderr.trim().split('\n');
  const error = lines.findLast((line) => line.startsWith('Error: '));
  return redactTo(error?.slice('Error: '.length) ?? lines.at(-1) ?? '', 1000);
}
