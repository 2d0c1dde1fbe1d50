/**
 * From words and labels to what the catalog means by them. Pure: nothing here asks a cluster, and nothing that a person or an alert wrote
 * becomes a name; it only chooses among the names that the files hold (GUARANTEES T-06, T-07).
 */
import type { Refusal, Target, WorkloadTarget } from '../actions/plan.ts';
import type { Json } from '../support/json.ts';
import { didYouMean } from './did-you-mean.ts';
import type { MayReach } from './reach.ts';
import type { Action, ActionParameter, AlertRule, Catalog, Component, Environment, KubernetesEnvironment, Probe, Risk, RiskCondition, Severity, System } from './system.ts';

/** By id, alias or name, in any case. */
export function findSystem(catalog: Catalog, word: string): System | { readonly didYouMean: readonly string[] } {
  const wanted = word.trim().toLowerCase();
  const found = catalog.systems.find(({ id, aliases, name }) => id === wanted || aliases.includes(wanted) || name.toLowerCase() === wanted);
  return found ?? { didYouMean: didYouMean(wanted, catalog.systems.flatMap(({ id, aliases }) => [id, ...aliases])) };
}

/** What a person typed after the system: `scale worker 8`, `logs tail=50`, `deploy staging v2.4.1`. */
export interface ReadWords {
  readonly action: Action;
  readonly component: string | null;
  readonly environment: string | null;
  readonly given: Readonly<Record<string, string>>;
  /** Words that fit nowhere; the caller refuses them. */
  readonly unknown: readonly string[];
}

/**
 * Reads the action from the first words (`circuit breaker` and `roll back` may be two) and sorts the others: names of environments and of the
 * action's components, `name=value` (also `--name=value` and `--name value`), and then the parameters in their order.
 */
export function findAction(system: System, words: readonly string[]): ReadWords | { readonly didYouMean: readonly string[] } {
  for (const length of [3, 2, 1]) {
    if (words.length < length) continue;
    const beginning = words.slice(0, length).map((word) => word.toLowerCase());
    const action = [...system.actions.values()].find(({ id, title }) => id === beginning.join('-') || title.toLowerCase() === beginning.join(' '));
    if (action !== undefined) return { action, ...sortWords(system, action, words.slice(length)) };
  }
  return { didYouMean: didYouMean(words[0] ?? '', system.actions.keys()) };
}

function sortWords(system: System, action: Action, words: readonly string[]): Omit<ReadWords, 'action'> {
  const given: Record<string, string> = Object.create(null) as Record<string, string>;
  const unknown: string[] = [];
  let component: string | null = null;
  let environment: string | null = null;
  const names = action.parameters.map(({ name }) => name);
  const positional: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index]!;
    const pair = /^(?:--)?([a-z][a-z-]*)=([^]*)$/.exec(word);
    const flag = /^--([a-z][a-z-]*)$/.exec(word)?.[1];
    if (pair !== null && names.includes(pair[1]!)) given[pair[1]!] = pair[2]!;
    else if (flag !== undefined && names.includes(flag) && index + 1 < words.length) given[flag] = words[(index += 1)]!;
    else if (pair !== null || flag !== undefined) unknown.push(word);
    else if (environment === null && system.environments.has(word.toLowerCase())) environment = word.toLowerCase();
    else if (component === null && action.components.includes(word.toLowerCase())) component = word.toLowerCase();
    else positional.push(word);
  }
  const free = names.filter((name) => !Object.hasOwn(given, name));
  positional.forEach((word, index) => {
    const name = free[index];
    if (name === undefined) unknown.push(word);
    else given[name] = word;
  });
  return { component, environment, given, unknown };
}

/** Without a list, an action is offered everywhere. Where the environment is not known (`null`), only such an action is. */
export function isOfferedIn(action: Pick<Action, 'environments'>, environment: string | null): boolean {
  return action.environments.length === 0 || (environment !== null && action.environments.includes(environment));
}

/** The component that an action acts on: the one named, else its only one, else the default among those it may choose. */
export function componentFor(system: System, action: Action, componentName: string | null | undefined): Component | null {
  const name = componentName ?? action.component ?? action.components[0];
  return name === undefined ? null : (system.components.get(name) ?? null);
}

