import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';

export const reader = 'system:serviceaccount:stockops:stockops-read';
export const writer = 'system:serviceaccount:stockops:stockops-write';

interface Kubeconfig {
  readonly users: readonly { readonly name: string; readonly user: object }[];
  readonly contexts: readonly { readonly name: string; readonly context: { readonly cluster: string; readonly user: string } }[];
}

/**
 * Two kubeconfigs in which every context but `admin` and `outsider` is one of the bot's identities. They log in as the administrator and ask
 * the cluster to take each request as the service account's: its rights decide, and the audit log names it.
 */
export async function asBotsIdentities(kubeconfigPath: string, folder: string): Promise<{ readonly kubeconfigPath: string; readonly writeKubeconfigPath: string }> {
  const config = parse(await readFile(kubeconfigPath, 'utf8')) as Kubeconfig;
  const administrator = config.contexts.find(({ name }) => name === 'admin')?.context.user;
  const credentials = config.users.find(({ name }) => name === administrator)?.user;
  if (credentials === undefined) throw new Error('the kubeconfig has no context "admin"');
  const write = async (name: string, account: string): Promise<string> => {
    const path = join(folder, name);
    const contexts = config.contexts.map((one) => (['admin', 'outsider'].includes(one.name) ? one : { ...one, context: { ...one.context, user: 'bot' } }));
    await writeFile(path, stringify({ ...config, users: [...config.users, { name: 'bot', user: { ...credentials, as: account } }], contexts }), { mode: 0o600 });
    return path;
  };
  return { kubeconfigPath: await write('kubeconfig-read', reader), writeKubeconfigPath: await write('kubeconfig-write', writer) };
}
