#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { checkConfig } from './commands/check-config.ts';
import { serve } from './commands/serve.ts';
import packageJson from '../package.json' with { type: 'json' };

// Exit status: 0 done; 1 it failed; 2 wrong use or wrong configuration; 3 another process holds the data directory.

const usage = `stockops: runs the runbooks of your systems with the people who are on call

  stockops serve                  the bot (settings from the environment)
  stockops sandbox                the bot with everything around it, on this machine
  stockops check-config [dir]     what is wrong with the catalog, or what it offers
  stockops db migrate             brings the database's schema up to date
  stockops --version | --help
`;

const commands: Readonly<Record<string, (words: readonly string[]) => Promise<number>>> = {
  serve: () => serve(process.env),
  sandbox: async () => {
    const { runSandbox } = await import('../sandbox/run.ts');
    return runSandbox();
  },
  'check-config': ([directory]) => checkConfig(directory ?? process.env['STOCKOPS_SYSTEMS_DIR'] ?? './systems'),
  db: async ([what]) => {
    if (what !== 'migrate') return wrongUse();
    const { migrateDatabase } = await import('./commands/migrate-database.ts');
    return migrateDatabase(process.env);
  },
};

async function main(): Promise<number> {
  let parsed;
  try {
    parsed = parseArgs({ args: process.argv.slice(2), allowPositionals: true, options: { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean' } } });
  } catch (error) {
    console.error(error instanceof Error ? error.message : 'These words are not understood.');
    return wrongUse();
  }
  if (parsed.values.version === true) return print(packageJson.version);
  if (parsed.values.help === true) return print(usage);
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
