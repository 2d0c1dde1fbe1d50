/** Goal: whoever maintains the policies can ask which rule decides, and why. Method: the systems of the project, and what is printed. */
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { primitives } from '../../src/actions/registry.ts';
import { loadCatalog } from '../../src/catalog/load.ts';
import type { Catalog } from '../../src/catalog/system.ts';
import { explainPolicy, type PolicyQuestion } from '../../src/commands/explain-policy.ts';

let catalog: Catalog;
beforeAll(async () => {
  const loaded = await loadCatalog(join(import.meta.dirname, '../../systems'), primitives);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  catalog = loaded.catalog;
});
const night = new Date('2026-03-02T02:13:00Z');
const explain = (question: Partial<PolicyQuestion>) => explainPolicy(catalog, { system: 'mystocks', action: 'scale', at: night, facts: [], ...question });
const textOf = (question: Partial<PolicyQuestion>) => {
  const explained = explain(question);
  return explained.ok ? explained.text : explained.problem;
};

test('it prints the rule that decides with its line, why, who may ask and approve, and why not the rules above', () => {
  const text = textOf({ facts: ['belowCurrentReplicas'] });
  expect(text.split('\n')).toEqual([
    'MyStocks › Scale (scale) in production, 2026-03-02T02:13:00Z',
    '',
    'risk     high (by itself low; raised by what is so)',
    'so       outside business hours',
    '         outside every maintenance window',
    '         no other run of the system is under way (assumed; --fact duringAnotherRun says otherwise)',
    '         it leaves fewer pods than now',
    '         it is not outside the range of an autoscaler (assumed; --fact outsideAutoscalerRange says otherwise)',
    '         no incident of rank 1 is open (assumed; --fact openIncidentOfRank1 says otherwise)',
    '         no incident of rank 1 or 2 is open (assumed; --fact openIncidentOfRank1or2 says otherwise)',
    '',
    expect.stringMatching(/^decides {2}protected-high \(policies\.yaml:\d+\), because: risk high, the environment is protected$/),
    'ask      On-call engineer, Platform team, SRE lead',
    'approve  1 of Platform team, SRE lead; never whoever asked',
    'confirm  the requester confirms the plan',
    'lasts    15m',
    'glass    the commander of an open incident of rank 1 may break it, with a reason',
    '',
    'not decided by',
    expect.stringMatching(/^ {9}read \(policies\.yaml:\d+\): it is for risk read$/),
    expect.stringMatching(/protected-low-during-another-run .*: it is for risk low$/),
    expect.stringMatching(/low .*: it is for risk low$/),
  ]);
});

for (const [why, question, says] of [
  ['without it, scaling is low risk', {}, /decides {2}low .*\n.*\napprove {2}nobody has to/],
  ['while another run is under way it needs one more person', { facts: ['duringAnotherRun'] }, /decides {2}protected-low-during-another-run .*another run of the system is under way/],
  ['what is destructive is refused without need', { system: 'stock-api', action: 'stop' }, /ask {6}nobody: it needs a maintenance window, or an open incident of rank 1 or 2/],
  ['and while something worse is open it needs two, one of them an owner', { system: 'stock-api', action: 'stop', facts: ['openIncidentOfRank1or2'] }, /approve {2}2 of .*; one of them DevOps specialist; never whoever asked\nconfirm {2}the requester types the name/],
  ['it names the condition by which a rule above does not decide', { system: 'stock-api', action: 'stop', facts: ['openIncidentOfRank1or2'] }, /without-need .*: it is for when no incident of rank 1 or 2 is open, and an incident of rank 1 or 2 is open/],
  ['where nobody is served, high risk is one’s own', { system: 'stock-service', action: 'deploy', environment: 'staging' }, /decides {2}high .*\n.*\napprove {2}nobody has to/],
  ['by day it is inside business hours', { at: new Date('2026-03-02T12:00:00Z') }, /so {7}inside business hours/],
  ['the time can be overruled', { facts: ['outsideBusinessHours=false'] }, /so {7}inside business hours\n/],
  ['a system that is not there', { system: 'mystock' }, /There is no system "mystock"\. Did you mean mystocks\?/],
  ['an action that is not there', { action: 'scal' }, /There is no action of mystocks "scal"\. Did you mean scale\?/],
  ['an environment that is not there', { environment: 'test' }, /There is no environment of mystocks with scale "test"\./],
  ['a fact that is not there', { facts: ['openIncident'] }, /There is no fact "openIncident"/],
] as const) {
  test(why, () => expect(textOf(question)).toMatch(says));
}
