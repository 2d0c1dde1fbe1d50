/**
 * Goal: the stand-in refuses what a real API server refuses, in its words; a test that passes here would fail there otherwise.
 * Method: the same requests were sent to a real Kubernetes 1.35; the answers below are its answers.
 */
import { expect, test } from 'vitest';
import { APPLY, deployment, driveCluster, JSON_PATCH, MERGE, STRATEGIC } from './drive.ts';

const DEPLOYMENTS = '/apis/apps/v1/namespaces/shop/deployments';
const WEB = `${DEPLOYMENTS}/web`;
const PODS = '/api/v1/namespaces/shop/pods';

const cases: readonly (readonly [why: string, request: { method: string; path: string; body?: unknown; type?: string; user?: string }, status: number, message: string | RegExp])[] = [
  ['a deployment that is not there', { method: 'GET', path: `${DEPLOYMENTS}/nope` }, 404, 'deployments.apps "nope" not found'],
  ['a name that no object can have', { method: 'GET', path: `${DEPLOYMENTS}/Bad_Name` }, 404, 'deployments.apps "Bad_Name" not found'],
  ['a kind that does not exist', { method: 'GET', path: '/apis/apps/v1/namespaces/shop/nothing' }, 404, 'the server could not find the requested resource'],
  ['a group that does not exist', { method: 'GET', path: '/apis/nope/v1/x' }, 404, '404 page not found\n'],
  ['a path that leaves its namespace, encoded (P-1)', { method: 'GET', path: `${PODS}/..%2fsecrets` }, 404, 'the server could not find the requested resource'],
  ['a query smuggled into a name (P-1)', { method: 'GET', path: `${PODS}/x%3fa/log` }, 404, 'pods "x?a" not found'],
  ['the log of an empty name', { method: 'GET', path: `${PODS}//log` }, 400, 'name must be provided'],
  ['fewer than no pods', { method: 'PATCH', path: `${WEB}/scale`, type: MERGE, body: { spec: { replicas: -1 } } }, 422, 'Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
  ['fewer than no pods, the other way', { method: 'PATCH', path: WEB, type: MERGE, body: { spec: { replicas: -1 } } }, 422, 'Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
  ['a number that is a text', { method: 'PATCH', path: `${WEB}/scale`, type: MERGE, body: { spec: { replicas: 'x' } } }, 422, /cannot unmarshal string into Go struct field ScaleSpec.spec.replicas of type int32$/],
  ['half a pod', { method: 'PATCH', path: `${WEB}/scale`, type: MERGE, body: { spec: { replicas: 1.5 } } }, 422, /cannot unmarshal number 1.5 into/],
  ['a patch of no known type', { method: 'PATCH', path: WEB, body: { spec: { replicas: 1 } } }, 415, '415: Unsupported Media Type'],
  ['an object where a JSON patch is a list', { method: 'PATCH', path: WEB, type: JSON_PATCH, body: { spec: { replicas: 1 } } }, 400, /^error decoding patch: json: cannot unmarshal object/],
  ['a JSON patch whose test fails', { method: 'PATCH', path: WEB, type: JSON_PATCH, body: [{ op: 'test', path: '/spec/replicas', value: 9 }, { op: 'replace', path: '/spec/replicas', value: 3 }] }, 422, 'the server rejected our request due to an error in our request'],
  ['a version that is no longer the newest', { method: 'PATCH', path: WEB, type: MERGE, body: { metadata: { resourceVersion: '1' }, spec: { replicas: 3 } } }, 409, 'Operation cannot be fulfilled on deployments.apps "web": the object has been modified; please apply your changes to the latest version and try again'],
  ['a scale of an old version', { method: 'PUT', path: `${WEB}/scale`, body: { metadata: { name: 'web', resourceVersion: '1' }, spec: { replicas: 3 } } }, 409, /the object has been modified/],
  ['another name than the path says', { method: 'PUT', path: `${WEB}/scale`, body: { metadata: { name: 'wex' }, spec: { replicas: 3 } } }, 400, 'the name of the object (wex) does not match the name on the URL (web)'],
  ['another selector', { method: 'PATCH', path: WEB, type: MERGE, body: { spec: { selector: { matchLabels: { app: 'other' } } } } }, 422, /spec.selector: Invalid value: {"matchLabels":{"app":"other"}}: field is immutable/],
  ['a container without an image', { method: 'PATCH', path: WEB, type: STRATEGIC, body: { spec: { template: { spec: { containers: [{ name: 'other' }] } } } } }, 422, 'Deployment.apps "web" is invalid: spec.template.spec.containers[0].image: Required value'],
  ['a patch of a whole collection', { method: 'PATCH', path: DEPLOYMENTS, type: MERGE, body: {} }, 405, 'the server does not allow this method on the requested resource'],
  ['a dry run that is not All', { method: 'PATCH', path: `${WEB}?dryRun=Yes`, type: MERGE, body: {} }, 422, 'PatchOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Yes"]: supported values: "All"'],
  ['an apply by nobody', { method: 'PATCH', path: WEB, type: APPLY, body: { apiVersion: 'apps/v1', kind: 'Deployment' } }, 422, 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch'],
  ['an object that is there already', { method: 'POST', path: DEPLOYMENTS, body: deployment() }, 409, 'deployments.apps "web" already exists'],
  ['an object in a namespace that is not there', { method: 'POST', path: '/apis/apps/v1/namespaces/missing/deployments', body: { ...deployment(), metadata: { name: 'web' } } }, 404, 'namespaces "missing" not found'],
  ['a selector that cannot be read', { method: 'GET', path: `${PODS}?labelSelector=app%3D%3D%3D` }, 400, "unable to parse requirement: found '=', expected: identifier"],
  ['a field that cannot be selected on', { method: 'GET', path: `${PODS}?fieldSelector=nope%3D1` }, 400, 'field label not supported: nope'],
  ['who may do nothing', { method: 'PATCH', path: `${WEB}/scale`, type: MERGE, body: { spec: { replicas: 1 } }, user: 'outsider' }, 403, 'deployments.apps "web" is forbidden: User "outsider" cannot patch resource "deployments/scale" in API group "apps" in the namespace "shop"'],
  ['an empty name, which deletes everything (P-2)', { method: 'DELETE', path: `${PODS}/` }, 403, 'pods is forbidden: User "stockops" cannot deletecollection resource "pods" in API group "" in the namespace "shop"'],
  ['a token that nobody has', { method: 'GET', path: PODS, user: 'nobody' }, 401, 'Unauthorized'],
];

test.each(cases)('refuses %s', async (_why, { method, path, ...options }, status, message) => {
  await using cluster = await driveCluster();
  cluster.standIn.apply(deployment());
  await cluster.pass(2000);
  const before = cluster.deployment();

  const answer = await cluster.request(method, path, options);

  const said = typeof answer.body === 'string' ? answer.body : answer.body.message;
  expect([answer.status, said]).toEqual([status, typeof message === 'string' ? message : expect.stringMatching(message)]);
  if (typeof answer.body === 'object') expect(answer.body).toMatchObject({ kind: 'Status', status: 'Failure', code: status });
  expect(cluster.deployment()).toEqual(before);
  expect(cluster.pods()).toHaveLength(3);
});

test('a pod is deleted only as the one that was meant', async () => {
  await using cluster = await driveCluster();
  cluster.standIn.apply(deployment());
  await cluster.pass(2000);
  const [{ metadata }] = cluster.pods();

  const other = await cluster.request('DELETE', `${PODS}/${metadata.name}`, { body: { preconditions: { uid: '00000000-0000-0000-0000-000000000000' } } });
  expect(other.body.message).toMatch(/^Operation cannot be fulfilled on Pod ".*": the UID in the precondition/);
  expect(other.status).toBe(409);

  const right = await cluster.request('DELETE', `${PODS}/${metadata.name}`, { body: { preconditions: { uid: metadata.uid } } });
  expect(right.status).toBe(200);
  await cluster.pass(2000);
  expect(cluster.pods().map((pod) => pod.metadata.uid)).not.toContain(metadata.uid);
  expect(cluster.pods()).toHaveLength(3);
});

test('a dry run answers with what would be stored, and stores nothing', async () => {
  await using cluster = await driveCluster();
  cluster.standIn.apply(deployment());
  await cluster.pass(2000);
  const before = cluster.deployment();

  const answer = await cluster.request('PATCH', `${WEB}?dryRun=All`, { type: STRATEGIC, body: { spec: { template: { spec: { containers: [{ name: 'web', image: 'x:2', env: [{ name: 'A', $patch: 'delete' }, { name: 'C', value: '3' }] }] } } } } });

  expect(answer.body.spec.template.spec.containers[0]).toMatchObject({ image: 'x:2', env: [{ name: 'C', value: '3' }, { name: 'B', value: '2' }] });
  expect(answer.body.metadata.generation).toBe(before.metadata.generation + 1);
  await cluster.pass(2000);
  expect(cluster.deployment()).toEqual(before);
  expect(cluster.standIn.writes).toEqual([]);
});

test('the generation of a deployment counts its spec and its annotations, and nothing else', async () => {
  await using cluster = await driveCluster();
  cluster.standIn.apply(deployment());
  await cluster.pass(2000);
  const generations: number[] = [];
  for (const body of [{ metadata: { labels: { team: 'a' } } }, { metadata: { annotations: { note: 'b' } } }, { spec: { replicas: 4 } }, { spec: { replicas: 4 } }]) {
    generations.push((await cluster.request('PATCH', WEB, { type: MERGE, body })).body.metadata.generation);
  }
  expect(generations).toEqual([1, 2, 3, 3]);
});

test('an applied field that somebody else has set is a conflict, unless it is forced', async () => {
  await using cluster = await driveCluster();
  cluster.standIn.apply(deployment(), { manager: 'helm' });
  await cluster.request('PATCH', `${WEB}/scale?fieldManager=kubectl`, { type: MERGE, body: { spec: { replicas: 7 } } });

  const config = { ...deployment() };
  const refused = await cluster.request('PATCH', `${WEB}?fieldManager=helm`, { type: APPLY, body: config });
  expect(refused.status).toBe(409);
  expect(refused.body.message).toBe('Apply failed with 1 conflict: conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas');

  const forced = await cluster.request('PATCH', `${WEB}?fieldManager=helm&force=true`, { type: APPLY, body: config });
  expect(forced.body.spec.replicas).toBe(3);
});
