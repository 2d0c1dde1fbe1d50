#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import packageJson from '../package.json' with { type: 'json' };
import { systemClock } from './support/clock.ts';

// Exit status: 0 done; 1 it failed; 2 wrong use or wrong configuration; 3 another process holds the data directory.

const usage = `stockops: runs the runbooks of your systems with the people who are on call

  stockops serve                  the bot (settings from the environment)
  stockops sandbox                the bot with everything around it, on this machine
  stockops check-config [dir]     what is wrong with the catalog, or what it offers
  stockops check-config --explain <system> <action> [--environment E] [--at 2026-03-02T02:13Z] [--fact F]… [dir]
                                  which rule decides over it, and who may ask and approve
  stockops db migrate             brings the database's schema up to date
  stockops --version | --help
`;

const options = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
  'list-failpoints': { type: 'boolean' },
  explain: { type: 'boolean' },
  environment: { type: 'string' },
  at: { type: 'string' },
  fact: { type: 'string', multiple: true },
} as const;
type Options = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

/** Each command is loaded when it is asked for: checking a file should not wait for Slack's and Kubernetes' clients. */
const commands: Readonly<Record<string, (words: readonly string[], options: Options) => Promise<number>>> = {
  serve: async () => (await import('./commands/serve.ts')).serve(process.env),
  sandbox,
  'check-config': checkConfig,
  db: async ([what]) => (what === 'migrate' ? (await import('./commands/migrate-database.ts')).migrateDatabase(process.env) : wrongUse()),
};

async function checkConfig(words: readonly string[], options: Options): Promise<number> {
  const [system, action, ...others] = options.explain === true ? words : [undefined, undefined, ...words];
  const at = options.at === undefined ? systemClock.now() : new Date(options.at);
  if ((options.explain === true && action === undefined) || others.length > 1 || Number.isNaN(at.getTime())) return wrongUse();
  const question = system === undefined || action === undefined ? null : { system, action, at, facts: options.fact ?? [], ...(options.environment !== undefined && { environment: options.environment }) };
  return (await import('./commands/check-config.ts')).checkConfig(others[0] ?? process.env['STOCKOPS_SYSTEMS_DIR'] ?? './systems', question);
}

/** The image of the bot leaves the sandbox out. */
async function sandbox(): Promise<number> {
  if (existsSync(new URL('../sandbox/run.ts', import.meta.url))) return (await import('../sandbox/run.ts')).runSandbox();
  console.error('The sandbox is not part of this installation. It comes with the source: npm ci && npm start');
  return 2;
}

async function main(): Promise<number> {
  let parsed;
  try {
    parsed = parseArgs({ args: process.argv.slice(2), allowPositionals: true, options });
  } catch (error) {
    console.error(error instanceof Error ? error.message : 'These words are not understood.');
    return wrongUse();
  }
  if (parsed.values.version === true) return print(packageJson.version);
  if (parsed.values.help === true) return print(usage);
  if (parsed.values['list-failpoints'] === true) return print((await import('./support/failpoints.ts')).failpoints.join('\n'));
  const [name = 'serve', ...words] = parsed.positionals;
  const command = commands[name];
  return command === undefined ? wrongUse() : command(words, parsed.values);
}

function print(text: string): number {
  console.log(text);
  return 0;
}

function wrongUse(): number {
  console.error(usage);
  return 2;
}

process.exitCode = await main();
