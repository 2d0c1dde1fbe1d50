import type { PrimitiveSummary, Primitives } from '../../src/catalog/system.ts';

/** The primitives of the main line, as the catalog is told about them: what they are called, whether they change anything, on what. */
export const primitives: Primitives = new Map<string, PrimitiveSummary>([
  ...each('read', 'workload', ['k8s.pods', 'k8s.describe', 'k8s.logs', 'k8s.events', 'k8s.top', 'k8s.rolloutStatus', 'k8s.rolloutHistory']),
  ...each('write', 'workload', ['k8s.scale', 'k8s.restart', 'k8s.undo', 'k8s.setImage']),
  ...each('read', 'release', ['helm.history', 'helm.values']),
  ...each('write', 'release', ['helm.upgrade', 'helm.rollback']),
  ...each('read', 'compose', ['compose.ps', 'compose.logs']),
  ...each('write', 'compose', ['compose.start', 'compose.stop', 'compose.restart']),
  ...each('read', 'url', ['http.probe']),
  ...each('read', 'query', ['prom.query']),
]);

function each(effect: PrimitiveSummary['effect'], target: PrimitiveSummary['target'], ids: readonly string[]): [string, PrimitiveSummary][] {
  return ids.map((id) => [id, { effect, target }]);
}
