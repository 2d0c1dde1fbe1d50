import { parse as parseYaml } from 'yaml';
import { existing, json, type ApiAnswer, type Call } from './call.ts';
import type { Deployment, KubernetesObject } from './objects.ts';
import { mergePatch } from './patches.ts';
import type { Resource } from './resources.ts';
import { selectorText } from './selectors.ts';
import { ApiFailure, invalid, methodNotAllowed, undecodable, unsupportedMediaType } from './status.ts';
import { applyPatch, checkAddress, checkFieldManager, isDryRun, managerOf, parsePatch, PATCH_TYPES, storeNext } from './write.ts';

const SCALE: Pick<Resource, 'kind' | 'group'> = { kind: 'Scale', group: 'autoscaling' };

function scaleOf(object: KubernetesObject): KubernetesObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  return {
    kind: 'Scale', apiVersion: 'autoscaling/v1', metadata: { name, ...(namespace && { namespace }), uid, resourceVersion, creationTimestamp },
    spec: { replicas: object.spec.replicas }, status: { replicas: object.status?.replicas ?? 0, selector: selectorText(object.spec.selector) },
  };
}

export function scale(call: Call): ApiAnswer {
  const { resource, request, info } = call;
  const before = existing(call) as Deployment;
  const seen = scaleOf(before);
  if (info.verb === 'get') return json(200, seen);
  let sent: KubernetesObject;
  if (info.verb === 'patch') {
    const type = request.contentType.split(';')[0]?.trim() ?? '';
    if (!PATCH_TYPES.includes(type)) throw unsupportedMediaType();
    checkFieldManager(call, type);
    sent = type === 'application/apply-patch+yaml' ? (mergePatch(seen, parseYaml(request.body)) as KubernetesObject) : applyPatch(type, seen, request.body);
  } else if (info.verb === 'update') {
    sent = parsePatch(request.body) as KubernetesObject;
  } else {
    throw methodNotAllowed();
  }
  checkAddress(call, sent);
  const replicas: unknown = sent.spec?.replicas ?? 0;
  if (typeof replicas !== 'number') throw undecodable(sent, `json: cannot unmarshal ${typeof replicas} into Go struct field ScaleSpec.spec.replicas of type int32`);
  if (!Number.isInteger(replicas) || replicas > 2 ** 31 - 1) throw undecodable(sent, `json: cannot unmarshal number ${replicas} into Go struct field ScaleSpec.spec.replicas of type int32`);
  if (replicas < 0) throw invalid(SCALE, info.name, [{ reason: 'FieldValueInvalid', message: `Invalid value: ${replicas}: must be greater than or equal to 0`, field: 'spec.replicas' }]);
  if (sent.metadata.uid !== undefined && sent.metadata.uid !== before.metadata.uid) {
    throw new ApiFailure(409, 'Conflict', `Operation cannot be fulfilled on ${resource.plural}/scale.${resource.group} "${info.name}": Precondition failed: UID in precondition: ${sent.metadata.uid}, UID in object meta: ${before.metadata.uid}`, { name: info.name, group: resource.group, kind: `${resource.plural}/scale` });
  }
  const next = structuredClone(before) as KubernetesObject;
  next.spec.replicas = replicas;
  next.metadata.resourceVersion = sent.metadata.resourceVersion ?? '';
  const stored = storeNext({ ...call, info: { ...info, subresource: '' } }, before, next, managerOf(call), isDryRun(call));
  return json(200, scaleOf(stored));
}
