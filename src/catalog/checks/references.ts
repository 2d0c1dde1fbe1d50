import { suggestion } from '../did-you-mean.ts';
import type { Path } from '../problem.ts';
import { namesIn, type SystemSource } from '../system-source.ts';
import type { Step } from '../schema/doing.ts';

/** Whatever a system's file names exists: actions, sections, metrics, checks, components, environments, roles, severities, vendors. */
export function checkReferences(source: SystemSource, roles: readonly string[]): void {
  const { file } = source;
  const known = {
    action: namesIn(source, 'actions'),
    procedure: namesIn(source, 'procedures'),
    section: namesIn(source, 'runbook', 'sections'),
    metric: namesIn(source, 'metrics'),
    check: namesIn(source, 'checks'),
    checklist: namesIn(source, 'checklists'),
    dependency: namesIn(source, 'dependencies'),
    component: namesIn(source, 'components'),
    environment: namesIn(source, 'environments'),
    'SQL statement': namesIn(source, 'sql'),
    role: roles,
    severity: (file.severities ?? []).map(({ label }) => label),
    vendor: file.vendors.map(({ id }) => id),
    schedule: file.schedules.map(({ id }) => id),
    'deadline template': namesIn(source, 'templates').concat(Object.keys(file.templates)),
  };
  const offered = [...known.action, ...known.procedure];

  const want = (kind: keyof typeof known, path: Path, name: string | undefined) => {
    if (name === undefined || known[kind].includes(name)) return;
    source.report(path, `There is no ${kind} "${name}".`, suggestion(name, known[kind]) ?? list(known[kind]));
  };
  const wantEach = (kind: keyof typeof known, path: Path, names: readonly string[] | undefined) =>
    names?.forEach((name, index) => want(kind, [...path, index], name));
  /** What a button may start: an action or a procedure. */
  const wantOffered = (path: Path, names: readonly string[]) =>
    names.forEach((name, index) => {
      if (!offered.includes(name)) source.report([...path, index], `There is no action "${name}".`, suggestion(name, offered) ?? list(offered));
    });
  const wantReadAction = (path: Path, names: readonly string[]) =>
    names.forEach((name, index) => {
      want('action', [...path, index], name);
      const action = file.actions[name];
      if (action !== undefined && action.risk !== 'read') source.report([...path, index], `"${name}" changes something; only a read can stand here.`);
    });

  want('role', ['owner'], file.owner);
  for (const group of ['viewers', 'operators', 'approvers', 'owners'] as const) wantEach('role', ['access', group], file.access[group]);

  for (const [id, component] of Object.entries(file.components)) {
    for (const environment of Object.keys(component.helm?.releases ?? {})) want('environment', ['components', id, 'helm', 'releases', environment], environment);
  }
  for (const [id, dependency] of Object.entries(file.dependencies)) want('vendor', ['dependencies', id, 'vendor'], dependency.vendor);

  for (const [value, label] of Object.entries(file.severityMap?.byValue ?? {})) want('severity', ['severityMap', 'byValue', value], label);
  want('severity', ['severityMap', 'default'], file.severityMap?.default);
  file.escalation?.steps.forEach((step, index) => {
    want('role', ['escalation', 'steps', index, 'role'], step.role);
    wantEach('severity', ['escalation', 'steps', index, 'onlySeverities'], step.onlySeverities);
  });
  wantEach('severity', ['escalation', 'appliesTo'], file.escalation?.appliesTo);
  for (const label of Object.keys(file.pagerduty.priorities ?? {})) want('severity', ['pagerduty', 'priorities', label], label);
  for (const key of ['space', 'updatesEvery'] as const) {
    for (const label of Object.keys(file.comms?.[key] ?? {})) if (label !== 'default') want('severity', ['comms', key, label], label);
  }
  file.comms?.deadlines?.forEach((deadline, index) => {
    wantEach('severity', ['comms', 'deadlines', index, 'severities'], deadline.severities);
    want('deadline template', ['comms', 'deadlines', index, 'template'], deadline.template);
  });
  file.comms?.phases?.forEach((phase, index) => {
    wantReadAction(['comms', 'phases', index, 'run'], phase.run);
    wantOffered(['comms', 'phases', index, 'offer'], phase.offer);
  });

  file.slos.forEach((slo, index) => want('metric', ['slos', index, 'metric'], slo.metric));
  file.alerts.rules.forEach((rule, index) => {
    const at = ['alerts', 'rules', index];
    want('severity', [...at, 'severity'], rule.severity);
    want('component', [...at, 'component'], rule.component);
    want('section', [...at, 'section'], rule.section);
    wantOffered([...at, 'buttons'], rule.buttons);
    rule.buttons.forEach((name, position) => {
      const risk = file.actions[name]?.risk ?? file.procedures[name]?.risk;
      if (risk === 'destructive') source.report([...at, 'buttons', position], `"${name}" is destructive, and no single press on a card leads there.`, 'leave it out; it stays behind More and the command');
    });
    wantReadAction([...at, 'diagnostics'], rule.diagnostics);
    wantEach('metric', [...at, 'show'], rule.show);
    if (rule.audience !== 'alerts' && file.comms?.channels?.[rule.audience] === undefined) source.report([...at, 'audience'], `There is no channel "${rule.audience}" in comms.channels.`);
  });
  file.alerts.synthetic.forEach((alert, index) => {
    const at = ['alerts', 'synthetic', index];
    want('check', [...at, 'check'], alert.check);
    want('metric', [...at, 'metric'], alert.metric);
    want('severity', [...at, 'severity'], alert.severity);
    want('section', [...at, 'section'], alert.section);
    wantOffered([...at, 'buttons'], alert.buttons);
    for (const side of ['above', 'below'] as const) {
      const name = alert[side];
      const thresholds = Object.keys(file.metrics[alert.metric ?? '']?.thresholds ?? {});
      if (typeof name === 'string' && !thresholds.includes(name)) source.report([...at, side], `The metric has no threshold "${name}".`, suggestion(name, thresholds) ?? list(thresholds));
    }
    const verbs = Object.keys(file.verbSeverity ?? {});
    if (alert.verb !== undefined && !verbs.includes(alert.verb)) source.report([...at, 'verb'], `There is no verb "${alert.verb}" in verbSeverity.`, suggestion(alert.verb, verbs) ?? list(verbs));
    const fields = Object.keys(file.checks[alert.check ?? '']?.expectJson ?? {});
    if (alert.field !== undefined && alert.check !== undefined && known.check.includes(alert.check) && !fields.includes(alert.field))
      source.report([...at, 'field'], `The check expects no field "${alert.field}".`, suggestion(alert.field, fields) ?? list(fields));
  });

  for (const [id, check] of Object.entries(file.checks)) want('component', ['checks', id, 'component'], check.component);
  for (const [id, action] of Object.entries(file.actions)) {
    const at = ['actions', id];
    want('component', [...at, 'component'], action.component);
    wantEach('component', [...at, 'components'], action.components);
    wantEach('environment', [...at, 'environments'], action.environments);
    want('check', [...at, 'check'], action.check);
    want('dependency', [...at, 'dependency'], action.dependency);
    want('metric', [...at, 'metric'], action.metric);
    wantReadAction([...at, 'verify'], action.verify);
  }
  for (const [id, statement] of Object.entries(file.sql)) want('component', ['sql', id, 'component'], statement.component);
  for (const [id, lines] of Object.entries(file.checklists)) {
    lines.forEach((line, index) => {
      want('role', ['checklists', id, index, 'owner'], line.owner);
      if (line.button !== undefined && !offered.includes(line.button)) want('action', ['checklists', id, index, 'button'], line.button);
    });
  }
  file.schedules.forEach((schedule, index) => {
    const at = ['schedules', index];
    want('checklist', [...at, 'checklist'], schedule.checklist);
    want('checklist', [...at, 'tasks'], schedule.tasks);
    want('action', [...at, 'action'], schedule.action);
    want('procedure', [...at, 'procedure'], schedule.procedure);
    want('check', [...at, 'check'], schedule.check);
    want('role', [...at, 'owner'], schedule.owner);
    schedule.checks?.forEach((name, position) => {
      if (!known.check.includes(name)) want('action', [...at, 'checks', position], name);
    });
  });
  want('schedule', ['dr', 'backupCheck'], file.dr?.backupCheck);
  file.secrets.forEach((secret, index) => want('procedure', ['secrets', index, 'rotate'], secret.rotate));
  for (const [symptom, names] of Object.entries(file.symptoms)) wantOffered(['symptoms', symptom], names);

  const checkSteps = (path: Path, steps: readonly Step[], parameters: readonly string[]): void =>
    steps.forEach((step, index) => {
      const at = [...path, index];
      const wantEnvironment = (where: Path, word: string | undefined) => {
        const parameter = word === undefined ? null : /^\{(.+)\}$/.exec(word)?.[1];
        if (parameter === undefined) want('environment', where, word);
        else if (parameter !== null && !parameters.includes(parameter)) source.report(where, `The procedure has no parameter "${parameter}".`, suggestion(parameter, parameters) ?? list(parameters));
      };
      if ('action' in step) want('action', [...at, 'action'], step.action);
      if ('action' in step || 'use' in step) want('component', [...at, 'component'], step.component);
      if ('action' in step || 'use' in step || typeof (step as { check?: unknown }).check === 'string') wantEnvironment([...at, 'environment'], (step as { environment?: string }).environment);
      if ('check' in step) want('check', [...at, 'check'], step.check);
      if ('wait' in step) want('check', [...at, 'wait', 'check'], step.wait.check);
      if ('watch' in step) {
        step.watch.metrics.forEach(({ metric }, position) => want('metric', [...at, 'watch', 'metrics', position, 'metric'], metric));
        wantEnvironment([...at, 'watch', 'environment'], step.watch.environment);
        wantOffered([...at, 'offer'], step.offer);
      }
      if ('checklist' in step) want('checklist', [...at, 'checklist'], step.checklist);
      if ('procedure' in step) want('procedure', [...at, 'procedure'], step.procedure);
      if ('branch' in step) {
        want('check', [...at, 'branch', 'check'], step.branch.check);
        checkSteps([...at, 'branch', 'good'], step.branch.good, parameters);
        checkSteps([...at, 'branch', 'bad'], step.branch.bad, parameters);
      }
    });
  for (const [id, procedure] of Object.entries(file.procedures)) {
    if (known.action.includes(id)) source.report(['procedures', id], `"${id}" is an action too; a button could mean either.`, undefined, 'key');
    checkSteps(['procedures', id, 'steps'], procedure.steps, Object.keys(procedure.parameters));
  }
}

function list(names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : `one of: ${names.slice(0, 12).join(', ')}${names.length > 12 ? ' …' : ''}`;
}
