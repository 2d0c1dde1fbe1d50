/**
 * Goal: whatever is wrong in a catalog is told in one go, each with its place and what to write instead.
 * Method: a small catalog that loads; each row makes one thing wrong and says what is reported, and which text stands at the reported place.
 */
import { expect, test } from 'vitest';
import { changed, files, load, problemsOf, type Files } from './catalog-directory.ts';

interface Wrong {
  readonly why: string;
  readonly from: string;
  readonly to: string;
  readonly file?: string;
  readonly says: string;
  readonly instead?: string;
  /** What stands at the reported line and column. */
  readonly at: string;
}

const wrong: readonly Wrong[] = [
  // The shape of a file.
  { why: 'a key that does not exist', from: 'owner: lead', to: 'owner: lead\nonwer: lead', says: 'There is no "onwer" here.', instead: 'did you mean "owner"?', at: 'onwer: lead' },
  { why: 'a key that does not exist, deep inside', from: 'min: 2, max: 9', to: 'min: 2, maximum: 9, max: 9', says: 'There is no "maximum" here.', instead: 'did you mean "max"?', at: 'maximum: 9' },
  { why: 'a key that is missing', from: 'description: Sells things.\n', to: '', says: '"description" is missing.', at: 'id: shop' },
  { why: 'a word that is none of the choices', from: 'kind: Deployment', to: 'kind: Deploymnt', says: '"Deploymnt" does not fit here.', instead: 'did you mean "Deployment"?', at: 'Deploymnt' },
  { why: 'a number where text belongs', from: '  url: https', to: '  version: 1.5\n  url: https', says: 'Must be a text, and is a number.', instead: 'write it in quotes: "1.5"', at: '1.5' },
  { why: 'a list where text belongs', from: 'name: Shop\n', to: 'name: [Shop]\n', says: 'Must be a text, and is a list.', at: '[Shop]' },
  { why: 'a duration that is none', file: 'defaults.yaml', from: 'cooldown: 5m', to: 'cooldown: 5 minutes', says: '"5 minutes" is not a duration: write it like 30s, 5m, 2h or 90d.', at: '5 minutes' },
  { why: 'a platform that does not exist', from: 'platform: kubernetes', to: 'platform: nomad', says: '"platform" is missing or says something unknown.', at: 'nomad' },
  { why: 'a key that is there twice', from: 'owner: lead', to: 'owner: lead\nowner: oncall', says: 'This key is there twice.', instead: 'keep one of them', at: 'owner: oncall' },
  { why: 'an alias', from: 'name: Shop\n', to: 'name: &shop Shop\nlogSearchUrl: *shop\n', says: 'Aliases are not used in these files.', instead: 'write the value out', at: '*shop' },
  { why: 'text that is not YAML', from: 'aliases: [store]', to: 'aliases: [store', says: 'Not valid YAML', at: '' },
  { why: 'an id that could not be typed', from: 'aliases: [store]', to: 'aliases: [The Store]', says: 'Not an id: lower-case letters, digits and single hyphens, beginning with a letter.', at: 'The Store' },
  { why: 'a namespace that is a path', from: 'namespace: shop}', to: 'namespace: ../kube-system}', says: 'Not a name of Kubernetes or Compose', at: '../kube-system' },
  { why: 'a selector that selects everything', from: 'selector: app=shop-web', to: 'selector: shop-web', says: 'Not a label selector: write it like app=shop-api.'.replace('shop', 'stock'), at: 'shop-web' },
  { why: 'a pattern without anchors', from: '^v\\\\d+$', to: 'v\\\\d+', says: 'The pattern must match from beginning to end', at: '"v' },
  { why: 'a pattern whose alternatives are not anchored', from: '^v\\\\d+$', to: '^v1|v2$', says: 'An alternative of this pattern is not anchored', at: '"^v1' },
  { why: 'a time zone that nobody knows', from: 'owner: lead', to: 'owner: lead\ntimezone: Europe/Atlantis', says: 'Not a known time zone', at: 'Europe/Atlantis' },
  { why: 'an integer without bounds', from: '{type: integer, from: component.replicas}', to: '{type: integer}', says: 'An integer needs bounds', at: '{type: integer}' },
  { why: 'a text without bounds', from: '{type: integer, from: component.replicas}', to: '{type: text}', says: 'A text needs a bound', at: '{type: text}' },

  // What one part says about another.
  { why: 'a button that is no action', from: 'buttons: [restart, scale]', to: 'buttons: [restrat, scale]', says: 'There is no action "restrat".', instead: 'did you mean "restart"?', at: 'restrat' },
  { why: 'a diagnostic that changes something', from: 'diagnostics: [pods]', to: 'diagnostics: [restart]', says: '"restart" changes something; only a read can stand here.', at: 'restart' },
  { why: 'a verification that does not exist', from: 'verify: [health]', to: 'verify: [helth]', says: 'There is no action "helth".', instead: 'did you mean "health"?', at: 'helth' },
  { why: 'a section that is not listed', from: 'section: down', to: 'section: donw', says: 'There is no section "donw".', instead: 'did you mean "down"?', at: 'donw' },
  { why: 'an anchor that is not in the runbook', from: 'down: "#down"', to: 'down: "#dowm"', says: 'runbook.md has no heading #dowm.', instead: 'did you mean "#down"?', at: '"#dowm"' },
  { why: 'a check that does not exist', from: 'check: health, risk', to: 'check: healthy, risk', says: 'There is no check "healthy".', instead: 'did you mean "health"?', at: 'healthy' },
  { why: 'a metric that does not exist', from: 'metric: errors, risk', to: 'metric: error, risk', says: 'There is no metric "error".', instead: 'did you mean "errors"?', at: 'error,' },
  { why: 'a component that does not exist', from: 'use: k8s.pods, component: web', to: 'use: k8s.pods, component: wbe', says: 'There is no component "wbe".', instead: 'did you mean "web"?', at: 'wbe' },
  { why: 'an environment that does not exist', from: 'use: k8s.pods, component: web', to: 'use: k8s.pods, component: web, environments: [prod]', says: 'There is no environment "prod".', instead: 'did you mean "production"?', at: 'prod]' },
  { why: 'a role that does not exist', from: 'operators: [oncall]', to: 'operators: [on-call]', says: 'There is no role "on-call".', instead: 'did you mean "oncall"?', at: 'on-call' },
  { why: 'a severity that the system does not have', from: 'severity: Critical', to: 'severity: P1', says: 'There is no severity "P1".', instead: 'one of: Critical, High, Medium', at: 'P1' },
  { why: 'a severity map to a severity that does not exist', from: 'owner: lead', to: 'owner: lead\nseverityMap: {byValue: {warning: Mediun}, default: High}', says: 'There is no severity "Mediun".', instead: 'did you mean "Medium"?', at: 'Mediun' },
  { why: 'a dependency that does not exist', from: 'use: http.probe, check: health, risk', to: 'use: http.probe, dependency: bank, risk', says: 'There is no dependency "bank".', at: 'bank' },
  { why: 'a mark in the runbook that no action answers to', file: 'shop/runbook.md', from: 'action: pods', to: 'action: pod', says: 'There is no action "pod".', instead: 'did you mean "pods"?', at: '<!-- action: pod -->' },
  { why: 'a parameter in the runbook that the action does not have', file: 'shop/runbook.md', from: 'action: pods', to: 'action: scale replica=3', says: '"scale" has no parameter "replica".', instead: 'did you mean "replicas"?', at: '<!-- action: scale' },

  // What cannot be.
  { why: 'a primitive that does not exist', from: 'use: k8s.restart', to: 'use: k8s.restrat', says: 'There is no primitive "k8s.restrat".', instead: 'did you mean "k8s.restart"?', at: 'k8s.restrat' },
  { why: 'a write that says it only reads', from: 'use: k8s.restart, component: web, risk: low', to: 'use: k8s.restart, component: web, risk: read', says: 'k8s.restart changes something, so its risk is not "read".', at: 'read' },
  { why: 'a read that says it changes something', from: 'component: web, risk: read', to: 'component: web, risk: high', says: 'k8s.pods only reads.', instead: 'write: read', at: 'high' },
  { why: 'a scale of something without replicas', from: 'use: k8s.scale\n    component: web', to: 'use: k8s.scale\n    component: cache', says: 'k8s.scale cannot act on the component "cache": it has no replicas.', instead: 'components.cache.replicas says how many it may have', at: 'scale:' },
  { why: 'an image set on something without one', from: 'use: k8s.restart, component: web', to: 'use: k8s.setImage, component: cache', says: 'k8s.setImage cannot act on the component "cache": it has no image.', at: 'restart:' },
  { why: 'Compose on Kubernetes', from: 'use: k8s.restart, component: web', to: 'use: compose.restart, component: web', says: 'compose.restart cannot act on the component "web": the system does not run on Compose.', at: 'restart:' },
  { why: 'Helm on what is no release', from: 'use: k8s.pods, component: web', to: 'use: helm.history, component: web', says: 'helm.history cannot act on the component "web": it is no Helm release.', at: 'pods:' },
  { why: 'bounds the wrong way round', from: 'min: 2, max: 9', to: 'min: 20, max: 9', says: 'min (20) is more than max (9).', at: '20' },
  { why: 'a normal number out of bounds', from: 'normal: 3', to: 'normal: 10', says: 'normal (10) is not between min (2) and max (9).', at: '10' },
  { why: 'a fixed number out of bounds', from: '    parameters:\n      replicas: {type: integer, from: component.replicas}\n', to: '    fixed: {replicas: 30}\n', says: '30 is not between 2 and 9, the bounds of "web".', at: '30' },
  { why: 'two default components', from: 'cache:\n', to: 'cache:\n    default: true\n', says: '"web" is the default already.', at: 'true' },
  { why: 'no default component', from: '    default: true\n', to: '', says: 'One component must be the default', at: 'components:' },
  { why: 'ranks that do not increase', file: 'defaults.yaml', from: 'rank: 2', to: 'rank: 1', says: 'Rank 1 does not come after rank 1', at: '' },
  { why: 'a cron expression of nonsense', from: 'pagerduty:', to: 'schedules:\n  - {id: weekly, cron: "0 25 * * *"}\npagerduty:', says: '"0 25 * * *" is not a cron expression of five fields.', at: '"0 25' },
  { why: 'a cron expression with seconds', from: 'pagerduty:', to: 'schedules:\n  - {id: weekly, cron: "0 0 9 * * 1"}\npagerduty:', says: '"0 0 9 * * 1" is not a cron expression of five fields.', at: '"0 0' },
  { why: 'an escalation that goes back in time', file: 'shop/system.yaml', from: 'pagerduty:', to: 'escalation:\n  steps:\n    - {after: 5m, role: oncall, until: acknowledged}\n    - {after: 1m, role: lead, until: resolved}\npagerduty:', says: 'This step is due before the one above it.', at: '1m' },
  { why: 'a destructive action on a card', from: 'use: k8s.restart, component: web, risk: low', to: 'use: k8s.restart, component: web, risk: destructive', says: '"restart" is destructive, and no single press on a card leads there.', at: 'restart, scale' },
  { why: 'a probe of an environment without an address', from: '    baseUrl: https://shop.example.com\n', to: '', says: 'The environment "production" has no baseUrl for this probe.', at: 'health:' },
  { why: 'a write that no policy covers', file: 'policies.yaml', from: 'risk: low', to: 'risk: destructive', says: 'No rule of policies.yaml says who may ask for "restart" in production (risk low).', at: '' },
  { why: 'a reading that somebody should approve', file: 'policies.yaml', from: 'mayAsk: [viewers], approvals: 0', to: 'mayAsk: [viewers], mayApprove: [approvers], approvals: 1', says: 'A reading is answered at once, so nobody is asked to approve it.', at: '1, confirm' },
  { why: 'a policy that nobody can meet', file: 'policies.yaml', from: 'mayApprove: [approvers], ', to: '', says: 'Approvals are asked for, and nobody may give one.', instead: 'add mayApprove', at: '1, expires' },
  { why: 'a freeze for a role that does not exist', file: 'policies.yaml', from: 'rules:', to: 'holds: {freeze: [ownres], freezeAll: [owners], override: [owners]}\nrules:', says: 'There is no role "ownres".', instead: 'did you mean "owners"?', at: 'ownres' },
  { why: 'a policy for a role that does not exist', file: 'policies.yaml', from: 'mayApprove: [approvers]', to: 'mayApprove: [aprovers]', says: 'There is no role "aprovers".', instead: 'did you mean "approvers"?', at: 'aprovers' },

  { why: 'a condition that nobody knows', file: 'policies.yaml', from: 'risk: low,', to: 'risk: low, when: [outsideBusinesHours],', says: '"outsideBusinesHours" does not fit here.', instead: 'did you mean "outsideBusinessHours" or "not outsideBusinessHours"?', at: 'outsideBusinesHours' },
  { why: 'a rule that wants a thing and its opposite', file: 'policies.yaml', from: 'risk: low,', to: 'risk: low, when: [openIncidentOfRank1, not openIncidentOfRank1],', says: 'This rule never decides: it wants that an incident of rank 1 is open, and that no incident of rank 1 is open.', at: '[openIncident' },
  { why: 'a rule that another one above it hides', file: 'policies.yaml', from: '  - {id: high,', to: '  - {id: low-in-shop, risk: low, system: shop, mayAsk: [operators], approvals: 0, expiresAfter: 15m}\n  - {id: high,', says: 'This rule never decides: "low" above matches first.', instead: 'move it up, or leave it out', at: 'low-in-shop' },
  {
    why: 'a rule that two above it hide together',
    file: 'policies.yaml',
    from: '  - {id: low, risk: low,',
    to: '  - {id: day, risk: low, when: [not outsideBusinessHours], mayAsk: [operators], approvals: 0, expiresAfter: 15m}\n  - {id: night, risk: low, when: [outsideBusinessHours], mayAsk: [operators], approvals: 0, expiresAfter: 15m}\n  - {id: low, risk: low,',
    says: 'This rule never decides: "day" and "night" above match first.',
    at: 'low,',
  },
  { why: 'a situation that no rule covers', file: 'policies.yaml', from: 'risk: low,', to: 'risk: low, when: [outsideBusinessHours],', says: 'No rule of policies.yaml says who may ask for "restart" in production (risk low) when inside business hours.', at: '' },
  { why: 'a glass to break where nothing is missing', file: 'policies.yaml', from: 'risk: low,', to: 'risk: low, breakGlass: {openIncidentOfRank: 1},', says: 'No approval is asked for, so nothing can be missing', at: 'breakGlass' },
  { why: 'a rule without the number of approvals', file: 'policies.yaml', from: 'mayApprove: [approvers], approvals: 1,', to: 'mayApprove: [approvers],', says: '"approvals" is missing.', at: '' },
  { why: 'a rule by which nobody may ask', file: 'policies.yaml', from: 'risk: low, mayAsk: [operators]', to: 'risk: low, mayAsk: []', says: 'Somebody must be able to ask.', at: '[]' },
  { why: 'a rule that refuses and says who may', file: 'policies.yaml', from: 'risk: low,', to: 'risk: low, refuse: not today,', says: 'A rule that refuses has nobody who may ask.', at: '[operators]' },
  { why: 'a maintenance window that ends before it begins', from: 'pagerduty:', to: 'maintenance:\n  dated:\n    - {from: "2026-03-08T00:00:00Z", until: "2026-03-07T00:00:00Z", why: Move}\npagerduty:', says: 'It ends before it begins.', at: '' },
  { why: 'a moment without a zone', from: 'pagerduty:', to: 'maintenance:\n  dated:\n    - {from: "2026-03-08T00:00:00", until: "2026-03-09T00:00:00Z", why: Move}\npagerduty:', says: 'Not a moment', at: '' },
  { why: 'one account that is said to be one person', file: 'roles.yaml', from: 'roles:', to: 'samePerson: [[U0123456789]]\nroles:', says: 'Name at least two accounts.', at: '' },

  // What must not stand in a file.
  { why: 'a token', from: 'description: Sells things.', to: `description: Uses xoxb-${'1'.repeat(12)}`, says: 'This looks like a token.', instead: 'name the setting that holds it', at: 'Uses' },
  { why: 'a password in an address', from: 'http://prometheus.example.com', to: 'http://user:hunter2@prometheus.example.com', says: 'This looks like a password in an address.', at: 'http' },
  { why: 'a mail address', from: 'description: Sells things.', to: 'description: Ask someone@example.com', says: 'This looks like a mail address.', instead: 'name a role of roles.yaml', at: 'Ask' },
  { why: 'a telephone number', from: 'description: Sells things.', to: 'description: Call +1-555-010-0199', says: 'This looks like a telephone number.', at: 'Call' },
  { why: 'an image that moves', from: 'description: Sells things.', to: 'description: Runs registry.example.com/shop:latest', says: 'This looks like an image without a version.', at: 'Runs' },
  { why: 'a mail address in the runbook', file: 'shop/runbook.md', from: 'Then restart.', to: 'Then write to someone@example.com.', says: 'This looks like a mail address.', at: 'Look' },
];

