import { expect, test } from 'vitest';
import { whyNotFreeze, whyNotOverride } from '../../src/approvals/hold-rights.ts';
import type { Identity } from '../../src/approvals/policy.ts';
import type { Catalog, HoldRights, System } from '../../src/catalog/system.ts';

/** Goal: who may stop changes, and who may let one go past another, is one table. Method: two systems with owners of their own, people who differ in one thing each. */
const systemOf = (id: string, owner: string) => ({ id, access: { viewers: ['staff'], operators: ['sre'], approvers: ['sre'], owners: [owner] } }) as unknown as System;
const shop = systemOf('shop', 'shop-lead');
const bank = systemOf('bank', 'bank-lead');
const roles = new Map([['sre', { name: 'SRE' }], ['shop-lead', { name: 'Lead of Shop' }]]);
const catalogWith = (holds: Partial<HoldRights> = {}) => ({ systems: [shop, bank], roles, holds: { freeze: ['operators', 'owners'], freezeAll: ['owners'], override: ['owners', 'platform'], ...holds } }) as unknown as Catalog;

const person = (...held: string[]): Identity => ({ person: { id: 'U1', name: 'one', email: null, timezone: null, isFullMember: true, kind: 'member' }, roles: new Set(held), areRolesKnown: true });
const stranger: Identity = { ...person('sre', 'shop-lead', 'bank-lead'), person: null };

const freezeShop = (identity: Identity, catalog = catalogWith()) => whyNotFreeze(catalog, shop, identity, 'Freeze');
const freezeAll = (identity: Identity, catalog = catalogWith()) => whyNotFreeze(catalog, null, identity, 'Freeze');
const override = (identity: Identity, catalog = catalogWith()) => whyNotOverride(catalog, shop, identity, 'Freeze');
const freezeNeeds = ['it needs the role SRE or Lead of Shop (policies › holds › freeze)', 'Ask somebody who has it: SRE or Lead of Shop.'] as const;
const freezeAllNeeds = ['it needs the role Lead of Shop or bank-lead (policies › holds › freezeAll)', 'Ask somebody who has it: Lead of Shop or bank-lead.'] as const;
const overrideNeeds = ['it needs the role Lead of Shop or platform (policies › holds › override)', 'Ask somebody who has it: Lead of Shop or platform.'] as const;

for (const [act, ask, who, identity, expected] of [
  ['freezing a system', freezeShop, 'its operator', person('sre'), null],
  ['freezing a system', freezeShop, 'its owner', person('shop-lead'), null],
  ['freezing a system', freezeShop, 'the owner of another', person('bank-lead'), freezeNeeds],
  ['freezing a system', freezeShop, 'a viewer', person('staff'), freezeNeeds],
  ['freezing all', freezeAll, 'the owner of any', person('bank-lead'), null],
  ['freezing all', freezeAll, 'an operator', person('sre'), freezeAllNeeds],
  ['going past another change', override, 'the owner', person('shop-lead'), null],
  ['going past another change', override, 'a role that the words name by its id', person('platform'), null],
  ['going past another change', override, 'an operator', person('sre'), overrideNeeds],
  ['freezing a system', freezeShop, 'a guest', { ...person('sre'), person: { ...person().person!, isFullMember: false, kind: 'guest' } }, ['only full members of this workspace may use the bot', 'Ask a member of the team.']],
  ['freezing a system', freezeShop, 'somebody of whom Slack says nothing (T-05)', stranger, ['Slack did not say who you are', 'Try again in a moment.']],
  ['freezing a system', freezeShop, 'somebody whose groups Slack does not say', { ...person(), areRolesKnown: false, silent: 'Slack' }, ['Slack did not say which groups you belong to', 'Try again in a moment.']],
  ['freezing a system', freezeShop, 'somebody while PagerDuty does not say who is on call', { ...person(), areRolesKnown: false, silent: 'PagerDuty' }, ['PagerDuty did not say who is on call now', 'Try again in a moment.']],
  ['freezing a system', freezeShop, 'its operator while PagerDuty does not say who is on call', { ...person('sre'), areRolesKnown: false, silent: 'PagerDuty' }, null],
] as const) {
  test(`${act}, ${who}: ${expected?.[0] ?? 'may'}`, () => {
    expect(ask(identity)).toEqual(expected === null ? null : { refused: 'Freeze', rule: expected[0], instead: expected[1] });
  });
}

test('where the words say everyone, every full member may, and nobody else', () => {
  const open = catalogWith({ freeze: ['everyone'], freezeAll: ['everyone'], override: ['everyone'] });
  for (const ask of [freezeShop, freezeAll, override]) {
    expect(ask(person(), open)).toBeNull();
    expect(ask(stranger, open)?.rule).toBe('Slack did not say who you are');
  }
});

test('a role that all systems share is named once', () => {
  expect(freezeAll(person(), catalogWith({ freezeAll: ['operators', 'approvers'] }))?.rule).toBe('it needs the role SRE (policies › holds › freezeAll)');
});
