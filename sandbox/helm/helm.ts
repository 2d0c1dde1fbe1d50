#!/usr/bin/env node
/**
 * A stand-in for `helm` 4: same command line, same words, same exit codes, same Secrets in the cluster. It renders simple charts and
 * applies them to whatever cluster the kubeconfig names, which in tests and in the sandbox is the stand-in of the Kubernetes API.
 */
import { connect } from './cluster-client.ts';
import { runCommand } from './commands.ts';
import { describesRollbacks, recordHelmCall, takeHelmFault } from './faults.ts';
import { COMMANDS, parseCommandLine, UsageError, type Invocation } from './flags.ts';

const VERSION = 'v4.1.4';

async function main(argv: readonly string[]): Promise<number> {
  let invocation: Invocation;
  try {
    invocation = parseCommandLine(argv, describesRollbacks(process.env['KUBECONFIG']));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`Error: ${error.message}\n`);
    return 1;
  }
  if (invocation.flag('help')) {
    process.stdout.write(`Usage:\n  helm ${COMMANDS[invocation.command]?.use} [flags]\n\nFlags:\n${invocation.knownFlags.map((name) => `      --${name}\n`).join('')}`);
    return 0;
  }
  if (invocation.command === 'version') {
    process.stdout.write(invocation.flag('short') ? `${VERSION}\n` : `version.BuildInfo{Version:"${VERSION}", GitCommit:"", GitTreeState:"clean", GoVersion:"", KubeClientVersion:"v1.35"}\n`);
    return 0;
  }
  const kubeconfig = invocation.text('kubeconfig') ?? process.env['KUBECONFIG'];
  if (kubeconfig !== undefined) recordHelmCall(kubeconfig, { at: new Date().toISOString(), argv, environment: Object.keys(process.env).sort() });
  const fault = kubeconfig === undefined ? undefined : takeHelmFault(kubeconfig, invocation.command);
  if (fault?.mode === 'fail') {
    process.stderr.write(`Error: ${fault.message ?? 'the server was unable to return a response in the time allotted'}\n`);
    return 1;
  }
  if (fault?.mode === 'hang-before') await forEver();
  if (fault?.mode === 'die-before') die();
  try {
    const client = await connect({
      kubeconfig, context: invocation.text('kube-context'), namespace: invocation.text('namespace') ?? process.env['HELM_NAMESPACE'], asUser: invocation.text('kube-as-user'),
    });
    const printed = await runCommand(invocation, {
      client,
      warn: (line) => process.stderr.write(`level=WARN ${line.startsWith('msg=') ? line : `msg=${JSON.stringify(line)}`}\n`),
      afterEffect: async () => {
        if (fault?.mode === 'hang-after') await forEver();
        if (fault?.mode === 'die-after') die();
      },
    });
    process.stdout.write(printed);
    return 0;
  } catch (error) {
    process.stderr.write(`Error: ${(error as Error).message}\n`);
    return 1;
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