/** The action's target in an environment, or why there is none. Every part of it comes from the catalog. */
export function resolveTarget(system: System, action: Action, environmentName: string, componentName?: string | null): Target | Refusal {
  const refused = refusing(system, action);
  const file = `systems/${system.id}/system.yaml`;
  const environment = system.environments.get(environmentName);
  if (environment === undefined) return refused(`${system.name} has no environment "${environmentName}"`, `Name one of: ${[...system.environments.keys()].join(', ')}.`);
  if (!isOfferedIn(action, environmentName)) return refused(`it is not offered in ${environmentName}`, `Name one of: ${action.environments.join(', ')}.`);
  if (componentName != null && action.components.length > 0 && !action.components.includes(componentName))
    return refused(`it does not act on "${componentName}"`, `Name one of: ${action.components.join(', ')}.`);

  if (action.target === 'url') {
    const probe = probeFor(action, environment);
    return probe === null ? refused(`${environmentName} has no base address`, `Add baseUrl in ${file}, environments.${environmentName}.`) : { kind: 'url', ...probe };
  }
  if (action.target === 'query') {
    const metric = system.metrics.get(action.metric ?? '');
    if (metric === undefined) return refused('its metric is not in the catalog', `Correct ${file}.`);
    if (environment.prometheusUrl === null) return refused(`${environmentName} has no Prometheus`, `Add prometheusUrl in ${file}, environments.${environmentName}.`);
    const expression = environment.platform === 'kubernetes' ? metric.expression.replaceAll('{namespace}', environment.namespace) : metric.expression;
    return { kind: 'query', prometheusUrl: environment.prometheusUrl, expression, name: metric.name, unit: metric.unit, thresholds: metric.thresholds };
  }

  const component = componentFor(system, action, componentName);
  if (component === null) return refused('it acts on no component', `Name one in ${file}, actions.${action.id}.`);
  if (action.target === 'compose') {
    if (environment.platform !== 'compose') return refused(`${environmentName} does not run on Compose`, 'Choose another environment.');
    if (component.service === undefined) return refused(`"${component.name}" is no service of the Compose file`, `Name its service in ${file}.`);
    const { host, file: composeFile, project } = environment;
    return { kind: 'compose', host, file: composeFile, project, service: component.service, containerName: component.containerName ?? component.service };
  }
  if (environment.platform !== 'kubernetes') return refused(`${environmentName} does not run on Kubernetes`, 'Choose another environment.');
  const workload = workloadTarget(environment, component);
  if (workload === null) return refused(`"${component.name}" is not a workload that the catalog describes`, `Give it workload and selector in ${file}.`);
  if (action.target === 'workload') return workload;
  const release = component.helm?.releases.get(environmentName);
  if (component.helm === undefined || release === undefined) return refused(`"${component.name}" is no Helm release in ${environmentName}`, `Name its release in ${file}.`);
  return { kind: 'release', context: environment.context, namespace: environment.namespace, release, chart: component.helm.chart, workload };
}

function workloadTarget(environment: KubernetesEnvironment, component: Component): WorkloadTarget | null {
  const { workload, selector } = component;
  if (workload === undefined || selector === undefined) return null;
  return { kind: 'workload', context: environment.context, namespace: environment.namespace, workload: workload.kind, name: workload.name, selector, container: component.container ?? workload.name };
}

/** The probe of an action with the environment's base address in place; `null` where it has none or the action does not probe. */
export function probeFor(action: Action, environment: Environment): Probe | null {
  if (action.probe === null) return null;
  if (!action.probe.url.startsWith('{baseUrl}')) return action.probe;
  if (environment.baseUrl === null) return null;
  return { ...action.probe, url: `${environment.baseUrl.replace(/\/+$/, '')}${action.probe.url.slice('{baseUrl}'.length)}` };
}

/** The parameters of an action as they are for one component: bounds, patterns and all. For a modal. */
export function parametersFor(system: System, action: Action, componentName?: string | null): readonly ActionParameter[] {
  const component = componentFor(system, action, componentName);
  return action.parameters.map((parameter) => {
    if (parameter.from === 'component.replicas' && component?.replicas !== undefined) return { ...parameter, minimum: component.replicas.min, maximum: component.replicas.max };
    if (parameter.from === 'component.image' && component?.image !== undefined) return { ...parameter, pattern: component.image.tagPattern, maxLength: 128 };
    return parameter;
  });
}

const largestRevision = 2_147_483_647;

/**
 * Turns what a person gave into the parameters of the primitive, fixed ones included, or says what would fit. Narrow types for names and tags are
 * the primitive's own; here are the bounds that this system's file sets. A number whose default is `resume` must be given by the
 * caller, who knows what ran before the stop; where nobody knows, the person is asked.
 */
