import fc from 'fast-check';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readNotification } from '../../src/alerts/read-notification.ts';

const folder = fileURLToPath(new URL('../fixtures/alertmanager/', import.meta.url));
const alert = { status: 'firing', labels: { alertname: 'A' }, annotations: {}, startsAt: '2026-03-02T02:00:00Z', endsAt: '0001-01-01T00:00:00Z', generatorURL: '', fingerprint: '0123456789abcdef' };
const group = { version: '4', groupKey: '{}:{}', truncatedAlerts: 0, status: 'firing', receiver: 'stockops', groupLabels: {}, commonLabels: {}, commonAnnotations: {}, externalURL: '', alerts: [alert] };
const read = (change: object) => readNotification(JSON.stringify({ ...group, ...change }));
const readAlert = (change: object) => read({ alerts: [{ ...alert, ...change }] });

describe('every sample of a real Alertmanager is read whole', () => {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.json')))
    test(name, () => {
      const body = readFileSync(`${folder}${name}`, 'utf8');
      const result = readNotification(body);
      expect(result).toMatchObject({ kind: 'group', unreadable: [] });
      expect(result.kind === 'group' && result.alerts.length).toBe((JSON.parse(body) as { alerts: unknown[] }).alerts.length);
    });
});

describe('F-06: what cannot be read says why', () => {
  for (const [why, body, reason] of [
    ['no JSON', '{"version":', 'It is not JSON'],
    ['nothing at all', '', 'It is not JSON'],
    ['a list', '[]', 'expected object'],
    ['another version', JSON.stringify({ ...group, version: '5' }), 'version'],
    ['no alert', JSON.stringify({ ...group, alerts: [] }), 'It carries no alert'],
    ['a body of one’s own template', JSON.stringify({ text: 'ServiceDown fires' }), 'version'],
  ] as const)
    test(why, () => {
      const result = readNotification(body);
      expect(result.kind).toBe('unreadable');
      expect(result.kind === 'unreadable' && result.reason).toContain(reason);
    });

  test('one bad alert among twenty costs only itself', () => {
    const alerts = Array.from({ length: 20 }, (_, index) => ({ ...alert, fingerprint: `f${index}`, ...(index === 7 && { startsAt: 'yesterday' }) }));
    const result = read({ alerts });
    expect(result).toMatchObject({ kind: 'group', unreadable: [expect.stringContaining('alert 8 of 20: startsAt')] });
    expect(result.kind === 'group' && result.alerts.length).toBe(19);
  });
});

describe('T-24: what the database or JavaScript would stumble over is only text, or refused', () => {
  test('labels called __proto__ and constructor are labels', () => {
    const result = readNotification(JSON.stringify(group).replace('"alertname":"A"', '"alertname":"A","__proto__":"p","constructor":"c","toString":"t"'));
    const labels = result.kind === 'group' ? result.alerts[0]!.labels : {};
    expect(Object.getPrototypeOf(labels)).toBe(null);
    expect(Object.entries(labels)).toEqual([['alertname', 'A'], ['__proto__', 'p'], ['constructor', 'c'], ['toString', 't']]);
  });
  test('NUL and half a surrogate pair become U+FFFD', () => {
    const result = readAlert({ labels: { alertname: 'a\u0000b', 'x\u0000': '\ud800' }, annotations: { summary: '\udc00!' } });
    expect(result.kind === 'group' && { ...result.alerts[0]!.labels }).toEqual({ alertname: 'a\ufffdb', 'x\ufffd': '\ufffd' });
    expect(result.kind === 'group' && { ...result.alerts[0]!.annotations }).toEqual({ summary: '\ufffd!' });
  });
  for (const [why, change] of [
    ['the year 0', { startsAt: '0000-06-01T00:00:00Z' }],
    ['a moment that is in the year 0 by UTC', { startsAt: '0001-01-01T00:30:00+02:00' }],
    ['a moment after the year 9999 by UTC', { startsAt: '9999-12-31T23:59:59-02:00' }],
    ['a label that is a number', { labels: { alertname: 1 } }],
    ['labels that are a list', { labels: ['a'] }],
    ['no labels', { labels: undefined }],
    ['no fingerprint', { fingerprint: '' }],
    ['a fingerprint that is a novel', { fingerprint: 'f'.repeat(129) }],
    ['a status of its own', { status: 'pending' }],
  ] as const)
    test(`refuses ${why}`, () => expect(readAlert(change)).toMatchObject({ kind: 'group', alerts: [], unreadable: [expect.any(String)] }));

  test('a duplicate key is the last one', () => {
    const result = readNotification(JSON.stringify(group).replace('"alertname":"A"', '"alertname":"A","alertname":"B"'));
    expect(result.kind === 'group' && result.alerts[0]!.labels['alertname']).toBe('B');
  });
  test('100,000 levels of nesting are no reason to fall over', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect(readNotification(JSON.stringify(group).replace('"A"', deep)).kind).toBe('group');
  });
});

test('whatever comes in, an answer comes out', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), fc.record({ ...Object.fromEntries(Object.keys(group).map((key) => [key, fc.oneof(fc.constant((group as Record<string, unknown>)[key]), fc.jsonValue())])), alerts: fc.array(fc.oneof(fc.constant(alert), fc.jsonValue())) }).map((value) => JSON.stringify(value))), (body) => {
      const result = readNotification(body);
      if (result.kind === 'group') expect(result.alerts.length + result.unreadable.length).toBeGreaterThan(0);
      else expect(result.reason).not.toBe('');
    }),
    { numRuns: 2_000 },
  );
});
