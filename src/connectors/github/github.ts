import { Octokit } from '@octokit/rest';
import { redactTo } from '../../support/redact/redact.ts';

/** What the bot does on GitHub. No method rejects, and the token is in no answer. */
export interface GitHubPort {
  /** Starts a workflow, once. Never repeated by itself: each request that arrives is another run. */
  dispatch(request: WorkflowDispatch): Promise<DispatchReceipt>;
  run(repository: RepositoryName, runId: number): Promise<Found<WorkflowRun>>;
  /** Runs of a workflow that were started by a dispatch, newest first: where to look when an answer was lost. */
  runs(repository: RepositoryName, workflow: string, since: Date): Promise<Found<readonly WorkflowRun[]>>;
}

export interface RepositoryName {
  readonly owner: string;
  readonly name: string;
}

export interface WorkflowDispatch {
  readonly repository: RepositoryName;
  /** File name, such as `deploy.yml`. */
  readonly workflow: string;
  /** A branch or a tag; GitHub takes no commit here. */
  readonly ref: string;
  readonly inputs: Readonly<Record<string, string>>;
}

export type DispatchReceipt =
  | { readonly status: 'accepted'; readonly runId: number; readonly url: string }
  | { readonly status: 'rejected'; readonly reason: string }
  | { readonly status: 'lost'; readonly reason: string };

export interface WorkflowRun {
  readonly id: number;
  readonly title: string;
  /** `queued`, `in_progress`, `waiting` (for somebody's approval on GitHub), `completed` … */
  readonly status: string;
  readonly conclusion: string | null;
  readonly url: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type Found<T> = { readonly status: 'found'; readonly value: T } | { readonly status: 'not found' } | { readonly status: 'failed'; readonly reason: string };

/** A workflow that may be started, from where, and with which inputs. */
export interface AllowedWorkflow {
  readonly repository: RepositoryName;
  readonly workflow: string;
  readonly refs: readonly string[];
  readonly inputs: readonly string[];
}

export interface GitHubSettings {
  /** `https://api.github.com`. */
  readonly apiUrl: string;
  readonly token: string;
  readonly deadlineMs?: number;
  /** Nothing else is started, whatever the token would allow (T-20). */
  readonly allowed: readonly AllowedWorkflow[];
}

export function createGitHub({ apiUrl, token, allowed, deadlineMs = 10_000 }: GitHubSettings): GitHubPort {
  const octokit = new Octokit({
    baseUrl: apiUrl,
    auth: token,
    // A second dispatch after a lost answer would be a second run, so nothing is ever repeated here, whatever plugin comes along.
    request: { retries: 0 },
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  const options = () => ({ request: { retries: 0, signal: AbortSignal.timeout(deadlineMs) }, headers: { 'x-github-api-version': '2022-11-28' } });

  return {
    async dispatch({ repository, workflow, ref, inputs }) {
      const why = whyNotAllowed({ repository, workflow, ref, inputs }, allowed);
      if (why !== null) return { status: 'rejected', reason: why };
      try {
        const { data } = await octokit.request('POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches', {
          owner: repository.owner,
          repo: repository.name,
          workflow_id: workflow,
          ref,
          inputs,
          return_run_details: true,
          ...options(),
        });
        const { workflow_run_id: runId, html_url: url } = (data ?? {}) as { workflow_run_id?: number; html_url?: string };
        // An old GitHub Enterprise takes the request without telling which run it became.
        return runId === undefined ? { status: 'lost', reason: 'GitHub took the request and did not say which run it became.' } : { status: 'accepted', runId, url: url ?? '' };
      } catch (error) {
        const status = statusOf(error);
        if (status === undefined || status >= 500) return { status: 'lost', reason: reasonOf(error, deadlineMs) };
        return { status: 'rejected', reason: reasonOf(error, deadlineMs) };
      }
    },

    run: (repository, runId) =>
      find(deadlineMs, async () => runOf((await octokit.rest.actions.getWorkflowRun({ owner: repository.owner, repo: repository.name, run_id: runId, ...options() })).data)),

    runs: (repository, workflow, since) =>
      find(deadlineMs, async () => {
        const { data } = await octokit.rest.actions.listWorkflowRuns({
          owner: repository.owner,
          repo: repository.name,
          workflow_id: workflow,
          event: 'workflow_dispatch',
          created: `>=${since.toISOString()}`,
          per_page: 100,
          ...options(),
        });
        return data.workflow_runs.map(runOf);
      }),
  };
}

function whyNotAllowed({ repository, workflow, ref, inputs }: WorkflowDispatch, allowed: readonly AllowedWorkflow[]): string | null {
  const entry = allowed.find((one) => one.repository.owner === repository.owner && one.repository.name === repository.name && one.workflow === workflow);
  if (entry === undefined) return 'This workflow is not one that may be started from here.';
  if (!entry.refs.includes(ref)) return 'This workflow may not be started from that branch or tag.';
  const unknown = Object.keys(inputs).filter((name) => !entry.inputs.includes(name));
  return unknown.length === 0 ? null : `This workflow may not be given ${unknown.map((name) => JSON.stringify(name.slice(0, 80))).join(', ')}.`;
}

async function find<T>(deadlineMs: number, read: () => Promise<T>): Promise<Found<T>> {
  try {
    return { status: 'found', value: await read() };
  } catch (error) {
    return statusOf(error) === 404 ? { status: 'not found' } : { status: 'failed', reason: reasonOf(error, deadlineMs) };
  }
}

function runOf(run: { id: number; display_title: string; status: string | null; conclusion: string | null; html_url: string; created_at: string; updated_at: string }): WorkflowRun {
  return { id: run.id, title: run.display_title, status: run.status ?? 'unknown', conclusion: run.conclusion, url: run.html_url, createdAt: new Date(run.created_at), updatedAt: new Date(run.updated_at) };
}

/** The status of GitHub's answer. Octokit gives 500 to its own failures, which have no answer. */
function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('status' in error) || !('response' in error) || error.response === undefined) return undefined;
  return typeof error.status === 'number' ? error.status : undefined;
}

/** GitHub's own words about what was asked, and ours for everything else: a client's error holds the request with its headers. */
function reasonOf(error: unknown, deadlineMs: number): string {
  const status = statusOf(error);
  if (status === undefined) return isTimeout(error) ? `GitHub did not answer within ${deadlineMs / 1000} s.` : 'The connection to GitHub broke.';
  if (status === 401) return 'GitHub does not take the token (401).';
  const { data } = (error as { response: { data: unknown } }).response;
  const message = typeof data === 'object' && data !== null && 'message' in data && typeof data.message === 'string' ? data.message : '';
  return message === '' ? `GitHub answered ${status}.` : `GitHub answered ${status}: ${redactTo(message, 300).replace(/\s+/g, ' ')}`;
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && (['TimeoutError', 'AbortError'].includes(error.name) || isTimeout(error.cause) || error.message.includes('aborted due to timeout'));
}
