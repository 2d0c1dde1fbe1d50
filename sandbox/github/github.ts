import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../src/support/clock.ts';
import { systemRandom } from '../../src/support/ids.ts';
import { listenOnLoopback, standInServer, type Loopback } from '../loopback.ts';

export interface Repository {
  readonly owner: string;
  readonly name: string;
  readonly branches: readonly string[];
  readonly tags: readonly string[];
  readonly workflows: readonly Workflow[];
  /** Path to text, on every branch alike. */
  readonly files: Readonly<Record<string, string>>;
  /** What the checks of a commit say, by branch or tag. */
  readonly checks: Readonly<Record<string, readonly { readonly name: string; readonly conclusion: 'success' | 'failure' | null }[]>>;
}

export interface Workflow {
  readonly id: number;
  readonly name: string;
  /** `deploy.yml`. */
  readonly file: string;
  readonly isDispatchable: boolean;
  readonly inputs: Readonly<Record<string, { readonly required: boolean; readonly options?: readonly string[] }>>;
}

export interface DispatchedRun {
  readonly id: number;
  readonly repository: Repository;
  readonly workflow: Workflow;
  readonly ref: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly createdAt: Date;
  readonly number: number;
}

export type GitHubFault = 'answers 502' | 'loses the answer' | 'never answers';

export interface GitHubStandIn extends Loopback {
  /** Every dispatch that was taken, oldest first. */
  readonly dispatched: readonly DispatchedRun[];
  /** How many times a dispatch was asked for, taken or not. */
  dispatchRequests(): number;
  /** Ends a run now; without it every run succeeds by itself after half a minute. */
  finish(runId: number, conclusion: 'success' | 'failure' | 'cancelled'): void;
  /** For dispatches; `undefined` ends it. */
  fault(fault: GitHubFault | undefined): void;
}

// Without a version header the API is this one. From the second on, a dispatch always answers with its run.
const firstVersion = '2022-11-28';
const versionWithRunDetails = '2026-03-10';
const mostInputs = 25;
const startsAfterMs = 5_000;
const endsAfterMs = 30_000;

