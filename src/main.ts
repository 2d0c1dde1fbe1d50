#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import packageJson from '../package.json' with { type: 'json' };

// Exit status: 0 done; 1 it failed; 2 wrong use or wrong configuration; 3 another process holds the data directory.

const usage = `stockops: runs the runbooks of your systems with the people who are on call

  stockops serve                  the bot (settings from the environment)
  stockops sandbox                the bot with everything around it, on this machine
  stockops check-config [dir]     what is wrong with the catalog, or what it offers
  stockops db migrate             brings the database's schema up to date
  stockops --version | --help
`;

/** Each command is loaded when it is asked for: checking a file should not wait for Slack's and Kubernetes' clients. */
const commands: Readonly<Record<string, (words: readonly string[]) => Promise<number>>> = {
  serve: async () => (await import('./commands/serve.ts')).serve(process.env),
  sandbox,
  'check-config': async ([directory]) => (await import('./commands/check-config.ts')).checkConfig(directory ?? process.env['STOCKOPS_SYSTEMS_DIR'] ?? './systems', process.env['STOCKOPS_READ_ONLY'] === 'true'),
  db: async ([what]) => (what === 'migrate' ? (await import('./commands/migrate-database.ts')).migrateDatabase(process.env) : wrongUse()),
};

/** The image of the bot leaves the sandbox out. */
async function sandbox(): Promise<number> {
  if (existsSync(new URL('../sandbox/run.ts', import.meta.url))) return (await import('../sandbox/run.ts')).runSandbox();
  console.error('The sandbox is not part of this installation. It comes with the source: npm ci && npm start');
  return 2;
}

async function main(): Promise<number> {
  let parsed;
  try {
    parsed = parseArgs({ args: process.argv.slice(2), allowPositionals: true, options: { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean' }, 'list-failpoints': { type: 'boolean' } } });
  } catch (error) {
    console.error(error instanceof Error ? error.message : 'These words are not understood.');
    return wrongUse();
  }
  if (parsed.values.version === true) return print(packageJson.version);
  if (parsed.values.help === true) return print(usage);
  if (parsed.values['list-failpoints'] === true) return print((await import('./support/failpoints.ts')).failpoints.join('\n'));
  const [name = 'serve', ...words] = parsed.positionals;
  const command = commands[name];
  return command === undefined ? wrongUse() : command(words);
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
