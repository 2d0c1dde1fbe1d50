import { copy, type FieldTree, type KubernetesObject, type ManagedFields, type Open } from './objects.ts';
import { isObject, mergeKey, sameJson, strategicMergePatch } from './patches.ts';
import { ApiFailure } from './status.ts';

/**
 * Who owns which field. Server-side apply refuses to change what another manager set, and Helm 4 applies that way: after a
 * `kubectl scale` an upgrade that says something else about `replicas` is a conflict. So this must be as the real one.
 */
export interface Manager {
  readonly name: string;
  readonly subresource?: string;
  readonly time: string;
}

/** A field, as the tokens of FieldsV1 joined: `f:spec`, `k:{"name":"web"}`. */
type Path = string;
const SEPARATOR = '\u0001';
const SELF = '.';

/** What the server sets or what identifies the object: nobody owns these. */
const UNOWNED = new Set(['name', 'namespace', 'uid', 'resourceVersion', 'generation', 'creationTimestamp', 'managedFields', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'generateName']);

function ownedFields(object: KubernetesObject): Map<Path, Open> {
  const found = new Map<Path, Open>();
  const visit = (value: Open, tokens: readonly string[], field: string): void => {
    const leaf = () => found.set(tokens.join(SEPARATOR), value);
    if (Array.isArray(value)) {
      const key = value.length > 0 ? mergeKey(field, value) : undefined;
      if (key === undefined) return void leaf();
      for (const item of value) {
        const token = `k:${JSON.stringify(key === 'containerPort' || key === 'port' ? { [key]: item[key], protocol: item.protocol ?? 'TCP' } : { [key]: item[key] })}`;
        found.set([...tokens, token, SELF].join(SEPARATOR), null);
        visit(item, [...tokens, token], '');
      }
      return;
    }
    if (!isObject(value) || field === 'selector' || Object.keys(value).length === 0) return void leaf();
    for (const [name, inner] of Object.entries(value)) if (inner !== undefined) visit(inner, [...tokens, `f:${name}`], name);
  };
  for (const [name, value] of Object.entries(object)) {
    if (name === 'apiVersion' || name === 'kind' || value === undefined) continue;
    const owned = name === 'metadata' ? Object.fromEntries(Object.entries(value).filter(([key]) => !UNOWNED.has(key))) : value;
    if (name === 'metadata' && Object.keys(owned).length === 0) continue;
    visit(owned, [`f:${name}`], name);
  }
  return found;
}

function pathsOf(tree: FieldTree, prefix: readonly string[] = []): Path[] {
  return Object.entries(tree).flatMap(([token, inner]) =>
    Object.keys(inner).length === 0 ? [[...prefix, token].join(SEPARATOR)] : pathsOf(inner, [...prefix, token]));
}

function treeOf(paths: Iterable<Path>): FieldTree {
  const tree: FieldTree = {};
  for (const path of paths) {
    let node = tree;
    for (const token of path.split(SEPARATOR)) node = node[token] ??= {};
  }
  return tree;
}

const isBy = (entry: ManagedFields, manager: Manager, operation: ManagedFields['operation']): boolean =>
  entry.manager === manager.name && entry.operation === operation && entry.subresource === manager.subresource;

function entryFor(object: KubernetesObject, manager: Manager, operation: ManagedFields['operation'], paths: Iterable<Path>): ManagedFields {
  return {
    manager: manager.name, operation, apiVersion: object.apiVersion, time: manager.time, fieldsType: 'FieldsV1', fieldsV1: treeOf(paths),
    ...(manager.subresource && { subresource: manager.subresource }),
  };
}

function keepOnly(entry: ManagedFields, keep: (path: Path) => boolean): ManagedFields[] {
  const before = pathsOf(entry.fieldsV1);
  const after = before.filter(keep);
  if (after.length === before.length) return [entry];
  return after.length === 0 ? [] : [{ ...entry, fieldsV1: treeOf(after) }];
}

