import type { Open } from './objects.ts';
import { badRequest, patchDoesNotApply } from './status.ts';

/** RFC 7396: objects are merged, `null` removes, everything else replaces. */
export function mergePatch(target: Open, patch: Open): Open {
  if (!isObject(patch)) return patch;
  const result: Open = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

/** Lists that are merged entry by entry, and the field that tells entries apart. All other lists are replaced whole. */
const MERGE_KEYS: { [field: string]: readonly string[] } = {
  containers: ['name'],
  initContainers: ['name'],
  ephemeralContainers: ['name'],
  env: ['name'],
  volumes: ['name'],
  volumeMounts: ['mountPath'],
  imagePullSecrets: ['name'],
  ports: ['containerPort', 'port'],
  conditions: ['type'],
  ownerReferences: ['uid'],
  hostAliases: ['ip'],
};

/** The name of the field that identifies the entries of this list, if it is merged by entry. */
export function mergeKey(field: string, list: readonly Open[]): string | undefined {
  return MERGE_KEYS[field]?.find((key) => list.every((item) => isObject(item) && key in item));
}

/** Kubernetes' own kind of patch: as a merge patch, but lists such as `containers` and `env` are merged by name. */
export function strategicMergePatch(target: Open, patch: Open): Open {
  if (!isObject(patch)) return patch;
  if (patch.$patch === 'replace') return withoutDirectives(patch);
  const result: Open = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$deleteFromPrimitiveList/')) {
      const field = key.slice('$deleteFromPrimitiveList/'.length);
      if (Array.isArray(result[field])) result[field] = result[field].filter((item: Open) => !(value as Open[]).includes(item));
    } else if (key.startsWith('$setElementOrder/') || key === '$retainKeys' || key === '$patch') {
      continue;
    } else if (value === null) {
      delete result[key];
    } else if (Array.isArray(value)) {
      result[key] = mergeList(key, Array.isArray(result[key]) ? result[key] : [], value);
    } else {
      result[key] = strategicMergePatch(result[key], value);
    }
  }
  if (Array.isArray(patch.$retainKeys)) {
    for (const key of Object.keys(result)) if (!patch.$retainKeys.includes(key)) delete result[key];
  }
  return result;
}

function mergeList(field: string, current: readonly Open[], patch: readonly Open[]): Open[] {
  const entries = patch.filter((item) => !isDirective(item));
  const key = mergeKey(field, [...current, ...patch.filter((item) => !(isObject(item) && item.$patch === 'replace'))]);
  if (patch.some((item) => isObject(item) && item.$patch === 'replace') || key === undefined) return entries.map(withoutDirectives);
  const kept = current.filter((item) => !patch.some((one) => isObject(one) && one.$patch === 'delete' && one[key] === item[key]));
  const untouched = kept.filter((item) => !entries.some((entry) => entry[key] === item[key]));
  // What is there keeps its order; what is new goes before the rest.
  const result: Open[] = [];
  for (const entry of entries) {
    const at = kept.findIndex((item) => item[key] === entry[key]);
    while (untouched[0] !== undefined && kept.indexOf(untouched[0]) < at) result.push(untouched.shift());
    result.push(strategicMergePatch(at === -1 ? {} : kept[at], entry));
  }
  return [...result, ...untouched];
}

const isDirective = (item: Open): boolean => isObject(item) && (item.$patch === 'delete' || (item.$patch === 'replace' && Object.keys(item).length === 1));

function withoutDirectives(value: Open): Open {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !key.startsWith('$')));
}

/** RFC 6902. What does not apply is 422 as a whole, and nothing of it happens. */
export function jsonPatch(target: Open, operations: Open): Open {
  if (!Array.isArray(operations)) throw badRequest('error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp');
  let result = structuredClone(target);
  for (const operation of operations) {
    const path = pointer(operation?.path);
    switch (operation?.op) {
      case 'test':
        if (!sameJson(read(result, path), operation.value)) throw patchDoesNotApply();
        break;
      case 'add':
        result = write(result, path, operation.value, true);
        break;
      case 'replace':
        read(result, path);
        result = write(result, path, operation.value, false);
        break;
      case 'remove':
        read(result, path);
        result = remove(result, path);
        break;
      case 'copy':
        result = write(result, path, structuredClone(read(result, pointer(operation.from))), true);
        break;
      case 'move': {
        const moved = read(result, pointer(operation.from));
        result = write(remove(result, pointer(operation.from)), path, moved, true);
        break;
      }
      default:
        throw patchDoesNotApply();
    }
  }
  return result;
}

function pointer(path: unknown): string[] {
  if (typeof path !== 'string' || (path !== '' && !path.startsWith('/'))) throw patchDoesNotApply();
  return path.split('/').slice(1).map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function read(root: Open, path: readonly string[]): Open {
  let value = root;
  for (const part of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, part)) throw patchDoesNotApply();
    value = value[part];
  }
  return value;
}

function write(root: Open, path: readonly string[], value: Open, insert: boolean): Open {
  if (path.length === 0) return value;
  const parent = read(root, path.slice(0, -1));
  const last = path.at(-1) as string;
  if (Array.isArray(parent)) {
    const index = last === '-' ? parent.length : Number(last);
    if (!Number.isInteger(index) || index < 0 || index > parent.length) throw patchDoesNotApply();
    parent.splice(index, insert ? 0 : 1, value);
  } else if (isObject(parent)) {
    parent[last] = value;
  } else {
    throw patchDoesNotApply();
  }
  return root;
}

function remove(root: Open, path: readonly string[]): Open {
  const parent = read(root, path.slice(0, -1));
  const last = path.at(-1) as string;
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete parent[last];
  return root;
}

export function isObject(value: unknown): value is { [key: string]: Open } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Equal as JSON values; the order of keys does not count, and `undefined` is absent. */
export function sameJson(a: Open, b: Open): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, index) => sameJson(item, b[index]));
  if (!isObject(a) || !isObject(b)) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => sameJson(a[key], b[key]));
}
