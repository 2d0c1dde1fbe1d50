import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';

/** Every setting, what it is for and an example. The README's table and the messages about wrong settings come from here. */
export const settingDocs = {
  PORT: { purpose: 'port of the listener for outside systems', example: '8080' },
  HOST: { purpose: 'address of the listener for outside systems', example: '0.0.0.0' },
  OPS_HOST: { purpose: 'address of /livez, /readyz and /metrics', example: '127.0.0.1' },
  OPS_PORT: { purpose: 'port of /livez, /readyz and /metrics', example: '9090' },
  ALERTMANAGER_TOKEN: { purpose: 'bearer token that Alertmanager must send; several, separated by commas, while one replaces another', example: '64 random hex digits' },
  DATABASE_URL: { purpose: 'PostgreSQL; without it PGlite in STOCKOPS_DATA_DIR', example: 'postgres://stockops@db/stockops' },
  STOCKOPS_ALLOW_LOSS: { purpose: 'true: start although the database may lose what it has confirmed', example: 'false' },
  STOCKOPS_DATA_DIR: { purpose: 'directory of PGlite', example: './data' },
  STOCKOPS_SYSTEMS_DIR: { purpose: 'directory of the catalog', example: './systems' },
  SLACK_BOT_TOKEN: { purpose: 'bot token of the Slack app', example: 'xoxb-…' },
  SLACK_APP_TOKEN: { purpose: 'app-level token for Socket Mode', example: 'xapp-…' },
  SLACK_SIGNING_SECRET: { purpose: 'signing secret of the Slack app, instead of Socket Mode; several, separated by commas, while one replaces another', example: '32 hex digits' },
  SLACK_API_URL: { purpose: 'address of Slack, where it is not the usual one', example: 'https://slack.com/api/' },
  PAGERDUTY_API_TOKEN: { purpose: 'REST token of PagerDuty, for who is on call', example: '20 characters' },
  PAGERDUTY_API_URL: { purpose: 'address of PagerDuty’s REST API', example: 'https://api.pagerduty.com' },
  PAGERDUTY_EVENTS_URL: { purpose: 'address of PagerDuty’s Events API', example: 'https://events.pagerduty.com' },
  KUBECONFIG: { purpose: 'kubeconfig with the contexts that the systems name; without it the pod’s own service account', example: '/etc/stockops/kubeconfig' },
  KUBECONFIG_WRITE: { purpose: 'kubeconfig with the same contexts, for changes alone; without it KUBECONFIG serves for both', example: '/etc/stockops/kubeconfig-write' },
  KUBECONFIG_ALLOW_EXEC: { purpose: 'true: the kubeconfig may start programs to log in', example: 'false' },
  HELM_BIN: { purpose: 'the Helm 4 program', example: '/usr/local/bin/helm' },
  STOCKOPS_CHARTS_DIR: { purpose: 'directory that the charts of the systems’ files are relative to', example: '/etc/stockops' },
  DOCKER_BIN: { purpose: 'the docker program with its compose plugin', example: '/usr/bin/docker' },
  STOCKOPS_INSTALLATION: { purpose: 'name of this installation, part of PagerDuty’s dedup keys', example: 'harbor' },
  STOCKOPS_PRIVATE_HOSTS: { purpose: 'hosts that probes may reach although their address is private, or without TLS; separated by commas', example: 'stock.internal.example.com' },
  STOCKOPS_READ_ONLY: { purpose: 'true: everything may be looked at and acknowledged, and no change is made', example: 'false' },
  STOCKOPS_AUDIT_CHANNEL: { purpose: 'channel that anchors of the record are posted to, besides the log', example: '#stockops-audit' },
  STOCKOPS_KEEP_DAYS: { purpose: 'how many days what is over stays in the database; incidents, runs and the record stay for ever', example: '90' },
  LOG_LEVEL: { purpose: 'least severe line that is logged: debug, info, warn or error', example: 'info' },
} as const;
export type SettingName = keyof typeof settingDocs;

