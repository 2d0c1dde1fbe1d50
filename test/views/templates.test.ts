import { expect, test } from 'vitest';
import { initialNotice, resolutionNotice } from '../../src/views/templates.ts';
import { at } from './examples.ts';
import { textsOf } from './limits.ts';

const initial = { severity: 'P0', title: 'Dashboard does not load', impact: 'No user can log in', startedAt: at('02:13'), description: 'failing logins.', updateEveryMs: 30 * 60_000, commander: 'U0ONCALL' };
const resolved = { severity: 'P0', title: 'Dashboard does not load', lastedMs: 65 * 60_000, cause: 'expired certificate', otherOpenIncidents: 0, postMortemWithinMs: 48 * 3_600_000 };

test('SA-103 … SA-110: the initial notice is the template, line by line', () => {
  expect(textsOf(initialNotice(initial).blocks)).toEqual([
    [
      '🚨 INCIDENT ALERT - P0',
      '',
      'Title: Dashboard does not load',
      'Status: Investigating',
      'Impact: No user can log in',
      'Started: 2026-11-22T02:13:00Z (<!date^1795313580^{date_short_pretty} at {time}|2026-11-22T02:13:00Z>)',
      '',
      'We are investigating reports of failing logins.',
      'Updates will be provided every 30 minutes.',
      '',
      'Incident Commander: <@U0ONCALL>',
    ].join('\n'),
  ]);
});

test('SA-111 … SA-117: the resolution notice is the template, line by line', () => {
  expect(textsOf(resolutionNotice(resolved).blocks)).toEqual([
    [
      '✅ INCIDENT RESOLVED - P0',
      '',
      'Title: Dashboard does not load',
      'Status: Resolved',
      'Duration: 1 h 5 min',
      'Root Cause: expired certificate',
      '',
      'The issue has been resolved. All systems are operating normally.',
      'A detailed post-mortem will be published within 48 hours.',
    ].join('\n'),
  ]);
});

for (const label of ['P0', 'P1 Critical', 'Critical']) {
  test(`the severity ${label} is the system's own word, with no second P before it`, () => {
    expect(initialNotice({ ...initial, severity: label }).text).toBe(`🚨 INCIDENT ALERT - ${label}`);
    expect(resolutionNotice({ ...resolved, severity: label }).text).toBe(`✅ INCIDENT RESOLVED - ${label}`);
  });
}

test('SA-109, SA-117: a promise that nothing keeps is not printed', () => {
  expect(textsOf(initialNotice({ ...initial, updateEveryMs: null }).blocks).join()).not.toContain('Updates will be provided');
  expect(textsOf(resolutionNotice({ ...resolved, postMortemWithinMs: null }).blocks).join()).not.toContain('post-mortem');
});

test('SA-115: a cause that nobody knows yet is under investigation', () => {
  expect(textsOf(resolutionNotice({ ...resolved, cause: null }).blocks).join()).toContain('Root Cause: under investigation');
});

test('SA-116: not all systems operate normally while another incident is open', () => {
  const shown = textsOf(resolutionNotice({ ...resolved, otherOpenIncidents: 1 }).blocks).join();
  expect(shown).toContain('One other incident is still open.');
  expect(shown).not.toContain('All systems are operating normally');
});

test('SA-110: a commander who is not named yet is said to be missing', () => {
  expect(textsOf(initialNotice({ ...initial, commander: null }).blocks).join()).toContain('Incident Commander: not named yet');
});
