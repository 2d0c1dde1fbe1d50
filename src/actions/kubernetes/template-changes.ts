/** Two pod templates, compared for people: images and resources by value, environment variables only by name. Pure. */
import type { Json } from '../../support/json.ts';
import type { Change } from '../plan.ts';
import { oneLine } from '../wording.ts';
import { differenceAsPatch } from './patch.ts';

type Template = { spec?: { containers?: ContainerTemplate[] } };
interface ContainerTemplate {
  readonly name: string;
  readonly image?: string;
  readonly resources?: { readonly limits?: Resources; readonly requests?: Resources };
  readonly env?: readonly { readonly name: string }[];
}
type Resources = { readonly [resource: string]: string };

/** Images come first and are listed even when they stay, because they are what a rollback is about. */
export function templateChanges(before: Json, after: Json): Change[] {
  const [old, next] = [containersOf(before), containersOf(after)];
  const names = [...new Set([...old.keys(), ...next.keys()])];
  const images = names.map((name) => change(`image of ${name}`, old.get(name)?.image, next.get(name)?.image));
  const details = names.flatMap((name) => [
    ...resourceChanges(name, 'limit', old.get(name)?.resources?.limits, next.get(name)?.resources?.limits),
    ...resourceChanges(name, 'request', old.get(name)?.resources?.requests, next.get(name)?.resources?.requests),
    ...environmentChanges(name, old.get(name)?.env, next.get(name)?.env),
  ]);
  const others = differenceAsPatch(before, after, '').filter(({ path }) => !/^\/spec\/containers\/\d+\/(image|resources|env)(\/|$)/.test(path) && !isBookkeeping(path));
  return [...images, ...details, ...others.slice(0, 8).map(({ path, op }) => ({ what: path, before: op === 'add' ? 'absent' : 'set', after: op === 'remove' ? 'absent' : op === 'add' ? 'set' : 'set differently' }))];
}

/** Differs at every restart and says nothing about the version. */
function isBookkeeping(path: string): boolean {
  return path === '/metadata/annotations' || path.endsWith('kubectl.kubernetes.io~1restartedAt');
}

function containersOf(template: Json): ReadonlyMap<string, ContainerTemplate> {
  return new Map(((template as Template).spec?.containers ?? []).map((container) => [container.name, container]));
}

function change(what: string, before: string | undefined, after: string | undefined): Change {
  return { what, before: oneLine(before ?? 'none'), after: oneLine(after ?? 'none') };
}

function resourceChanges(container: string, kind: 'limit' | 'request', before: Resources = {}, after: Resources = {}): Change[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((resource) => before[resource] !== after[resource])
    .map((resource) => change(`${resource} ${kind} of ${container}`, before[resource], after[resource]));
}

function environmentChanges(container: string, before: readonly { readonly name: string }[] = [], after: readonly { readonly name: string }[] = []): Change[] {
  const [old, next] = [byName(before), byName(after)];
  return [...new Set([...old.keys(), ...next.keys()])]
    .filter((name) => old.get(name) !== next.get(name))
    .map((name) => ({
      what: `environment variable ${oneLine(name, 80)} of ${container}`,
      before: old.has(name) ? 'set (not shown)' : 'absent',
      after: next.has(name) ? (old.has(name) ? 'set differently (not shown)' : 'set (not shown)') : 'absent',
    }));
}

function byName(variables: readonly { readonly name: string }[]): ReadonlyMap<string, string> {
  return new Map(variables.map((variable) => [variable.name, JSON.stringify(variable)]));
}