/** The part of GitHub's REST API that a bot needs to start workflows, follow them and read files and checks. */
export async function startGitHubStandIn({ clock, port, repositories }: { readonly clock: Clock; readonly port?: number; readonly repositories: readonly Repository[] }): Promise<GitHubStandIn> {
  const runs: DispatchedRun[] = [];
  const ends = new Map<number, { readonly conclusion: string; readonly at: Date }>();
  let requests = 0;
  let fault: GitHubFault | undefined;
  const server = standInServer();
  const base = '/repos/:owner/:repo';

  server.addHook('onRequest', async (request, reply) => {
    if (!/^(token|bearer) \S+$/i.test(request.headers.authorization ?? '')) return refuse(reply, 401, 'Requires authentication');
    const version = versionOf(request);
    if (![firstVersion, versionWithRunDetails].includes(version)) return refuse(reply, 400, `The API version '${version}' is not supported`);
    return undefined;
  });

  server.post(`${base}/actions/workflows/:workflow/dispatches`, async (request, reply) => {
    requests += 1;
    if (fault === 'never answers') return reply.hijack();
    if (fault === 'answers 502') return reply.code(502).type('text/html').send('<html><body>Server Error</body></html>');
    const found = workflowOf(request);
    if (!found) return refuse(reply, 404, 'Not Found');
    const body = bodyOf(request);
    const wrong = whyNotDispatched(found.repository, found.workflow, body, versionOf(request));
    if (wrong !== undefined) return refuse(reply, 422, wrong);
    const { ref, inputs = {}, return_run_details: wantsDetails } = body as { ref: string; inputs?: Record<string, unknown>; return_run_details?: boolean };
    const run: DispatchedRun = {
      ...found,
      id: 30_000_000_000 + runs.length + systemRandom.bytes(2).readUInt16BE() * 1000,
      ref,
      inputs: Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, String(value)])),
      createdAt: clock.now(),
      number: runs.filter((one) => one.workflow === found.workflow).length + 1,
    };
    runs.push(run);
    if (fault === 'loses the answer') {
      reply.raw.socket?.destroy();
      return reply.hijack();
    }
    if (!wantsDetails && versionOf(request) === firstVersion) return reply.code(204).send();
    const { url, html_url } = runJson(run);
    return { workflow_run_id: run.id, run_url: url, html_url };
  });

  server.get(`${base}/actions/runs/:run`, async (request, reply) => {
    const run = runOf(request);
    return run ? runJson(run) : refuse(reply, 404, 'Not Found');
  });
  server.post(`${base}/actions/runs/:run/cancel`, async (request, reply) => {
    const run = runOf(request);
    if (!run) return refuse(reply, 404, 'Not Found');
    if (progressOf(run).status === 'completed') return refuse(reply, 409, 'Cannot cancel a workflow run that is completed.');
    ends.set(run.id, { conclusion: 'cancelled', at: clock.now() });
    return reply.code(202).send({});
  });
  server.get(`${base}/actions/runs`, async (request, reply) => (repositoryOf(request) ? listRuns(request, (run) => run.repository === repositoryOf(request)) : refuse(reply, 404, 'Not Found')));
  server.get(`${base}/actions/workflows/:workflow/runs`, async (request, reply) => {
    const found = workflowOf(request);
    return found ? listRuns(request, (run) => run.workflow === found.workflow) : refuse(reply, 404, 'Not Found');
  });
  server.get(`${base}/contents/*`, async (request, reply) => {
    const path = decodeURIComponent((request.params as { '*': string })['*']);
    const text = repositoryOf(request)?.files[path];
    if (text === undefined) return refuse(reply, 404, 'Not Found');
    const sha = createHash('sha1').update(`blob ${Buffer.byteLength(text)}\0${text}`).digest('hex');
    return { type: 'file', encoding: 'base64', size: Buffer.byteLength(text), name: path.split('/').at(-1), path, sha, content: Buffer.from(text).toString('base64').replace(/.{60}/g, '$&\n') };
  });
  server.get(`${base}/commits/:ref/check-runs`, async (request, reply) => {
    const checks = repositoryOf(request)?.checks[(request.params as { ref: string }).ref];
    if (!checks) return refuse(reply, 422, `No commit found for SHA: ${(request.params as { ref: string }).ref}`);
    return { total_count: checks.length, check_runs: checks.map((check, id) => ({ id: id + 1, ...check, status: check.conclusion === null ? 'in_progress' : 'completed' })) };
  });
  server.setNotFoundHandler((_request, reply) => refuse(reply, 404, 'Not Found'));

  function repositoryOf(request: FastifyRequest): Repository | undefined {
    const { owner, repo } = request.params as { owner: string; repo: string };
    return repositories.find((one) => one.owner === owner && one.name === repo);
  }
  function workflowOf(request: FastifyRequest): { readonly repository: Repository; readonly workflow: Workflow } | undefined {
    const repository = repositoryOf(request);
    const { workflow: name } = request.params as { workflow: string };
    const workflow = repository?.workflows.find((one) => one.file === name || String(one.id) === name);
    return repository && workflow && { repository, workflow };
  }
  function runOf(request: FastifyRequest): DispatchedRun | undefined {
    return runs.find((run) => String(run.id) === (request.params as { run: string }).run && run.repository === repositoryOf(request));
  }
  function progressOf(run: DispatchedRun): { readonly status: string; readonly conclusion: string | null; readonly at: Date } {
    const end = ends.get(run.id);
    if (end) return { status: 'completed', conclusion: end.conclusion, at: end.at };
    const ageMs = clock.now().getTime() - run.createdAt.getTime();
    const after = (ms: number) => new Date(run.createdAt.getTime() + ms);
    if (ageMs < startsAfterMs) return { status: 'queued', conclusion: null, at: run.createdAt };
    return ageMs < endsAfterMs ? { status: 'in_progress', conclusion: null, at: after(startsAfterMs) } : { status: 'completed', conclusion: 'success', at: after(endsAfterMs) };
  }
  function runJson(run: DispatchedRun) {
    const { owner, name } = run.repository;
    const { status, conclusion, at } = progressOf(run);
    const url = `${loopback.url}/repos/${owner}/${name}/actions/runs/${run.id}`;
    return {
      id: run.id, name: run.workflow.name, display_title: run.workflow.name, node_id: '', head_branch: run.ref, head_sha: '0'.repeat(40), path: `.github/workflows/${run.workflow.file}`,
      run_number: run.number, run_attempt: 1, event: 'workflow_dispatch', status, conclusion, workflow_id: run.workflow.id, url,
      html_url: `https://github.com/${owner}/${name}/actions/runs/${run.id}`, jobs_url: `${url}/jobs`, logs_url: `${url}/logs`, cancel_url: `${url}/cancel`, rerun_url: `${url}/rerun`,
      created_at: run.createdAt.toISOString(), updated_at: at.toISOString(), run_started_at: run.createdAt.toISOString(), pull_requests: [],
    };
  }
  function listRuns(request: FastifyRequest, belongs: (run: DispatchedRun) => boolean) {
    const query = new URL(request.url, 'http://github').searchParams;
    const since = query.get('created')?.match(/^>=?(.+)$/)?.[1];
    const found = runs
      .filter(belongs)
      .map(runJson)
      .filter((run) => (query.get('event') ?? run.event) === run.event && (query.get('status') === null || [run.status, run.conclusion].includes(query.get('status'))))
      .filter((run) => since === undefined || Date.parse(run.created_at) >= Date.parse(since))
      .reverse();
    const size = Math.min(Number(query.get('per_page') ?? 30) || 30, 100);
    const page = Math.max(1, Number(query.get('page') ?? 1) || 1);
    return { total_count: found.length, workflow_runs: found.slice((page - 1) * size, page * size) };
  }

  const loopback = await listenOnLoopback(server, port);
  return {
    ...loopback,
    dispatched: runs,
    dispatchRequests: () => requests,
    finish: (runId, conclusion) => {
      ends.set(runId, { conclusion, at: clock.now() });
    },
    fault: (active) => {
      fault = active;
    },
  };
}

