#!/usr/bin/env node
/**
 * A stand-in for `docker` and `docker compose`: the commands that the bot uses, with their words and exit codes, on a host that is a
 * file. STOCKOPS_DOCKER_STATE names the file; `installDocker` makes a launcher that knows it.
 */
import { parseCommandLine, UsageError } from './command-line.ts';
import { runCommand } from './commands.ts';
import { dockerClockOffsetMs, recordDockerCall, takeDockerFault } from './docker-state.ts';

async function main(argv: readonly string[]): Promise<number> {
  const stateFile = process.env['STOCKOPS_DOCKER_STATE'];
  if (stateFile === undefined) {
    process.stderr.write('the stand-in of docker needs STOCKOPS_DOCKER_STATE, the path of its state\n');
    return 2;
  }
  recordDockerCall(stateFile, { at: new Date().toISOString(), argv, environment: Object.keys(process.env).sort() });
  try {
    const invocation = parseCommandLine(argv);
    const fault = takeDockerFault(stateFile, invocation.command);
    if (fault?.mode === 'fail') {
      process.stderr.write(`${fault.message ?? 'Error response from daemon: i/o timeout'}\n`);
      return 1;
    }
    if (fault?.mode === 'hang-before') await forEver();
    if (fault?.mode === 'die-before') die();
    const offsetMs = dockerClockOffsetMs(stateFile);
    const result = runCommand(invocation, { stateFile, environment: process.env, now: () => new Date(Date.now() + offsetMs) });
    if (fault?.mode === 'hang-after') await forEver();
    if (fault?.mode === 'die-after') die();
    process.stderr.write(result.stderr);
    process.stdout.write(result.stdout);
    return result.exitCode;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return error instanceof UsageError ? error.exitCode : 1;
  }
}

/** Stands still until somebody ends the process. */
async function forEver(): Promise<void> {
  setInterval(() => undefined, 1_000_000);
  await new Promise(() => undefined);
}

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('unreachable');
}

process.exitCode = await main(process.argv.slice(2));
