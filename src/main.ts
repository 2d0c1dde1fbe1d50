#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import packageJson from '../package.json' with { type: 'json' };
import type { AuditOptions } from './commands/audit.ts';

// Exit status: 0 done; 1 it failed; 2 wrong use or wrong configuration; 3 another process holds the data directory.

const usage = `stockops: runs the runbooks of your systems with the people who are on call

  stockops serve                  the bot (settings from the environment)
  stockops sandbox                the bot with everything around it, on this machine
  stockops check-config [dir]     what is wrong with the catalog, or what it offers
  stockops db migrate             brings the database's schema up to date
  stockops audit verify           whether the record is whole; --anchor <sequence>:<hash> as often as there are anchors,
                                  --file <export> without the database, --partial for an export with filters
  stockops audit export           the record as JSON Lines; --since, --until, --system, --actor
  stockops --version | --help
`;

const text = { type: 'string' } as const;
const auditOptions = { anchor: { type: 'string', multiple: true }, file: text, partial: { type: 'boolean' }, since: text, until: text, system: text, actor: text } as const;

/** Each command is loaded when it is asked for: checking a file should not wait for Slack's and Kubernetes' clients. */
const commands: Readonly<Record<string, (words: readonly string[], options: AuditOptions) => Promise<number>>> = {
  serve: async () => (await import('./commands/serve.ts')).serve(process.env),
  sandbox,
  'check-config': async ([directory]) => (await import('./commands/check-config.ts')).checkConfig(directory ?? process.env['STOCKOPS_SYSTEMS_DIR'] ?? './systems'),
  audit: async ([what], options) => {
    const { exportAudit, verifyAudit } = await import('./commands/audit.ts');
    return what === 'verify' ? verifyAudit(process.env, options) : what === 'export' ? exportAudit(process.env, options) : wrongUse();
  },
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
    parsed = parseArgs({ args: process.argv.slice(2), allowPositionals: true, options: { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean' }, 'list-failpoints': { type: 'boolean' }, ...auditOptions } });
  } catch (error) {
    console.error(error instanceof Error ? error.message : 'These words are not understood.');
    return wrongUse();
  }
  if (parsed.values.version === true) return print(packageJson.version);
  if (parsed.values.help === true) return print(usage);
  if (parsed.values['list-failpoints'] === true) return print((await import('./support/failpoints.ts')).failpoints.join('\n'));
  const [name = 'serve', ...words] = parsed.positionals;
  const command = commands[name];
  const hasAuditOption = Object.keys(parsed.values).some((option) => Object.hasOwn(auditOptions, option));
  return command === undefined || (hasAuditOption && name !== 'audit') ? wrongUse() : command(words, parsed.values);
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
