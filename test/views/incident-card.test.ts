import { expect, test } from 'vitest';
import { incidentCard, type IncidentCard } from '../../src/views/incident-card.ts';
import { alerts, at, card, incident, oncall, page, pages } from './examples.ts';
import { objectsOf, textsOf } from './limits.ts';

/** Goal: five seconds on a phone tell what is broken, how bad it is, who has it and what to press. */
const labels = (changes: Partial<IncidentCard> = {}) => objectsOf(incidentCard(card(changes)).blocks, 'button').map(({ text }) => (text as { text: string }).text);
const words = (changes: Partial<IncidentCard> = {}) => textsOf(incidentCard(card(changes)).blocks).join('\n');
const acknowledged = incident({ state: 'acknowledged', acknowledgedAt: at('02:15'), acknowledgedBy: oncall });

test('the notification says severity, system, environment and what is wrong with a number', () => {
  expect(incidentCard(card()).text).toBe('🔴 P1 · Stock Service · production: 2 of 3 pods do not answer');
});

test('acknowledge is the first button of the row while nobody has, and resolve after that', () => {
  expect(labels()).toEqual(['Runbook', 'Acknowledge', 'Restart…', 'Scale…', 'Roll back…', 'More']);
  expect(labels({ incident: acknowledged })).toEqual(['Runbook', 'Resolve…', 'Restart…', 'Scale…', 'Roll back…', 'More']);
});

test('what only looks asks nothing, what changes something has the three dots', () => {
  expect(labels({ actions: [{ id: 'pods', title: 'Pods', effect: 'read' }, { id: 'scale', title: 'Scale', effect: 'write' }], runbook: null })).toEqual(['Acknowledge', 'Pods', 'Scale…', 'Resolve…', 'More']);
});

test('a card names who is paged next and when, and stops doing so once somebody has it', () => {
  expect(words()).toMatch(/Nobody has acknowledged\. SRE lead paged <!date[^>]*> ✓ · Platform team at <!date[^>]*> · Engineering manager at/);
  const taken = words({ incident: acknowledged });
  expect(taken).toContain('<@U0ONCALL> has it since');
  expect(taken).toMatch(/paging stopped; Engineering manager at <!date[^>]*> unless resolved/);
  expect(taken).not.toContain('Platform team');
});

test('G-7: a page that PagerDuty does not take is said at once, in bold, with what happens next', () => {
  const shown = words({ pages: [page('SRE lead', at('02:14'), { state: 'undelivered', tries: 4, lastError: 'answered 503', nextTryAt: at('02:16') })] });
  expect(shown).toMatch(/\*Page NOT delivered: tried 4 times \(answered 503\); next try <!date[^>]*>\.\*/);
  expect(words({ pages: [page('SRE lead', at('02:14'), { state: 'refused', tries: 1 })] })).toContain('it will not be tried again');
});

test('alerts that Alertmanager did not send are counted', () => {
  expect(words({ alerts: alerts({ firing: 2, resolved: 3, truncated: 12 }) })).toContain('2 of 5 alerts firing, 12 more not sent by Alertmanager');
});

test('an incident that a person holds is not closed by its alerts ending, only offered', () => {
  const ended = { incident: { ...acknowledged, alertsEndedAt: at('02:24') }, now: at('02:24') };
  expect(incidentCard(card(ended)).text).toBe('🟠 P1 · Stock Service · production: alerts ended, not yet resolved (2 of 3 pods do not answer)');
  expect(labels(ended)[1]).toBe('Resolve…');
});

test('a resolved card keeps what it was about, its cause and who resolved it', () => {
  const resolved = { incident: { ...acknowledged, state: 'resolved' as const, resolvedAt: at('02:25'), resolvedBy: oncall, alertsEndedAt: at('02:24'), cause: 'memory limit lowered' }, now: at('02:25') };
  expect(incidentCard(card(resolved)).text).toBe('🟢 P1 · Stock Service · production: resolved after 11 min');
  expect(words(resolved)).toContain('_2 of 3 pods do not answer_');
  expect(words(resolved)).toContain('cause: memory limit lowered · resolved by <@U0ONCALL>');
  expect(labels(resolved)).toEqual(['Reopen', 'More']);
});

test('an incident that resolved itself asks for its cause', () => {
  expect(labels({ incident: incident({ state: 'resolved', resolvedAt: at('02:24'), resolvedBy: 'alertmanager' }) })).toEqual(['Reopen', 'Add the cause…', 'More']);
});

test('AP-31: alerts that no system claims still give a card, with their labels and how to change that', () => {
  const shown = words({ systemName: null, incident: incident({ systemId: null, environment: null }), runbook: null, actions: [], pages: [] });
  expect(shown).toContain('P1 · Unknown system: 2 of 3 pods do not answer');
  expect(shown).toContain('job = stock-service');
  expect(shown).toContain('alerts.attribution');
});

test('what could not be read is a card that says what is wrong with it', () => {
  const shown = words({ alerts: null, systemName: null, runbook: null, incident: incident({ origin: 'intake', systemId: null, environment: null }), intake: { kind: 'unreadable', source: 'prod', reason: 'alerts[3].startsAt is not a time', sizeBytes: 3_123 } });
  expect(shown).toContain('alerts[3].startsAt is not a time');
  expect(shown).toContain('Alerts may be hidden in it.');
});

test('running and waiting requests are on the card, the newest three', () => {
  const request = (summary: string) => ({ summary, state: 'running' as const, requestedBy: oncall, since: at('02:17'), line: '1 of 3 pods ready' });
  const shown = words({ incident: acknowledged, requests: ['one', 'two', 'three', 'four'].map(request) });
  expect(shown).toContain('Running: *one* (<@U0ONCALL>,');
  expect(shown).not.toContain('*four*');
  expect(shown).toContain('1 more in the thread');
});

test('links that are not addresses are left out', () => {
  expect(words({ alerts: alerts({ links: { graph: 'javascript:alert(1)', alertmanager: [] } }), links: { dashboard: null } })).not.toMatch(/Graph|Alertmanager\b(?! )/);
});

test('⚠ what the bot does differently is said before it is pressed', () => {
  expect(words({ note: 'It scales through Helm.' })).toContain('⚠ The bot does this differently: It scales through Helm.');
});

test('nobody is said to be paged where nobody is', () => {
  expect(words({ pages: [] })).toContain('nobody is paged for this severity');
  expect(words({ pages })).not.toContain('nobody is paged');
  const undelivered = words({ pages: pages.map((page) => ({ ...page, state: 'undelivered' as const, tries: 3, lastError: 'No answer within 10 s.', nextTryAt: null })) });
  expect(undelivered).not.toContain('nobody is paged');
  expect(undelivered).toContain('Nobody has acknowledged, and no page has arrived.');
  expect(undelivered).toContain('*Page NOT delivered: tried 3 times (No answer within 10 s); it will not be tried again.*');
});