/** After a create, update or patch: the manager owns what it changed, and the others lose that. */
export function recordUpdate(before: KubernetesObject | undefined, after: KubernetesObject, manager: Manager): ManagedFields[] {
  const old = before ? ownedFields(before) : new Map<Path, Open>();
  const now = ownedFields(after);
  const changed = new Set([...now].filter(([path, value]) => !old.has(path) || !sameJson(old.get(path), value)).map(([path]) => path));
  const entries = before?.metadata.managedFields ?? [];
  if (changed.size === 0 && [...old.keys()].every((path) => now.has(path))) return entries;
  const mine = entries.find((entry) => isBy(entry, manager, 'Update'));
  const others = entries.filter((entry) => entry !== mine).flatMap((entry) => keepOnly(entry, (path) => now.has(path) && !changed.has(path)));
  const owned = new Set([...(mine ? pathsOf(mine.fieldsV1).filter((path) => now.has(path)) : []), ...changed]);
  return owned.size === 0 ? others : [...others, entryFor(after, manager, 'Update', owned)];
}

/** Server-side apply of `config` onto `live`: merged, what this manager no longer says is gone, conflicts are 409 unless forced. */
export function applyConfiguration(live: KubernetesObject | undefined, config: KubernetesObject, manager: Manager, force: boolean): KubernetesObject {
  const wanted = ownedFields(config);
  const base = live ?? ({ apiVersion: config.apiVersion, kind: config.kind, metadata: { name: config.metadata.name } } as KubernetesObject);
  const current = ownedFields(base);
  const entries = base.metadata.managedFields ?? [];
  const others = entries.filter((entry) => !isBy(entry, manager, 'Apply'));
  const differs = (path: Path) => wanted.has(path) && !sameJson(current.get(path), wanted.get(path));
  const conflicts = others.map((entry) => ({ entry, paths: pathsOf(entry.fieldsV1).filter(differs) })).filter(({ paths }) => paths.length > 0);
  if (conflicts.length > 0 && !force) throw applyConflict(conflicts);

  const dropped = entries
    .filter((entry) => isBy(entry, manager, 'Apply'))
    .flatMap((entry) => pathsOf(entry.fieldsV1))
    .filter((path) => !wanted.has(path) && !others.some((entry) => pathsOf(entry.fieldsV1).includes(path)));
  const merged = strategicMergePatch(copy(base), config) as KubernetesObject;
  for (const path of dropped) removeField(merged, path.split(SEPARATOR));
  merged.metadata.managedFields = [
    ...others.flatMap((entry) => keepOnly(entry, (path) => !differs(path))),
    entryFor(merged, manager, 'Apply', wanted.keys()),
  ];
  return merged;
}

function removeField(root: Open, tokens: readonly string[]): void {
  let value = root;
  const last = tokens.at(-1) === SELF ? tokens.length - 2 : tokens.length - 1;
  for (const [index, token] of tokens.slice(0, last + 1).entries()) {
    if (token.startsWith('k:')) {
      const key = Object.entries(JSON.parse(token.slice(2)) as object)[0] as [string, Open];
      const found = (value as Open[]).findIndex((item) => item[key[0]] === key[1]);
      if (found === -1) return;
      if (index === last) return void value.splice(found, 1);
      value = value[found];
    } else {
      const field = token.slice(2);
      if (value === undefined || !isObject(value) || !(field in value)) return;
      if (index === last) return void delete value[field];
      value = value[field];
    }
  }
}

function applyConflict(conflicts: readonly { entry: ManagedFields; paths: readonly Path[] }[]): ApiFailure {
  const who = (entry: ManagedFields) =>
    `"${entry.manager}"${entry.subresource ? ` with subresource "${entry.subresource}"` : ''}${entry.operation === 'Update' ? ` using ${entry.apiVersion}` : ''}`;
  const count = conflicts.reduce((sum, { paths }) => sum + paths.length, 0);
  const texts = conflicts.map(({ entry, paths }) =>
    paths.length === 1 ? `conflict with ${who(entry)}: ${readable(paths[0] as Path)}` : `conflicts with ${who(entry)}:\n${paths.map((path) => `- ${readable(path)}`).join('\n')}`);
  return new ApiFailure(409, 'Conflict', `Apply failed with ${count} conflict${count === 1 ? '' : 's'}: ${texts.join('\n')}`, {
    causes: conflicts.flatMap(({ entry, paths }) => paths.map((path) => ({ reason: 'FieldManagerConflict', message: `conflict with ${who(entry)}`, field: readable(path) }))),
  });
}

/** `.spec.template.spec.containers[name="web"].image` */
function readable(path: Path): string {
  return path.split(SEPARATOR).filter((token) => token !== SELF).map((token) => {
    if (token.startsWith('f:')) return `.${token.slice(2)}`;
    const entries = Object.entries(JSON.parse(token.slice(2)) as object);
    return `[${entries.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
  }).join('');
}