test('the catalog that the rows change loads', async () => {
  expect(await problemsOf(files)).toEqual([]);
});

for (const { why, file = 'shop/system.yaml', from, to, says, instead, at } of wrong) {
  test(`names ${why}, with its place`, async () => {
    const given = changed(file, from, to);
    const problems = await problemsOf(given);
    const problem = problems.find(({ message }) => message.startsWith(says));
    expect(problem, JSON.stringify(problems, null, 1)).toBeDefined();
    if (instead !== undefined) expect(problem!.suggestion).toBe(instead);
    if (at !== '') expect(textAt(given, problem!)).toMatch(new RegExp(`^${at.replace(/[^\w ]/g, '\\$&')}`));
    else expect(problem!.line).toBeGreaterThan(0);
  });
}

test('names all problems of all files at once, in the order of the files and lines', async () => {
  let given = changed('shop/system.yaml', 'buttons: [restart, scale]', 'buttons: [restrat, scael]');
  given = changed('shop/system.yaml', 'owner: lead', 'onwer: lead', given);
  given = changed('shop/system.yaml', 'min: 2, max: 9', 'min: 20, max: 9', given);
  given = changed('shop/runbook.md', 'action: pods', 'action: pod', given);
  given = changed('roles.yaml', 'slackGroup: oncall', 'slackgroup: oncall', given);
  given = changed('policies.yaml', 'mayApprove: [approvers]', 'mayApprove: [aprovers]', given);
  const problems = await problemsOf(given);
  expect(problems.map(({ file, path }) => `${file} ${path}`)).toEqual([
    'policies.yaml rules[2].mayApprove[0]',
    'roles.yaml roles.oncall.slackgroup',
    'shop/runbook.md ',
    'shop/system.yaml owner',
    'shop/system.yaml onwer',
    'shop/system.yaml components.web.replicas.min',
    'shop/system.yaml alerts.rules[0].buttons[0]',
    'shop/system.yaml alerts.rules[0].buttons[1]',
  ]);
});

