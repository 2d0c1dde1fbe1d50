#!/usr/bin/env -S node --max-semi-space-size=4
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
  stockops rbac                   the Kubernetes rights that the catalog needs; --system, --environment, --write <folder>
  stockops db migrate             brings the database's schema up to date
  stockops audit verify           whether the record is whole; --anchor <sequence>:<hash> as often as there are anchors,
                                  --file <export> without the database, --partial for an export with filters
  stockops audit export           the record as JSON Lines; --since, --until, --system, --actor
  stockops --version | --help
`;

const text = { type: 'string' } as const;
const texts = { type: 'string', multiple: true } as const;
const flag = { type: 'boolean' } as const;
const options = {
  help: { type: 'boolean', short: 'h' }, version: flag, 'list-failpoints': flag,
  explain: flag, environment: text, at: text, fact: texts,
  system: text, write: text,
  anchor: texts, file: text, partial: flag, since: text, until: text, actor: text,
} as const;
type Options = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

interface Command {
  /** The options that it knows. */
  readonly takes: readonly (keyof Options)[];
  readonly run: (words: readonly string[], options: Options) => Promise<number>;
}

/** Each command is loaded when it is asked for: checking a file should not wait for Slack's and Kubernetes' clients. */
const commands: Readonly<Record<string, Command>> = {
  serve: { takes: [], run: async () => (await import('./commands/serve.ts')).serve(process.env) },
  sandbox: { takes: [], run: sandbox },
  'check-config': { takes: ['explain', 'environment', 'at', 'fact'], run: checkConfig },
  rbac: { takes: ['system', 'environment', 'write'], run: async (_words, { write, ...selection }) => (await import('./commands/rbac.ts')).rbac(systemsDirectory(), selection, write) },
  db: { takes: [], run: async ([what]) => (what === 'migrate' ? (await import('./commands/migrate-database.ts')).migrateDatabase(process.env) : wrongUse()) },
  audit: { takes: ['anchor', 'file', 'partial', 'since', 'until', 'system', 'actor'], run: audit },
};

const systemsDirectory = (): string => process.env['STOCKOPS_SYSTEMS_DIR'] ?? './systems';

async function checkConfig(words: readonly string[], asked: Options): Promise<number> {
  const [system, action, ...others] = asked.explain === true ? words : [undefined, undefined, ...words];
  const at = asked.at === undefined ? systemClock.now() : new Date(asked.at);
  if ((asked.explain === true && action === undefined) || others.length > 1 || Number.isNaN(at.getTime())) return wrongUse();
  const question = system === undefined || action === undefined ? null : { system, action, at, facts: asked.fact ?? [], ...(asked.environment !== undefined && { environment: asked.environment }) };
  return (await import('./commands/check-config.ts')).checkConfig(others[0] ?? systemsDirectory(), question, process.env['STOCKOPS_READ_ONLY'] === 'true');
}

async function audit([what]: readonly string[], asked: Options): Promise<number> {
  const { exportAudit, verifyAudit } = await import('./commands/audit.ts');
  return what === 'verify' ? verifyAudit(process.env, asked) : what === 'export' ? exportAudit(process.env, asked) : wrongUse();
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
  const { version, help, 'list-failpoints': failpoints, ...asked } = parsed.values;
  if (version === true) return print(packageJson.version);
  if (help === true) return print(usage);
  if (failpoints === true) return print(await listOfFailpoints());
  const [name = 'serve', ...words] = parsed.positionals;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  const takes: readonly string[] = command?.takes ?? [];
  return command === undefined || Object.keys(asked).some((option) => !takes.includes(option)) ? wrongUse() : command.run(words, asked);
}

/** Name and meaning, one a line; what each fault does stands above. */
async function listOfFailpoints(): Promise<string> {
  const { failpoints, faults } = await import('./support/failpoints.ts');
  const lines = Object.entries(failpoints).map(([name, meaning]) => `${name.padEnd(28)} ${meaning}`);
  return `STOCKOPS_FAILPOINTS=<name>=<${faults.join('|')}>\n\n${lines.join('\n')}`;
}

function print(message: string): number {
  console.log(message);
  return 0;
}

function wrongUse(): number {
  console.error(usage);
  return 2;
}

process.exitCode = await main();