export function checkParameters(
  system: System,
  action: Action,
  componentName: string | null,
  given: Readonly<Record<string, string>>,
): { readonly ok: true; readonly params: { readonly [name: string]: Json } } | Refusal {
  const refused = refusing(system, action);
  const component = componentFor(system, action, componentName);
  const parameters = parametersFor(system, action, componentName);
  for (const name of Object.keys(given)) {
    if (!parameters.some((parameter) => parameter.name === name)) return refused(`it has no parameter "${name.slice(0, 40)}"`, parameters.length === 0 ? 'It takes none.' : `It takes: ${parameters.map((parameter) => parameter.name).join(', ')}.`);
  }
  const params: Record<string, Json> = { ...action.fixed };
  const set: Record<string, Json> = { ...(action.fixed['set'] as { [name: string]: Json } | undefined) };
  for (const parameter of parameters) {
    const text = Object.hasOwn(given, parameter.name) ? given[parameter.name]!.trim() : '';
    const value = text === '' ? defaultOf(parameter) : readValue(system, component, parameter, text);
    if (value === undefined) {
      if (!parameter.required) continue;
      return refused(`"${parameter.label}" is missing`, `Give ${wouldFit(parameter)}.`);
    }
    if (isMisfit(value)) return refused(value.rule, value.instead);
    if (parameter.sets === undefined) params[parameter.name] = value;
    else set[parameter.sets] = value;
  }
  return { ok: true, params: Object.keys(set).length === 0 ? params : { ...params, set } };
}

function defaultOf(parameter: ActionParameter): Json | undefined {
  return parameter.default === 'resume' && parameter.kind === 'integer' ? undefined : parameter.default;
}

interface Misfit {
  readonly rule: string;
  readonly instead: string;
}
/** A value of a parameter is never an object, so an object is always a misfit. */
function isMisfit(value: Json | Misfit): value is Misfit {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readValue(system: System, component: Component | null, parameter: ActionParameter, text: string): Json | Misfit {
  const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  if (parameter.kind === 'integer') {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isNaN(value)) return { rule: `"${shown}" is not a whole number`, instead: `Give ${wouldFit(parameter)}.` };
    const minimum = parameter.minimum ?? (parameter.from?.endsWith('history') === true ? 1 : 0);
    const maximum = parameter.maximum ?? largestRevision;
    if (value >= minimum && value <= maximum) return value;
    return outOfBounds(system, component, parameter, value, minimum, maximum);
  }
  if (parameter.kind === 'choice' && parameter.choices !== undefined && !parameter.choices.includes(text)) {
    return { rule: `"${shown}" is not one of the choices`, instead: `Give ${wouldFit(parameter)}.` };
  }
  if (parameter.deny.includes(text)) return { rule: `"${shown}" is not allowed for "${parameter.label}"`, instead: `Give ${wouldFit(parameter)}.` };
  const isTooLong = text.length > (parameter.maxLength ?? 200);
  const fits = !isTooLong && (parameter.pattern === undefined || new RegExp(parameter.pattern, 'u').test(text));
  return fits ? text : { rule: `"${shown}" does not fit "${parameter.label}"`, instead: `Give ${wouldFit(parameter)}.` };
}

function outOfBounds(system: System, component: Component | null, parameter: ActionParameter, value: number, minimum: number, maximum: number): Misfit {
  const side = value > maximum ? 'more' : 'fewer';
  if (parameter.from !== 'component.replicas' || component === null) {
    return { rule: `${value} is not between ${minimum} and ${maximum}, the bounds of "${parameter.label}"`, instead: `Give ${wouldFit(parameter)}.` };
  }
  const scalable = [...system.components.values()].filter(({ replicas }) => replicas !== undefined);
  const place = scalable.length === 1 ? 'replicas' : `components.${component.name}.replicas`;
  return {
    rule: `${value} is ${side} than ${component.workload?.name ?? component.name} may have (${minimum}–${maximum})`,
    instead: `To change the bound: systems/${system.id}/system.yaml, ${place}.${side === 'more' ? 'max' : 'min'}.`,
  };
}

/** `a whole number from 3 to 20` */
function wouldFit(parameter: ActionParameter): string {
  if (parameter.kind === 'integer') {
    if (parameter.from?.endsWith('history') === true) return 'the number of a revision from the history';
    return `a whole number from ${parameter.minimum ?? 0} to ${parameter.maximum ?? largestRevision}`;
  }
  if (parameter.choices !== undefined) return `one of: ${parameter.choices.join(', ')}`;
  if (parameter.pattern !== undefined) return `text that fits ${parameter.pattern}`;
  return `up to ${parameter.maxLength ?? 200} characters`;
}

const risks: readonly Risk[] = ['read', 'low', 'high', 'destructive'];

/** The worse of the two. */
export const worseRisk = (one: Risk, other: Risk): Risk => (risks.indexOf(other) > risks.indexOf(one) ? other : one);

