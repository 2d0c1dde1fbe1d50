import type { ParsedSection } from './runbook.ts';
import type { SystemFile } from './schema/system-file.ts';
import type { DefaultsFile } from './schema/shared-files.ts';
import type { Action, ActionParameter, AlertRule, Component, Environment, Primitives, Probe, Runbook, RunbookSection, System } from './system.ts';

/** Where an environment's addresses are in truth; the sandbox points them at loopback. Key: `stock-service/production`. */
export type Overrides = Readonly<Record<string, { readonly baseUrl?: string; readonly prometheusUrl?: string }>>;

/** The keys that a system may leave out, and that `defaults.yaml` then gives. */
const defaulted = ['timezone', 'businessHours', 'severities', 'severityMap', 'verbSeverity', 'escalation'] as const;

/** A system's file with everything in place that it left out, and the names of what came from the defaults. */
export function completeFile(file: SystemFile, defaults: DefaultsFile): { readonly file: SystemFile; readonly fromDefaults: readonly string[] } {
  const missing = defaulted.filter((key) => file[key] === undefined);
  const fromDefaults: string[] = [...missing];
  const taken = Object.fromEntries(missing.map((key) => [key, defaults[key]]));
  const comms: NonNullable<SystemFile['comms']> = { ...defaults.comms, ...withoutUndefined(file.comms ?? {}), channels: { ...defaults.comms.channels, ...withoutUndefined(file.comms?.channels ?? {}) } };
  for (const key of ['channels', 'space', 'statusPage', 'updatesEvery', 'deadlines', 'phases'] as const) {
    if (file.comms?.[key] === undefined && defaults.comms[key] !== undefined) fromDefaults.push(`comms.${key}`);
  }
  if (file.runbook.reviewEvery === undefined) fromDefaults.push('runbook.reviewEvery');
  const actions = Object.fromEntries(Object.entries(file.actions).map(([id, action]) => [id, { ...action, cooldown: action.cooldown ?? (action.risk === 'read' ? 0 : defaults.cooldown) }]));
  return {
    file: { ...file, ...taken, comms, actions, runbook: { ...file.runbook, reviewEvery: file.runbook.reviewEvery ?? defaults.reviewEvery }, templates: { ...defaults.templates, ...file.templates } },
    fromDefaults,
  };
}

/** What the rest of the code sees of a file without problems. */
export function buildSystem(file: SystemFile, sections: ReadonlyMap<string, ParsedSection>, primitives: Primitives, overrides: Overrides): System {
  const channels = file.comms?.channels;
  const severities = file.severities ?? [];
  const components = new Map(Object.entries(file.components).map(([name, entry]) => [name, buildComponent(name, entry)]));
  return {
    id: file.id,
    name: file.name,
    aliases: file.aliases,
    description: file.description,
    owner: file.owner,
    customerFacing: file.customerFacing,
    timezone: known(file.timezone, 'timezone'),
    businessHours: known(file.businessHours, 'businessHours'),
    maintenance: [...file.maintenance.recurring, ...file.maintenance.dated.map(({ from, until, why }) => ({ fromAt: from, untilAt: until, why }))],
    access: file.access,
    runbook: buildRunbook(file, sections),
    environments: new Map(Object.entries(file.environments).map(([name, entry]) => [name, buildEnvironment(name, entry, overrides[`${file.id}/${name}`])])),
    components,
    severities: severities.map(({ acknowledgeWithin, respondWithin, ...severity }) => ({ ...severity, acknowledgeWithinMs: acknowledgeWithin ?? null, respondWithinMs: respondWithin ?? null })),
    severityMap: { ...known(file.severityMap, 'severityMap'), byValue: new Map(Object.entries(known(file.severityMap, 'severityMap').byValue)) },
    escalation: buildEscalation(file),
    channels: {
      alerts: known(channels?.alerts, 'comms.channels.alerts'),
      incidents: known(channels?.incidents, 'comms.channels.incidents'),
      stakeholders: known(channels?.stakeholders, 'comms.channels.stakeholders'),
      ...(channels?.security === undefined ? {} : { security: channels.security }),
    },
    alerts: { attribution: file.alerts.attribution.anyOf, rules: file.alerts.rules.map(buildRule) },
    metrics: new Map(
      Object.entries(file.metrics).map(([name, { expression, unit, thresholds, onEmpty, values }]) => [name, { name, expression, unit, thresholds, onEmpty, ...(values === undefined ? {} : { values }) }]),
    ),
    actions: new Map(Object.entries(file.actions).map(([id, entry]) => [id, buildAction(id, entry, file, primitives)])),
    dashboards: file.dashboards,
    vendors: file.vendors.map((vendor) => withoutUndefined(vendor)),
    disabled: file.disabled,
    declared: file,
  };
}

function buildRunbook(file: SystemFile, sections: ReadonlyMap<string, ParsedSection>): Runbook {
  const build = (id: string, anchor: string): RunbookSection => {
    const section = known(sections.get(anchor), `runbook.md ${anchor}`);
    return { id, title: section.title, anchor, body: section.body, lead: section.lead, commands: section.commands.map(({ line: _, ...command }) => command) };
  };
  return {
    url: file.runbook.url,
    version: file.runbook.version ?? 'not known',
    lastUpdated: file.runbook.lastUpdated,
    reviewEveryMs: known(file.runbook.reviewEvery, 'runbook.reviewEvery'),
    sections: new Map(Object.entries(file.runbook.sections).map(([id, anchor]) => [id, build(id, anchor)])),
  };
}

