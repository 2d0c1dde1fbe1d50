import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Faults and records of the `helm` program. They live beside the kubeconfig that it is given, because callers give it little else:
 * its environment is scrubbed.
 */
export interface HelmFault {
  /**
   * `hang-before`, `hang-after`: stands still before anything, or when the objects are applied and the release is still pending.
   * `die-before`, `die-after`: as if killed there. `fail`: exit 1 with `message` before anything.
   */
  readonly mode: 'hang-before' | 'hang-after' | 'die-before' | 'die-after' | 'fail';
  /** Only this command; without it the commands that change something. */
  readonly command?: string;
  readonly message?: string;
  /** How often; without it once. */
  readonly times?: number;
}

export interface HelmCall {
  readonly at: string;
  readonly argv: readonly string[];
  readonly environment: readonly string[];
  readonly exitCode?: number;
}

// One of each for all kubeconfigs of a folder: who looks and who changes things have different ones.
const faultFile = (kubeconfig: string) => join(dirname(kubeconfig), 'helm-fault.json');
const callsFile = (kubeconfig: string) => join(dirname(kubeconfig), 'helm-calls.jsonl');

export function setHelmFault(kubeconfig: string, fault: HelmFault): void {
  writeFileSync(faultFile(kubeconfig), JSON.stringify({ times: 1, ...fault }));
}

export function clearHelmFault(kubeconfig: string): void {
  rmSync(faultFile(kubeconfig), { force: true });
}

/** Every start of the program, with the names (not the values) of its environment. */
export function helmCalls(kubeconfig: string): readonly HelmCall[] {
  if (!existsSync(callsFile(kubeconfig))) return [];
  return readFileSync(callsFile(kubeconfig), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as HelmCall);
}

export function recordHelmCall(kubeconfig: string, call: HelmCall): void {
  try {
    appendFileSync(callsFile(kubeconfig), `${JSON.stringify(call)}\n`);
  } catch {
    // A kubeconfig in a place that cannot be written has no record.
  }
}

/** Takes the fault that applies to this command, if there is one, and counts it down. */
export function takeHelmFault(kubeconfig: string, command: string): HelmFault | undefined {
  if (!existsSync(faultFile(kubeconfig))) return undefined;
  const fault = JSON.parse(readFileSync(faultFile(kubeconfig), 'utf8')) as HelmFault & { times: number };
  const applies = fault.command === undefined ? ['upgrade', 'rollback'].includes(command) : fault.command === command;
  if (!applies) return undefined;
  if (fault.times <= 1) clearHelmFault(kubeconfig);
  else writeFileSync(faultFile(kubeconfig), JSON.stringify({ ...fault, times: fault.times - 1 }));
  return fault;
}

const describesFile = (kubeconfig: string) => `${kubeconfig}.helm-describes-rollbacks`;

/** Makes it a Helm after 4.1, whose rollback takes `--description`. */
export function setHelmDescribesRollbacks(kubeconfig: string): void {
  writeFileSync(describesFile(kubeconfig), '');
}

export function describesRollbacks(kubeconfig: string | undefined): boolean {
  return kubeconfig !== undefined && existsSync(describesFile(kubeconfig));
}
