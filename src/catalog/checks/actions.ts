import { suggestion } from '../did-you-mean.ts';
import { valueAt } from '../parse-file.ts';
import type { Path } from '../problem.ts';
import type { Primitives } from '../system.ts';
import type { Step } from '../schema/doing.ts';
import { namesIn, type SystemSource } from '../system-source.ts';

/** Which kinds of target a platform has. */
const kubernetesTargets = ['workload', 'release'];

/** An action can do what it says: its primitive exists, its risk is honest, its component has what the primitive acts on. */
export function checkActions(source: SystemSource, primitives: Primitives): void {
  const { file, report } = source;
  for (const [id, action] of Object.entries(file.actions)) {
    const at: Path = ['actions', id];
    const primitive = primitives.get(action.use);
    if (primitive === undefined) {
      report([...at, 'use'], `There is no primitive "${action.use}".`, suggestion(action.use, primitives.keys()));
      continue;
    }
    if (action.risk === 'read' && primitive.effect === 'write') report([...at, 'risk'], `${action.use} changes something, so its risk is not "read".`, 'one of: low, high, destructive');
    if (action.risk !== 'read' && primitive.effect === 'read') report([...at, 'risk'], `${action.use} only reads.`, 'write: read');

    if (action.component !== undefined && action.components !== undefined) report([...at, 'components'], 'Name one component or several to choose from, not both.');
    const chosen = action.component !== undefined ? [action.component] : (action.components ?? []);
    const needsComponent = ['workload', 'release', 'compose'].includes(primitive.target);
    const fallback = Object.entries(file.components).find(([, component]) => component.default)?.[0];
    const components = chosen.length > 0 ? chosen : needsComponent && fallback !== undefined ? [fallback] : [];
    if (needsComponent && components.length === 0) report(at, `${action.use} acts on a component, and none is named.`, undefined, 'key');
    for (const name of components) checkComponent(source, at, action.use, primitive.target, name);

    if (primitive.target === 'url') {
      const given = [action.check, action.dependency, action.url].filter((value) => value !== undefined);
      if (given.length !== 1) report(at, `${action.use} asks one thing: name a check, a dependency or a url.`, undefined, 'key');
      const check = file.checks[action.check ?? ''];
      if (check !== undefined && check.url === undefined) report([...at, 'check'], `The check "${action.check}" is not an address.`);
      if (action.dependency !== undefined && file.dependencies[action.dependency] !== undefined && file.dependencies[action.dependency]?.probe === undefined && valueAt(source.raw, ['dependencies', action.dependency, 'probe']) === undefined)
        report([...at, 'dependency'], `The dependency "${action.dependency}" has no probe.`);
      const url = action.url ?? check?.url;
      for (const environment of action.environments ?? Object.keys(file.environments)) {
        const known = file.environments[environment];
        const hasBaseUrl = known === undefined || valueAt(source.raw, ['environments', environment, 'baseUrl']) !== undefined;
        if (url?.startsWith('{baseUrl}') === true && !hasBaseUrl) report(at, `The environment "${environment}" has no baseUrl for this probe.`, `give it one, or name the environments of "${id}"`, 'key');
      }
    }
    if (primitive.target === 'query' && action.metric === undefined) report(at, `${action.use} needs a metric.`, undefined, 'key');
    checkFixed(source, at, id, components);
    for (const [name, parameter] of Object.entries(action.parameters)) {
      if (Object.hasOwn(action.fixed, name)) report([...at, 'parameters', name], `"${name}" is fixed; nobody can give it too.`, undefined, 'key');
      for (const component of components) {
        if (parameter.from === 'component.replicas' && valueAt(source.raw, ['components', component, 'replicas']) === undefined && file.components[component] !== undefined)
          report([...at, 'parameters', name, 'from'], `The component "${component}" has no replicas.`);
        if (parameter.from === 'component.image' && valueAt(source.raw, ['components', component, 'image']) === undefined && file.components[component] !== undefined)
          report([...at, 'parameters', name, 'from'], `The component "${component}" has no image.`);
        checkSettable(source, [...at, 'parameters', name, 'sets'], component, parameter.sets);
      }
    }
    const set = action.fixed['set'];
    if (typeof set === 'object' && set !== null) for (const key of Object.keys(set)) for (const component of components) checkSettable(source, [...at, 'fixed', 'set', key], component, key);
  }
  for (const [id, check] of Object.entries(file.checks)) {
    const primitive = primitives.get(check.use);
    if (primitive === undefined) report(['checks', id, 'use'], `There is no primitive "${check.use}".`, suggestion(check.use, primitives.keys()));
    else if (primitive.effect === 'write') report(['checks', id, 'use'], `${check.use} changes something; a check only reads.`);
  }
  const visit = (path: Path, risk: string, steps: readonly Step[]): void =>
    steps.forEach((step, index) => {
      if ('use' in step) {
        const primitive = primitives.get(step.use);
        if (primitive === undefined) report([...path, index, 'use'], `There is no primitive "${step.use}".`, suggestion(step.use, primitives.keys()));
        else if (risk === 'read' && primitive.effect === 'write') report([...path, index, 'use'], `${step.use} changes something, and the procedure says that it only reads.`);
      }
      if ('action' in step && risk === 'read' && file.actions[step.action] !== undefined && file.actions[step.action]?.risk !== 'read')
        report([...path, index, 'action'], `"${step.action}" changes something, and the procedure says that it only reads.`);
      if ('branch' in step) {
        visit([...path, index, 'branch', 'good'], risk, step.branch.good);
        visit([...path, index, 'branch', 'bad'], risk, step.branch.bad);
      }
    });
  for (const [id, procedure] of Object.entries(file.procedures)) visit(['procedures', id, 'steps'], procedure.risk, procedure.steps);
}

