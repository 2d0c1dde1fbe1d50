/**
 * The least that the bot must be allowed in each cluster: the rights of the primitives that a system's actions use, on the workloads that they
 * may act on, and no more (GUARANTEES T-18). Looking and changing are two identities, so that what reads all day cannot change anything.
 */
import { componentFor, resolveTarget } from '../catalog/resolve.ts';
import type { Catalog } from '../catalog/system.ts';
import type { Primitive, Right } from './define-primitive.ts';
import type { ReleaseTarget, Target, WorkloadTarget } from './plan.ts';

export type Identity = 'read' | 'write';

export interface Rule {
  readonly group: string;
  readonly resource: string;
  readonly verbs: readonly string[];
  /** Empty: every object of this kind in the namespace. */
  readonly names: readonly string[];
  /** The primitives that need it. */
  readonly neededBy: readonly string[];
}

export interface Role {
  readonly context: string;
  readonly namespace: string;
  readonly identity: Identity;
  /** Names of the systems and environments that live there: `Stock Service (staging)`. */
  readonly serves: readonly string[];
  readonly rules: readonly Rule[];
}

export interface Selection {
  readonly system?: string;
  readonly environment?: string;
}

/** A primitive on a target, and for whom. */
export interface Use {
  readonly primitive: Primitive;
  readonly target: Target;
  /** Names of a chart's objects beside the workload's. */
  readonly objects: readonly string[];
  readonly serves: string;
}

/** Pure. In order of context, namespace and identity; the same catalog gives the same Roles. */
export function rolesOf(catalog: Catalog, primitives: ReadonlyMap<string, Primitive>, selection: Selection = {}): readonly Role[] {
  return rolesFor(usesOf(catalog, primitives, selection));
}

/** Every target that an action may act on, in every environment that offers it. */
function usesOf(catalog: Catalog, primitives: ReadonlyMap<string, Primitive>, only: Selection): readonly Use[] {
  const uses: Use[] = [];
  for (const system of catalog.systems.filter(({ id }) => only.system === undefined || only.system === id)) {
    for (const environment of [...system.environments.keys()].filter((name) => only.environment === undefined || only.environment === name)) {
      for (const action of system.actions.values()) {
        const primitive = primitives.get(action.use);
        for (const name of action.components.length === 0 ? [action.component] : action.components) {
          const target = resolveTarget(system, action, environment, name);
          if (primitive === undefined || 'refused' in target) continue;
          uses.push({ primitive, target, objects: componentFor(system, action, name)?.helm?.objects ?? [], serves: `${system.name} (${environment})` });
        }
      }
    }
  }
  return uses;
}

/** Pure. The Roles for what is given, and no other. */
export function rolesFor(uses: readonly Use[]): readonly Role[] {
  const places = new Map<string, { readonly context: string; readonly namespace: string; readonly identity: Identity; readonly serves: Set<string>; readonly needs: Needs }>();
  for (const use of uses) {
    const { target } = use;
    if (target.kind !== 'workload' && target.kind !== 'release') continue;
    const { context, namespace } = target;
    for (const { identity, ...need } of needsOf(use, target)) {
      const key = `${context}/${namespace}/${identity}`;
      const place = places.get(key) ?? { context, namespace, identity, serves: new Set(), needs: new Map() };
      places.set(key, place);
      place.serves.add(use.serves);
      add(place.needs, need);
    }
  }
  return [...places]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([, { needs, serves, ...place }]) => ({ ...place, serves: [...serves], rules: rulesOf(needs) }));
}

interface Need {
  readonly right: Right;
  readonly verb: string;
  readonly names: readonly string[] | null;
  readonly primitive: string;
}

function needsOf({ primitive, objects }: Use, target: WorkloadTarget | ReleaseTarget): readonly (Need & { readonly identity: Identity })[] {
  const workload = target.kind === 'release' ? target.workload : target;
  const names = [workload.name, ...(target.kind === 'release' ? objects : [])];
  return primitive.rights
    .filter(({ of }) => of === undefined || of === workload.workload)
    .flatMap((right) => right.verbs.map((verb) => ({ right, verb, names: right.named === true ? names : null, primitive: primitive.id, identity: right.by ?? (verb === 'get' || verb === 'list' ? 'read' : 'write') })));
}

/** By group, resource and verb. `null` names mean all of them, and win over names. */
type Needs = Map<string, { readonly group: string; readonly resource: string; readonly verb: string; names: Set<string> | null; readonly neededBy: Set<string> }>;

function add(needs: Needs, { right: { group, resource }, verb, names, primitive }: Need): void {
  const key = `${group}/${resource}/${verb}`;
  const need = needs.get(key) ?? { group, resource, verb, names: new Set(), neededBy: new Set() };
  needs.set(key, need);
  need.names = names === null || need.names === null ? null : need.names.union(new Set(names));
  need.neededBy.add(primitive);
}

const verbOrder = ['get', 'list', 'create', 'update', 'patch', 'delete'];

/** Verbs on the same objects become one rule. */
function rulesOf(needs: Needs): readonly Rule[] {
  const groups = Map.groupBy(needs.values(), ({ group, resource, names }) => `${group}/${resource}/${names === null ? '' : [...names].toSorted().join(',')}`);
  return [...groups]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([, same]) => {
      const [{ group, resource, names }] = same as [(typeof same)[number]];
      return {
        group,
        resource,
        verbs: same.map(({ verb }) => verb).toSorted((one, other) => verbOrder.indexOf(one) - verbOrder.indexOf(other)),
        names: names === null ? [] : [...names].toSorted(),
        neededBy: [...new Set(same.flatMap(({ neededBy }) => [...neededBy]))].toSorted(),
      };
    });
}
