import { expect, test } from 'vitest';
import { codeAlone, filesMatching, textOf } from './source-files.ts';

/**
 * Goal: one word for one thing (docs/GLOSSARY.md). A second word for something that has one is a bug in the reader's head.
 * Method: identifiers are split at their capitals; words in comments and texts are free.
 */
const banned: Readonly<Record<string, { readonly say: string; readonly except?: Readonly<Record<string, string>> }>> = {
  ack: { say: 'acknowledge', except: { 'src/connectors/slack/receive.ts': 'the name that Slack’s library gives to its function', 'src/connectors/slack/http-receiver.ts': 'the same' } },
  alarm: { say: 'alert' },
  alarms: { say: 'alerts' },
  assignee: { say: 'responder' },
  btn: { say: 'button' },
  cfg: { say: 'settings' },
  ctx: { say: 'context' },
  env: { say: 'environment', except: { 'src/actions/kubernetes/template-changes.ts': 'a field of a container', 'src/main.ts': 'process.env', 'src/support/failpoints.ts': 'process.env', 'src/connectors/helm/helm.ts': 'process.env', 'src/connectors/compose/compose.ts': 'process.env' } },
  executor: { say: 'primitive' },
  helper: { say: 'what it does' },
  mute: { say: 'silence' },
  msg: { say: 'message', except: { 'src/support/log.ts': 'the name of the field in pino’s lines' } },
  playbook: { say: 'runbook or procedure' },
  req: { say: 'request' },
  res: { say: 'response or answer' },
  snooze: { say: 'silence' },
  ticket: { say: 'incident' },
  util: { say: 'what it does' },
  utils: { say: 'what it does' },
};

const identifier = /[A-Za-z_$][\w$]*/g;
const wordsOf = (name: string): string[] => name.split(/[_$]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/).map((word) => word.toLowerCase());

test('names in the code use the words of the glossary and no others', () => {
  const wrong = filesMatching('src/**/*.ts').flatMap((file) =>
    [...new Set(codeAlone(textOf(file)).match(identifier))].flatMap((name) =>
      wordsOf(name)
        .filter((word) => Object.hasOwn(banned, word) && !Object.keys(banned[word]?.except ?? {}).some((path) => file.startsWith(path)))
        .map((word) => `${file}: ${name} (say ${banned[word]?.say})`),
    ),
  );
  expect(wrong).toEqual([]);
});

test('the glossary says of each banned word of this kind what to say instead', () => {
  const glossary = textOf('docs/GLOSSARY.md').toLowerCase();
  const ofTheDomain = ['alarm', 'assignee', 'executor', 'mute', 'playbook', 'snooze', 'ticket'];
  expect(ofTheDomain.filter((word) => !glossary.includes(word))).toEqual([]);
});

test('tables and columns are named in snake_case', () => {
  const declared = [...textOf('src/storage/tables.ts').matchAll(/^ {2}(?:readonly )?(\w+)\??:/gm)].map(([, name = '']) => name);
  expect(declared.length).toBeGreaterThan(50);
  expect(declared.filter((name) => !/^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/.test(name))).toEqual([]);
});