function checkComponent(source: SystemSource, at: Path, use: string, target: string, name: string): void {
  const component = source.file.components[name];
  if (component === undefined) return;
  const has = (key: string) => valueAt(source.raw, ['components', name, key]) !== undefined;
  const platforms = new Set(Object.values(source.file.environments).map(({ platform }) => platform));
  const say = (what: string, instead?: string) => source.report(at, `${use} cannot act on the component "${name}": ${what}.`, instead, 'key');
  if (target === 'compose' && !platforms.has('compose')) say('the system does not run on Compose');
  else if (kubernetesTargets.includes(target) && !platforms.has('kubernetes')) say('the system does not run on Kubernetes', 'use a primitive that begins with "compose."');
  else if (target === 'compose' && !has('service')) say('it names no service');
  else if (target === 'workload' && !has('workload')) say('it names no workload');
  else if (target === 'workload' && !has('selector')) say('it names no selector');
  else if (target === 'release' && !has('helm')) say('it is no Helm release');
  else if (use === 'k8s.scale' && !has('replicas')) say('it has no replicas', `components.${name}.replicas says how many it may have`);
  else if (use === 'k8s.setImage' && !has('image')) say('it has no image', `components.${name}.image says which tags fit`);
}

/** A fixed number of replicas lies in the bounds, or is the 0 of a stop. */
function checkFixed(source: SystemSource, at: Path, id: string, components: readonly string[]): void {
  const replicas = source.file.actions[id]?.fixed['replicas'];
  if (typeof replicas !== 'number' || replicas === 0) return;
  for (const name of components) {
    const bounds = source.file.components[name]?.replicas;
    if (bounds !== undefined && (replicas < bounds.min || replicas > bounds.max)) source.report([...at, 'fixed', 'replicas'], `${replicas} is not between ${bounds.min} and ${bounds.max}, the bounds of "${name}".`);
  }
}

function checkSettable(source: SystemSource, path: Path, componentName: string, key: string | undefined): void {
  const settable = source.file.components[componentName]?.helm?.settable;
  if (key === undefined || settable === undefined || settable.includes(key)) return;
  source.report(path, `"${key}" is not among the chart values that "${componentName}" lets anyone set.`, suggestion(key, settable) ?? `add it to components.${componentName}.helm.settable`);
}

/** Components: bounds in order, one default, no tag that moves. */
export function checkComponents(source: SystemSource): void {
  const { file, report } = source;
  const names = namesIn(source, 'components');
  if (names.length === 0) report(['components'], 'A system has at least one component.', undefined, 'key');
  if (namesIn(source, 'environments').length === 0) report(['environments'], 'A system has at least one environment.', undefined, 'key');
  const defaults = Object.entries(file.components).filter(([, component]) => component.default);
  if (defaults.length === 0 && names.length > 0) report(['components'], 'One component must be the default: what a command means that names none.', 'write "default: true" at one of them', 'key');
  for (const [name] of defaults.slice(1)) report(['components', name, 'default'], `"${defaults[0]![0]}" is the default already.`);
  for (const [name, { replicas, workload, selector }] of Object.entries(file.components)) {
    const at = ['components', name, 'replicas'];
    if (replicas !== undefined && replicas.min > replicas.max) report([...at, 'min'], `min (${replicas.min}) is more than max (${replicas.max}).`);
    else if (replicas !== undefined && (replicas.normal < replicas.min || replicas.normal > replicas.max)) report([...at, 'normal'], `normal (${replicas.normal}) is not between min (${replicas.min}) and max (${replicas.max}).`);
    if (workload !== undefined && selector === undefined && valueAt(source.raw, ['components', name, 'selector']) === undefined) report(['components', name], 'A workload needs the selector of its pods.', undefined, 'key');
  }
}
