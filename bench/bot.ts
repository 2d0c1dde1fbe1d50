import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freePort, startProcess, type ServerProcess } from './process.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
/** Node's own, as the first line of the program gives them to whoever starts `stockops`. */
const flags = readFileSync(main, 'utf8').split('\n', 1)[0]?.split(' ').filter((word) => word.startsWith('--')) ?? [];

/** The real bot, as it runs in production: `stockops serve` in a process of its own. */
export interface BotProcess extends ServerProcess {
  readonly webhookUrl: string;
  /** The sum of a metric over its labels; with `label`, of those that have it, such as `answer="200"`. */
  metric(name: string, label?: string): Promise<number>;
}

export async function startBotProcess(environment: Readonly<Record<string, string>>): Promise<BotProcess> {
  const [port, operationsPort] = [await freePort(), await freePort()];
  const operations = `http://127.0.0.1:${operationsPort}`;
  const started = await startProcess(
    [...flags, main, 'serve'],
    { ...environment, HOST: '127.0.0.1', PORT: String(port), OPS_PORT: String(operationsPort), LOG_LEVEL: 'error' },
    `${operations}/readyz`,
  );
  const metric = async (name: string, label = ''): Promise<number> => {
    const lines = (await (await fetch(`${operations}/metrics`)).text()).split('\n');
    return lines.filter((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(label)).reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  };
  return { ...started, webhookUrl: `http://127.0.0.1:${port}/webhooks/alertmanager`, metric };
}