test('a part that cannot be read is not missed by the parts that name it', async () => {
  const problems = await problemsOf(changed('shop/system.yaml', 'use: k8s.restart, component: web, risk: low', 'use: k8s.restart, component: web, risk: lwo'));
  expect(problems.map(({ path }) => path)).toEqual(['actions.restart.risk']);
});

for (const [key, line] of [['access', /^access: .*\n/m], ['pagerduty', /^pagerduty: .*\n/m], ['owner', /^owner: .*\n/m]] as const) {
  test(`a file without its ${key} is told so once, and the rest of it is checked all the same`, async () => {
    const given = changed('shop/system.yaml', 'buttons: [restart, scale]', 'buttons: [restrat]');
    const problems = await problemsOf({ ...given, 'shop/system.yaml': given['shop/system.yaml']!.replace(line, '') });
    expect(problems.map(({ message }) => message)).toEqual([`"${key}" is missing.`, 'There is no action "restrat".']);
  });
}

for (const missing of Object.keys(files)) {
  test(`names ${missing} when it is missing`, async () => {
    const { [missing]: _, ...rest } = files;
    const problems = await problemsOf({ 'shop/other.txt': '', ...rest });
    expect(problems).toContainEqual({ file: missing, line: 1, column: 1, path: '', message: 'The file is missing or cannot be read.' });
  });
}

