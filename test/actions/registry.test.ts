import { expect, test } from 'vitest';
import { primitives } from '../../src/actions/registry.ts';

test('the registry holds every primitive under its own id, and no other', () => {
  expect([...primitives.keys()].sort()).toEqual([
    'compose.logs', 'compose.ps', 'compose.restart', 'compose.start', 'compose.stop', 'helm.history', 'helm.rollback', 'helm.upgrade', 'helm.values', 'http.probe',
    'k8s.describe', 'k8s.events', 'k8s.logs', 'k8s.pods', 'k8s.restart', 'k8s.rolloutHistory', 'k8s.rolloutStatus', 'k8s.scale', 'k8s.setImage', 'k8s.top', 'k8s.undo', 'prom.query',
  ]);
  for (const [id, primitive] of primitives) expect(primitive.id).toBe(id);
});

test('what only looks asks for no right to change anything (T-18)', () => {
  for (const primitive of primitives.values()) {
    if (primitive.effect === 'read') expect(primitive.rights.flatMap((right) => right.verbs).filter((verb) => !['get', 'list', 'watch'].includes(verb)), primitive.id).toEqual([]);
  }
});

test('no primitive may delete collections, run commands in pods or read Secrets, but Helm, which keeps its records there (P-2)', () => {
  for (const primitive of primitives.values()) {
    expect(primitive.rights.some((right) => right.verbs.includes('deletecollection') || right.resource === 'pods/exec'), primitive.id).toBe(false);
    if (!primitive.id.startsWith('helm.')) expect(primitive.rights.some((right) => right.resource === 'secrets'), primitive.id).toBe(false);
  }
});