function whyNotDispatched(repository: Repository, workflow: Workflow, body: unknown, version: string): string | undefined {
  if (typeof body !== 'object' || body === null) return 'Problems parsing JSON';
  const { ref, inputs = {}, ...rest } = body as Record<string, unknown>;
  const unknown = Object.keys(rest).find((name) => name !== 'return_run_details' || version !== firstVersion);
  if (unknown !== undefined) return `Invalid request.\n\n"${unknown}" is not a permitted key.`;
  if (typeof ref !== 'string') return 'Invalid request.\n\n"ref" wasn\'t supplied.';
  if (typeof inputs !== 'object' || inputs === null || Array.isArray(inputs)) return 'Invalid request.\n\nFor \'properties/inputs\', it is not an object.';
  if (![...repository.branches, ...repository.tags].includes(ref.replace(/^refs\/(heads|tags)\//, ''))) return `No ref found for: ${ref}`;
  if (!workflow.isDispatchable) return "Workflow does not have 'workflow_dispatch' trigger";
  if (Object.keys(inputs).length > mostInputs) return `you may only define up to ${mostInputs} 'inputs' for a 'workflow_dispatch' event`;
  if (JSON.stringify(inputs).length > 65_535) return 'inputs are too large.';
  const unexpected = Object.keys(inputs).filter((name) => !(name in workflow.inputs));
  if (unexpected.length > 0) return `Unexpected inputs provided: ${JSON.stringify(unexpected)}`;
  for (const [name, { required, options }] of Object.entries(workflow.inputs)) {
    const value = (inputs as Record<string, unknown>)[name];
    if (required && value === undefined) return `Required input '${name}' not provided`;
    if (value !== undefined && options && !options.includes(String(value))) return `Provided value '${String(value)}' for input '${name}' not in the list of allowed values`;
  }
  return undefined;
}

function refuse(reply: FastifyReply, status: number, message: string) {
  return reply.code(status).send({ message, documentation_url: 'https://docs.github.com/rest', status: String(status) });
}

function versionOf(request: FastifyRequest): string {
  return String(request.headers['x-github-api-version'] ?? firstVersion);
}

function bodyOf(request: FastifyRequest): unknown {
  try {
    return JSON.parse(String(request.body));
  } catch {
    return undefined;
  }
}