function buildEnvironment(name: string, entry: SystemFile['environments'][string], override: Overrides[string] | undefined): Environment {
  const common = {
    name,
    baseUrl: override?.baseUrl ?? entry.baseUrl ?? null,
    prometheusUrl: override?.prometheusUrl ?? entry.prometheusUrl ?? null,
    protected: entry.protected,
  };
  if (entry.platform === 'kubernetes') return { ...common, platform: 'kubernetes', context: entry.kube.context, namespace: entry.kube.namespace };
  const { directory, ...compose } = entry.compose;
  return { ...common, platform: 'compose', ...compose, ...(directory === undefined ? {} : { directory }) };
}

function buildComponent(name: string, entry: SystemFile['components'][string]): Component {
  const { replicas, helm, perPod } = entry;
  return {
    name,
    isDefault: entry.default,
    stateful: entry.stateful,
    ...withoutUndefined({
      workload: entry.workload,
      selector: entry.selector,
      container: entry.container ?? entry.workload?.name,
      service: entry.service,
      containerName: entry.containerName,
      image: entry.image,
      autoscaler: entry.autoscaler,
      perPod: perPod === undefined ? undefined : withoutUndefined(perPod),
      replicas: replicas === undefined ? undefined : { min: replicas.min, max: replicas.max, normal: replicas.normal },
      helm: helm === undefined ? undefined : { ...helm, releases: new Map(Object.entries(helm.releases)) },
    }),
  };
}

function buildEscalation(file: SystemFile): System['escalation'] {
  const entry = known(file.escalation, 'escalation');
  return {
    driver: entry.driver,
    clock: entry.clock,
    steps: entry.steps.map(({ after, ...step }) => ({ ...step, afterMs: after })),
    appliesTo: entry.appliesTo ?? (file.severities ?? []).filter(({ rank }) => rank <= 2).map(({ label }) => label),
    routingKeySetting: file.pagerduty.routingKeySetting,
  };
}

function buildRule(entry: SystemFile['alerts']['rules'][number]): AlertRule {
  return {
    name: entry.name,
    severity: entry.severity ?? null,
    mode: entry.mode,
    component: entry.component ?? null,
    section: entry.section ?? null,
    sentence: entry.sentence ?? null,
    buttons: entry.buttons,
    diagnostics: entry.diagnostics,
    note: entry.note?.trim() ?? null,
    show: entry.show,
    audience: entry.audience,
    flapWindowMs: entry.flapWindow ?? null,
    remindEveryMs: entry.remindEvery ?? null,
    dedupe: entry.dedupe ?? null,
  };
}

function buildAction(id: string, entry: SystemFile['actions'][string], file: SystemFile, primitives: Primitives): Action {
  const { effect, target } = known(primitives.get(entry.use), entry.use);
  const isOnComponent = target === 'workload' || target === 'release' || target === 'compose';
  const fallback = Object.entries(file.components).find(([, component]) => component.default)?.[0];
  const chosen = entry.component !== undefined ? [entry.component] : (entry.components ?? (fallback === undefined ? [] : [fallback]));
  const components = isOnComponent ? [...chosen].sort((a, b) => Number(b === fallback) - Number(a === fallback)) : [];
  return {
    id,
    title: entry.title,
    use: entry.use,
    effect,
    target,
    component: components.length === 1 ? components[0]! : null,
    components,
    environments: entry.environments ?? [],
    risk: entry.risk,
    riskWhen: entry.riskWhen,
    fixed: entry.fixed,
    parameters: Object.entries(entry.parameters).map(([name, parameter]) => buildParameter(name, parameter)),
    probe: buildProbe(entry, file),
    metric: entry.metric ?? null,
    cooldownMs: entry.cooldown ?? 0,
    verify: entry.verify,
    warning: entry.warning ?? null,
    serves: entry.serves,
  };
}

function buildParameter(name: string, entry: SystemFile['actions'][string]['parameters'][string]): ActionParameter {
  const { type, label, ...rest } = entry;
  return { name, kind: type, label: label ?? name, ...withoutUndefined(rest) };
}

function buildProbe(entry: SystemFile['actions'][string], file: SystemFile): Probe | null {
  const probe = entry.check !== undefined ? file.checks[entry.check] : entry.dependency !== undefined ? file.dependencies[entry.dependency]?.probe : entry.url === undefined ? undefined : { url: entry.url, method: 'GET' as const, okStatuses: [200], expectJson: undefined };
  if (probe?.url === undefined) return null;
  return { url: probe.url, method: probe.method, okStatuses: probe.okStatuses, ...(probe.expectJson === undefined ? {} : { expectJson: probe.expectJson }) };
}

/** What the checks have made sure of. */
function known<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`The catalog passed its checks without ${what}.`);
  return value;
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> };
export function withoutUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Defined<T>;
}