/** The action's risk, raised by every condition that holds. Never lowered. */
export function riskOf(action: Action, conditions: Iterable<RiskCondition>): Risk {
  const holding = new Set(conditions);
  return action.riskWhen.filter(({ when }) => holding.has(when)).reduce<Risk>((worst, { risk }) => worseRisk(worst, risk), action.risk);
}

/** Whose alert it is, where, and which rule of that system it belongs to. */
export interface Attribution {
  readonly system: System;
  readonly environment: Environment;
  readonly component: Component | null;
  /** `null`: the system does not know this alert, and it is shown all the same (AP-31). */
  readonly rule: AlertRule | null;
}

/** An alert that names a place where its source has no say (T-07). */
export interface OutOfReach {
  /** `Stock Service (production)` */
  readonly outOfReach: string;
}

/** Labels that say where an alert comes from, the most telling first; others follow in the order of the files. */
const tellingLabels = ['system', 'namespace', 'job', 'release'];

type Labels = Readonly<Record<string, string>>;

/**
 * The first label that some system claims decides, in the order above; the alert's name comes last, because two systems may use the same.
 * By name only where the alert carries none of these labels: one that says where it is from, and whose place is nobody's, is nobody's.
 * What the labels name must lie where the alert's source may reach; where they leave the environment open, it is one that does.
 */
export function attributeAlert(catalog: Catalog, labels: Labels, mayReach: MayReach): Attribution | OutOfReach | null {
  const claimed = new Set([...tellingLabels, ...catalog.systems.flatMap((system) => system.alerts.attribution.map(({ label }) => label))]);
  for (const label of claimed) {
    const system = catalog.systems.find((candidate) => candidate.alerts.attribution.some((matcher) => matcher.label === label && matcher.equals === labelOf(labels, label)));
    if (system !== undefined) return attributionIn(system, labels, mayReach);
  }
  if ([...claimed].some((label) => labelOf(labels, label) !== undefined)) return null;
  const byName = catalog.systems.filter((system) => system.alerts.rules.some(({ name }) => name === labelOf(labels, 'alertname')));
  return byName.length === 1 ? attributionIn(byName[0]!, labels, mayReach) : null;
}

function attributionIn(system: System, labels: Labels, mayReach: MayReach): Attribution | OutOfReach {
  const meant = environmentsOf(system, labels);
  const environment = meant.find((candidate) => mayReach(system, candidate));
  if (environment === undefined) return { outOfReach: `${system.name} (${meant.map(({ name }) => name).join(', ')})` };
  const rule = system.alerts.rules.find(({ name }) => name === labelOf(labels, 'alertname')) ?? null;
  return { system, environment, component: componentOf(system, rule, labels), rule };
}

/** The one that the label `environment` names, else those with the alert's namespace, else all, the default first. */
function environmentsOf(system: System, labels: Labels): readonly Environment[] {
  const environments = [...system.environments.values()];
  const named = system.environments.get(labelOf(labels, 'environment') ?? '');
  if (named !== undefined) return [named];
  const namespace = labelOf(labels, 'namespace');
  const inNamespace = environments.filter((environment) => environment.platform === 'kubernetes' && environment.namespace === namespace);
  return inNamespace.length === 0 ? environments : inNamespace;
}

/** The rule's, else the one that a label names, else the default. */
function componentOf(system: System, rule: AlertRule | null, labels: Labels): Component | null {
  const components = [...system.components.values()];
  const fromRule = system.components.get(rule?.component ?? '');
  const fromLabels = components.find(
    ({ name, workload, container, containerName }) =>
      labelOf(labels, 'component') === name ||
      (workload !== undefined && [labelOf(labels, 'deployment'), labelOf(labels, 'statefulset')].includes(workload.name)) ||
      [container, containerName].some((known) => known !== undefined && known === labelOf(labels, 'container')),
  );
  return fromRule ?? fromLabels ?? components.find(({ isDefault }) => isDefault) ?? null;
}

/** How bad: what the rule says, else what the alert's label means to this system, else the system's default. */
export function severityFor(system: System, rule: AlertRule | null, labels: Labels): Severity {
  const label = rule?.severity ?? system.severityMap.byValue.get(labelOf(labels, system.severityMap.label) ?? '') ?? system.severityMap.default;
  return system.severities.find((severity) => severity.label === label) ?? system.severities[0]!;
}

function labelOf(labels: Labels, name: string): string | undefined {
  return Object.hasOwn(labels, name) ? labels[name] : undefined;
}

/** Every refusal of this file, in the same three parts. */
function refusing(system: System, action: Action): (rule: string, instead: string) => Refusal {
  return (rule, instead) => ({ refused: `Not done: “${action.title}” for ${system.name}.`, rule: `${rule.charAt(0).toUpperCase()}${rule.slice(1)}.`, instead });
}