/** Settings that hold a secret: never printed, and readable from a file named by `NAME_FILE`. */
export const secretSettings: ReadonlySet<string> = new Set<SettingName>(['ALERTMANAGER_TOKEN', 'DATABASE_URL', 'SLACK_BOT_TOKEN', 'SLACK_APP_TOKEN', 'SLACK_SIGNING_SECRET', 'PAGERDUTY_API_TOKEN']);

const port = z.coerce.number().int().min(0).max(65_535);
const url = z.url({ protocol: /^https?$/ });
const yesOrNo = z
  .enum(['true', 'false'])
  .default('false')
  .transform((answer) => answer === 'true');
const Tokens = z
  .string()
  .transform((text) => text.split(',').map((token) => token.trim()))
  .refine((tokens) => tokens.every((token) => token.length >= 32), 'each token must have at least 32 characters');
/** What every part of an address may hold: a lone % cannot be read back, and neither PostgreSQL's client nor the redactor could use it. */
function isReadable(address: string): boolean {
  try {
    decodeURIComponent(address);
    return true;
  } catch {
    return false;
  }
}
const Settings = z
  .object({
    PORT: port.default(8080),
    HOST: z.string().default('0.0.0.0'),
    OPS_HOST: z.string().default('127.0.0.1'),
    OPS_PORT: port.default(9090),
    ALERTMANAGER_TOKEN: Tokens.optional(),
    DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).refine(isReadable, 'a % in it must be written as %25').optional(),
    STOCKOPS_ALLOW_LOSS: yesOrNo,
    STOCKOPS_DATA_DIR: z.string().default('./data'),
    STOCKOPS_SYSTEMS_DIR: z.string().default('./systems'),
    SLACK_BOT_TOKEN: z.string().min(1),
    SLACK_APP_TOKEN: z.string().min(1).optional(),
    SLACK_SIGNING_SECRET: z
      .string()
      .transform((text) => text.split(',').map((secret) => secret.trim()))
      .refine((secrets) => secrets.every((secret) => secret.length >= 16), 'each secret must have at least 16 characters')
      .optional(),
    SLACK_API_URL: url.optional(),
    PAGERDUTY_API_TOKEN: z.string().min(1).optional(),
    PAGERDUTY_API_URL: url.default('https://api.pagerduty.com'),
    PAGERDUTY_EVENTS_URL: url.default('https://events.pagerduty.com'),
    KUBECONFIG: z.string().optional(),
    KUBECONFIG_WRITE: z.string().optional(),
    KUBECONFIG_ALLOW_EXEC: yesOrNo,
    HELM_BIN: z.string().default('helm'),
    STOCKOPS_CHARTS_DIR: z.string().default('.'),
    DOCKER_BIN: z.string().default('docker'),
    STOCKOPS_INSTALLATION: z
      .string()
      .regex(/^[a-z0-9-]{1,40}$/, 'lower-case letters, digits and hyphens, at most 40')
      .default('stockops'),
    STOCKOPS_PRIVATE_HOSTS: z
      .string()
      .default('')
      .transform((text) => text.split(',').map((host) => host.trim()).filter((host) => host !== '')),
    STOCKOPS_READ_ONLY: yesOrNo,
    STOCKOPS_AUDIT_CHANNEL: z
      .string()
      .regex(/^(?:#[^\s#@,]{1,80}|[CG][A-Z0-9]{2,20})$/, 'a channel such as #stockops-audit')
      .optional(),
    STOCKOPS_KEEP_DAYS: z.coerce.number().int().min(7).max(3_650).default(90),
    LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  })
  .refine((settings) => settings.SLACK_APP_TOKEN !== undefined || settings.SLACK_SIGNING_SECRET !== undefined, {
    path: ['SLACK_APP_TOKEN'],
    message: 'is missing (or SLACK_SIGNING_SECRET, for HTTP mode)',
  });

export interface Settings extends z.output<typeof Settings> {
  /** Tokens of those who may send alerts, by the setting that `sources.yaml` names: `ALERTMANAGER_TOKEN`, `ALERTMANAGER_TOKEN_STAGING`. */
  readonly alertmanagerTokens: ReadonlyMap<string, readonly string[]>;
  /** PagerDuty routing keys by the setting that a system's file names. */
  readonly routingKeys: ReadonlyMap<string, string>;
}

/** Every value in the settings that must not be seen, for the redactor: of an address also the password alone. */
export function secretsOf(settings: Settings): string[] {
  const values = Object.entries(settings).flatMap(([name, value]) => (secretSettings.has(name) && value !== undefined ? [value].flat().map(String) : []));
  const passwords = values.flatMap((value) => (URL.canParse(value) ? [decodeURIComponent(new URL(value).password)] : []));
  return [...values, ...passwords, ...settings.routingKeys.values(), ...[...settings.alertmanagerTokens.values()].flat()].filter((value) => value !== '');
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** All problems at once, each with the setting's name, what it is for, and an example. `openFiles`: files with a secret that others can read or change. */
export function readSettings(
  environment: Environment,
  readFile: (path: string) => string = (path) => readFileSync(path, 'utf8'),
  modeOf: (path: string) => number = (path) => statSync(path).mode,
): { ok: true; settings: Settings; openFiles: string[] } | { ok: false; problems: string[] } {
  const problems: string[] = [];
  const openFiles: string[] = [];
  const values: Record<string, string> = {};
  const take = (name: string) => {
    const given = environment[name];
    const file = environment[`${name}_FILE`];
    if (given !== undefined && given !== '') values[name] = given;
    else if (file !== undefined && file !== '') {
      try {
        values[name] = readFile(file).trim();
        if (holdsSecret(name) && !openFiles.includes(file) && isOpen(file, modeOf)) openFiles.push(file);
      } catch {
        problems.push(`${name}_FILE: ${file} cannot be read.`);
      }
    }
  };
  for (const name of Object.keys(settingDocs)) take(name);
  const routingNames = Object.keys(environment).flatMap((name) => /^(PAGERDUTY_ROUTING_KEY_[A-Z0-9_]+?)(_FILE)?$/.exec(name)?.[1] ?? []);
  for (const name of routingNames) take(name);
  const tokens = new Map<string, readonly string[]>();
  const tokenNames = Object.keys(environment).flatMap((name) => /^(ALERTMANAGER_TOKEN_(?!FILE$)[A-Z0-9_]+?)(_FILE)?$/.exec(name)?.[1] ?? []);
  for (const name of new Set(['ALERTMANAGER_TOKEN', ...tokenNames])) {
    take(name);
    const read = Tokens.safeParse(values[name]);
    if (read.success) tokens.set(name, read.data);
    else if (name !== 'ALERTMANAGER_TOKEN' && values[name] !== undefined) problems.push(`${name} ${read.error.issues[0]?.message}: ${settingDocs.ALERTMANAGER_TOKEN.purpose}`);
  }
  if (values['ALERTMANAGER_TOKEN'] === undefined && tokens.size === 0) {
    const { purpose, example } = settingDocs.ALERTMANAGER_TOKEN;
    problems.push(`ALERTMANAGER_TOKEN is missing: ${purpose}, for example ALERTMANAGER_TOKEN=${example}`);
  }

  const parsed = Settings.safeParse(values);
  if (!parsed.success)
    for (const issue of parsed.error.issues) {
      const name = String(issue.path[0] ?? '') as SettingName;
      const doc = settingDocs[name];
      const missing = values[name] === undefined && name !== 'SLACK_APP_TOKEN';
      problems.push(`${name} ${missing ? 'is missing' : issue.message}: ${doc.purpose}, for example ${name}=${doc.example}`);
    }
  if (!parsed.success || problems.length > 0) return { ok: false, problems };
  const routingKeys = new Map(routingNames.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]] as const])));
  return { ok: true, settings: { ...parsed.data, routingKeys, alertmanagerTokens: tokens }, openFiles: [...new Set(openFiles)] };
}

const holdsSecret = (name: string): boolean => secretSettings.has(name) || /^(PAGERDUTY_ROUTING_KEY|ALERTMANAGER_TOKEN)_/.test(name);

/** Whether anybody but its owner and group can read it, or anybody but its owner can change it. */
function isOpen(file: string, modeOf: (path: string) => number): boolean {
  try {
    return (modeOf(file) & 0o137) !== 0;
  } catch {
    return false;
  }
}
