import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { StockOpsError } from '../../support/errors.ts';
import { rememberSecrets } from '../../support/redact/known-secrets.ts';

interface User {
  readonly exec?: unknown;
  readonly 'auth-provider'?: unknown;
  readonly token?: string;
  readonly password?: string;
  readonly 'client-key-data'?: string;
}

/**
 * Reads a kubeconfig and refuses one that would run programs. `exec` and `auth-provider` start what the file says, as the user
 * that the bot runs as; a file that somebody else can write would be a way in (GUARANTEES T-28). Also protects Helm, which is
 * given the same file.
 */
export function readKubeconfig(path: string, allowExec: boolean): string {
  const text = readText(path);
  const config = parseYaml(text, path) as { users?: { name?: string; user?: User }[] } | null;
  const program = config?.users?.find(({ user }) => user?.exec !== undefined || user?.['auth-provider'] !== undefined);
  if (program !== undefined && !allowExec) {
    throw new StockOpsError(
      'NOT_CONFIGURED',
      `The kubeconfig ${path} runs a program to log in (user ${String(program.name)}). Use a token or a certificate, or allow it with KUBECONFIG_ALLOW_EXEC=true.`,
    );
  }
  rememberSecrets((config?.users ?? []).flatMap(({ user }) => [user?.token, user?.password, user?.['client-key-data']]));
  return text;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new StockOpsError('NOT_CONFIGURED', `The kubeconfig ${path} cannot be read.`, { cause: error });
  }
}

function parseYaml(text: string, path: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new StockOpsError('NOT_CONFIGURED', `The kubeconfig ${path} is not YAML.`, { cause: error });
  }
}