test('a directory without a system is a problem, not an empty catalog', async () => {
  const { 'shop/system.yaml': _, 'shop/runbook.md': __, ...rest } = files;
  expect((await problemsOf(rest)).map(({ message }) => message)).toEqual(['There is no system: no folder here holds a system.yaml.']);
});

for (const [why, text] of [
  ['nested a hundred thousand deep', `a: ${'['.repeat(100_000)}`],
  ['larger than anyone writes', `a: "${'x'.repeat(1024 * 1024)}"`],
  ['empty', ''],
  ['a list', '- id: shop'],
  ['two documents', 'id: shop\n---\nid: shop\n'],
  ['binary', '\u0000\u0001\u0002'],
  ['a __proto__', '__proto__: {polluted: true}\nconstructor: 1'],
] as const) {
  test(`a file that is ${why} is a problem and never an exception (T-24)`, async () => {
    const problems = await problemsOf({ ...files, 'shop/system.yaml': text });
    expect(problems.filter(({ file }) => file === 'shop/system.yaml').length).toBeGreaterThan(0);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
}

const twin: Files = {
  ...files,
  'mall/runbook.md': files['shop/runbook.md']!,
  'mall/system.yaml': files['shop/system.yaml']!.replace('id: shop', 'id: mall').replace('aliases: [store]', 'aliases: [arcade]').replace('equals: shop', 'equals: mall'),
};

test('two systems of different words live beside each other', async () => {
  expect((await load(twin)).ok).toBe(true);
});

for (const [why, from, to, says] of [
  ['an alias of another system', 'aliases: [store]', 'aliases: [arcade]', '"arcade" means "mall" already.'],
  ['the id of another system', 'aliases: [store]', 'aliases: [mall]', '"mall" means "mall" already.'],
  ['the alerts of another system', 'equals: shop}', 'equals: mall}', 'Alerts with namespace=mall belong to "mall" already.'],
  ['an id that is not the folder', 'id: shop', 'id: shoppe', 'The id is "shoppe" and the folder is "shop".'],
  ['an alert name that two have and one does not attribute', 'anyOf: [{label: namespace, equals: shop}]', 'anyOf: []', '"ShopDown" is an alert of mall too, and nothing says which alerts are whose.'],
] as const) {
  test(`refuses ${why}`, async () => {
    const problems = await problemsOf(changed('shop/system.yaml', from, to, twin));
    expect(problems.map(({ message }) => message)).toContain(says);
  });
}

function textAt(given: Files, problem: { file: string; line: number; column: number }): string {
  return given[problem.file]!.split('\n')[problem.line - 1]!.slice(problem.column - 1);
}
