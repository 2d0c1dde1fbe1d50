/**
 * `npm run alert -- HighErrorRate --severity=critical` sends one real notification to a running bot, as Alertmanager would:
 * labels and annotations come from the rule in `systems/<system>/alerts.yaml` where there is one.
 */
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/support/clock.ts';
import type { LabelSet } from './fingerprint.ts';
import { notify } from './notify.ts';
import { webhookBody } from './payload.ts';
import { fillTemplate, readRules, ruleNamed } from './rules.ts';

const usage = `Usage: npm run alert -- <alert name> [options]

  --severity=<word>      label severity (default: the rule's, else critical)
  --system=<id>          system that it is about (default: stock-service)
  --label=<name>=<value> one more label; may be repeated
  --value=<number>       what {{ $value }} stands for (default: 1)
  --resolved             say that it is over
  --url=<address>        where the bot listens (default: http://127.0.0.1:$PORT, PORT 8080)
  --token=<token>        default: $ALERTMANAGER_TOKEN, else none

Example: npm run alert -- HighErrorRate --severity=critical`;

const exitCode = await send(process.argv.slice(2));
process.exit(exitCode);

async function send(words: string[]): Promise<number> {
  const command = readCommand(words);
  if (typeof command === 'string') {
    console.error(`${command}\n\n${usage}`);
    return 2;
  }
  const body = JSON.stringify(command.body);
  const attempt = await notify(systemClock, { url: command.url, ...(command.token !== undefined && { token: command.token }) }, body, systemClock.now().getTime() + 30_000, new AbortController().signal);
  if (attempt.outcome === 'delivered') {
    console.log(`${command.name} was taken (${attempt.status}): look at #alerts.`);
    return 0;
  }
  console.error(attempt.status === null ? `Nothing answers at ${command.url}. Is the bot running? Start it with: npm start` : `The bot answered ${attempt.status}${attempt.status === 401 ? ': the token is not the right one (--token)' : ''}.`);
  return 1;
}

function readCommand(words: string[]) {
  const { values, positionals } = parseSafely(words) ?? {};
  if (!values || !positionals) return 'These options are not understood.';
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) return 'Name one alert.';
  const extra = (values.label ?? []).map((pair) => pair.split(/=(.*)/s, 2));
  if (extra.some(([label, value]) => !/^[a-zA-Z_]\w*$/.test(label ?? '') || value === undefined)) return 'A label is given as --label=name=value.';
  const rule = ruleNamed(readRules('systems', values.system), name);
  const value = Number(values.value);
  if (Number.isNaN(value)) return 'The value is a number, such as --value=0.12.';
  const labels: LabelSet = {
    alertname: name,
    system: values.system,
    severity: 'critical',
    ...rule?.labels,
    ...(values.severity !== undefined && { severity: values.severity }),
    ...Object.fromEntries(extra),
  };
  const annotations = rule?.annotations ?? { summary: `${name} was fired by hand` };
  const now = systemClock.now();
  return {
    name,
    url: values.url.endsWith('/webhooks/alertmanager') ? values.url : new URL('/webhooks/alertmanager', values.url).href,
    token: values.token ?? process.env['ALERTMANAGER_TOKEN'],
    body: webhookBody({
      receiver: 'stockops',
      groupLabels: { alertname: name, system: values.system },
      alerts: [
        {
          labels,
          annotations: Object.fromEntries(Object.entries(annotations).map(([key, text]) => [key, fillTemplate(text, labels, value)])),
          generatorURL: 'http://127.0.0.1:9091/graph?g0.tab=1',
          startsAt: new Date(now.getTime() - 60_000),
          endsAt: values.resolved ? now : null,
        },
      ],
      reason: values.resolved ? 'all alerts resolved' : 'first notification',
      externalURL: 'http://127.0.0.1:9093',
      maxAlerts: 0,
    }),
  };
}

function parseSafely(words: string[]) {
  try {
    return parseArgs({
      args: words,
      allowPositionals: true,
      options: {
        severity: { type: 'string' },
        system: { type: 'string', default: 'stock-service' },
        label: { type: 'string', multiple: true },
        value: { type: 'string', default: '1' },
        resolved: { type: 'boolean', default: false },
        url: { type: 'string', default: `http://127.0.0.1:${process.env['PORT'] ?? '8080'}` },
        token: { type: 'string' },
      },
    });
  } catch {
    return undefined;
  }
}
