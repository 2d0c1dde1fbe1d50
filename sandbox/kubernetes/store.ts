import { copy, type KubernetesObject } from './objects.ts';
import { EVENTS, NEW_EVENTS, resourceKey, type Resource } from './resources.ts';

export interface Change {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: string;
  /** As it is after the change; as it was last, for `DELETED`. */
  readonly object: KubernetesObject;
  /** `undefined` for `ADDED`. Watches with a selector need it: what no longer matches is `DELETED` for them. */
  readonly before: KubernetesObject | undefined;
}

export interface StoreSnapshot {
  readonly version: number;
  readonly objects: { readonly [resource: string]: readonly KubernetesObject[] };
}

const REMEMBERED_CHANGES = 5000;

/**
 * What etcd is to a cluster: objects by name, one version counter for all, and the changes in their order.
 * Objects are never changed in place; what `get` and `list` return may be kept.
 */
export class ObjectStore {
  #version = 1;
  #objects = new Map<string, Map<string, KubernetesObject>>();
  /** Lists in order, made when first asked for and thrown away at the next change. */
  #sorted = new Map<string, readonly KubernetesObject[]>();
  #changes: Change[] = [];
  #listeners = new Set<(change: Change) => void>();

  get version(): number {
    return this.#version;
  }

  get<T extends KubernetesObject>(resource: Resource, namespace: string, name: string): T | undefined {
    return this.#objects.get(storageKey(resource))?.get(`${namespace}/${name}`) as T | undefined;
  }

  /** Sorted by namespace and name; all namespaces without one. */
  list<T extends KubernetesObject>(resource: Resource, namespace = ''): T[] {
    const key = storageKey(resource);
    let all = this.#sorted.get(key);
    if (!all) {
      all = [...(this.#objects.get(key) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
      this.#sorted.set(key, all);
    }
    return (namespace === '' ? [...all] : all.filter((object) => object.metadata.namespace === namespace)) as T[];
  }

  /** Stores the object under a new version and returns it as stored. */
  put<T extends KubernetesObject>(resource: Resource, object: T): T {
    const stored = copy(object);
    stored.metadata.resourceVersion = String(++this.#version);
    const key = storageKey(resource);
    const objects = this.#objects.get(key) ?? new Map<string, KubernetesObject>();
    this.#objects.set(key, objects);
    const before = objects.get(fullName(object));
    objects.set(fullName(object), stored);
    this.#publish({ version: this.#version, type: before ? 'MODIFIED' : 'ADDED', resource: key, object: stored, before });
    return stored;
  }

  remove(resource: Resource, object: KubernetesObject): void {
    const key = storageKey(resource);
    const before = this.#objects.get(key)?.get(fullName(object));
    if (!before) return;
    this.#objects.get(key)?.delete(fullName(object));
    const last = copy(before);
    last.metadata.resourceVersion = String(++this.#version);
    this.#publish({ version: this.#version, type: 'DELETED', resource: key, object: last, before });
  }

  /** The changes after `version`, or `expired` when they are no longer remembered. */
  changesSince(resource: Resource, version: number): readonly Change[] | 'expired' {
    const oldest = this.#changes[0];
    if (version < this.#version && (oldest === undefined || version < oldest.version - 1)) return 'expired';
    return this.#changes.filter((change) => change.version > version && change.resource === storageKey(resource));
  }

  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  snapshot(): StoreSnapshot {
    return { version: this.#version, objects: Object.fromEntries([...this.#objects].map(([key, objects]) => [key, [...objects.values()]])) };
  }

  restore(snapshot: StoreSnapshot): void {
    this.#version = snapshot.version;
    this.#changes = [];
    this.#sorted.clear();
    this.#objects = new Map(Object.entries(snapshot.objects).map(([key, objects]) => [key, new Map(objects.map((object) => [fullName(object), object]))]));
  }

  #publish(change: Change): void {
    this.#sorted.delete(change.resource);
    this.#changes.push(change);
    if (this.#changes.length > REMEMBERED_CHANGES) this.#changes.splice(0, this.#changes.length - REMEMBERED_CHANGES);
    for (const listener of this.#listeners) listener(change);
  }
}

export const storageKey = (resource: Resource): string => resourceKey(resource === NEW_EVENTS ? EVENTS : resource);

const fullName = (object: KubernetesObject): string => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
