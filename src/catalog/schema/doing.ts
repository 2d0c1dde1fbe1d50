/** What can be asked and done: `checks`, `actions`, `sql`, `checklists`, `procedures`, `schedules`. */
import { z } from 'zod';
import { AnchoredPattern, Duration, Id, JsonValue, LabelName, Line, ParameterName, Risk, SettingName, TimeZone, UrlTemplate, byId } from './words.ts';

/** `k8s.scale` */
export const PrimitiveId = z.string().regex(/^[a-z0-9]+(\.[a-zA-Z0-9]+)+$/, 'Not a primitive: write it like k8s.scale.');

export const CheckEntry = z
  .strictObject({
    use: PrimitiveId,
    component: Id.optional(),
    url: UrlTemplate.optional(),
    method: z.enum(['GET', 'HEAD']).default('GET'),
    okStatuses: z.array(z.int().min(100).max(599)).min(1, 'Name at least one status.').default([200]),
    expectJson: z.record(z.string(), JsonValue).optional(),
    /** JSON field → sticky variable whose present value it must have: finds drift (CV-60). */
    expectVariable: z.record(z.string(), SettingName).optional(),
    /** Fixed command inside a container, never through a shell. */
    argv: z.array(z.string().min(1)).min(1).optional(),
    expectLines: z.array(Line).optional(),
    count: z.int().min(0).optional(),
    every: Duration.optional(),
    /** How many in a row before it counts as bad. */
    failures: z.int().min(1).max(100).default(1),
  })
  .superRefine((check, context) => {
    if (check.use === 'http.probe' && check.url === undefined) context.addIssue({ code: 'custom', message: 'A probe needs a url.' });
    if (check.use === 'docker.exec' && check.argv === undefined) context.addIssue({ code: 'custom', message: 'A command in a container needs argv.' });
  });

export const ParameterEntry = z
  .strictObject({
    type: z.enum(['integer', 'text', 'choice']),
    label: Line.optional(),
    required: z.boolean().default(true),
    minimum: z.int().optional(),
    maximum: z.int().optional(),
    /** Bounds are the component's: `replicas.min` to `replicas.max`. For a text: the pattern of the component's image tag. */
    from: z.enum(['component.replicas', 'component.image', 'helm.history', 'rollout.history', 's3.list']).optional(),
    /**
     * What is taken when nothing is given. For an integer also the word `resume`: the number that ran before the last stop.
     * Where none is remembered the person is asked; no number is made up.
     */
    default: JsonValue.optional(),
    pattern: AnchoredPattern.optional(),
    maxLength: z.int().min(1).max(2000).optional(),
    choices: z.array(Line).min(1).optional(),
    /** Values that fit the pattern and are refused all the same: `latest`. */
    deny: z.array(Line).default([]),
    /** The chart value that this parameter becomes in `helm upgrade --set`. */
    sets: Line.optional(),
  })
  .superRefine((parameter, context) => {
    const free = parameter.type === 'text' && parameter.pattern === undefined && parameter.maxLength === undefined && parameter.from === undefined;
    if (free) context.addIssue({ code: 'custom', message: 'A text needs a bound: pattern, maxLength or from.' });
    if (parameter.type === 'choice' && parameter.choices === undefined && parameter.from === undefined) context.addIssue({ code: 'custom', message: 'A choice needs choices.' });
    if (parameter.type === 'integer' && parameter.from === undefined && (parameter.minimum === undefined || parameter.maximum === undefined))
      context.addIssue({ code: 'custom', message: 'An integer needs bounds: minimum and maximum, or from: component.replicas.' });
  });

export const ActionEntry = z.strictObject({
  title: Line,
  use: PrimitiveId,
  /** The one component it acts on. */
  component: Id.optional(),
  /** Or those a person may choose from; the default component is taken when none is named. */
  components: z.array(Id).min(1).optional(),
  /** Absent: every environment. */
  environments: z.array(Id).min(1).optional(),
  risk: Risk,
  riskWhen: z.array(z.strictObject({ when: z.enum(['fewer_replicas', 'outside_autoscaler', 'to_zero']), risk: Risk })).default([]),
  /** Parameters of the primitive that nobody may change. */
  fixed: z.record(ParameterName, JsonValue).default({}),
  parameters: byId(ParameterEntry).default({}),
  /** `http.probe`: one of the three. */
  check: Id.optional(),
  dependency: Id.optional(),
  url: UrlTemplate.optional(),
  /** `prom.query` */
  metric: Id.optional(),
  cooldown: Duration.optional(),
  verify: z.array(Id).default([]),
  warning: Line.optional(),
  /** Only while such a schedule's window is open. */
  requires: z.enum(['window']).optional(),
  gates: z.array(Id).default([]),
  serves: z.array(z.string().regex(/^[A-Z]{2}-\d{2,3}$/, 'Not a row: write it like SV-45.')).default([]),
});

const oneStatement = z.string().refine((text) => !/;\s*\S/.test(text), 'One statement only: what follows the semicolon would run in the same transaction.');

export const SqlEntry = z
  .strictObject({
    risk: Risk,
    component: Id.optional(),
    text: oneStatement.optional(),
    /** The statement depends on the server's version (SA-158). */
    variants: z.array(z.strictObject({ minVersion: z.int().optional(), maxVersion: z.int().optional(), text: oneStatement })).min(1).optional(),
    parameters: byId(ParameterEntry).default({}),
    timeout: Duration.optional(),
    requires: z.enum(['window']).optional(),
  })
  .superRefine((statement, context) => {
    if ((statement.text === undefined) === (statement.variants === undefined)) context.addIssue({ code: 'custom', message: 'Give either text or variants.' });
  });

export const ChecklistEntry = z
  .array(z.strictObject({ text: Line, auto: Line.optional(), button: Id.optional(), owner: Id.optional() }))
  .min(1, 'A checklist has at least one line.');

/** The id of an environment, or `{parameter}`. */
const EnvironmentWord = z.string().regex(/^([a-z][a-z0-9-]*|\{[a-z][a-z0-9-]*\})$/, 'Not an environment.').optional();

/** The kinds of steps. A step is of the kind whose key it has; it has one of them. */
const stepKinds = {
  action: z.strictObject({ action: Id, component: Id.optional(), environment: EnvironmentWord, with: z.record(ParameterName, JsonValue).default({}), timeout: Duration.optional() }),
  use: z.strictObject({
    use: PrimitiveId,
    component: Id.optional(),
    environment: EnvironmentWord,
    with: z.record(ParameterName, JsonValue).default({}),
    /** Variables to set now and at every later `up`. */
    sticky: z.record(SettingName, Line).optional(),
    waitForZero: Duration.optional(),
    timeout: Duration.optional(),
  }),
  check: z.strictObject({ check: Id, environment: EnvironmentWord }),
  wait: z.strictObject({ wait: z.strictObject({ check: Id, environment: EnvironmentWord, min: Duration, max: Duration }) }),
  watch: z.strictObject({
    watch: z.strictObject({
      metrics: z.array(z.strictObject({ metric: Id, below: z.number().optional(), above: z.number().optional() })).min(1),
      for: Duration,
      environment: EnvironmentWord,
    }),
    offer: z.array(Id).default([]),
  }),
  checklist: z.strictObject({ checklist: Id, require: z.enum(['all', 'none']).default('all') }),
  approve: z.strictObject({ approve: z.literal(true) }),
  manual: z.strictObject({ manual: z.string().min(1).max(1000), confirm: z.enum(['tick', 'typed']).default('tick') }),
  procedure: z.strictObject({ procedure: Id, with: z.record(ParameterName, JsonValue).default({}) }),
  saveState: z.strictObject({ saveState: z.array(Line).min(1) }),
  restoreState: z.strictObject({ restoreState: z.array(Line).min(1) }),
} as const;

type StepKinds = typeof stepKinds;
type PlainStep = { [Kind in keyof StepKinds]: z.output<StepKinds[Kind]> }[keyof StepKinds];
/** One way or the other, by whether a check is good. */
interface BranchStep {
  readonly branch: { readonly check: string; readonly environment?: string | undefined; readonly good: readonly Step[]; readonly bad: readonly Step[] };
}
export type Step = PlainStep | BranchStep;

/** Picks the schema by the key, so that a mistake in one step is told as a mistake of that kind of step, not of eleven. */
export const StepEntry: z.ZodType<Step> = z.unknown().transform((value, context): Step => {
  const kinds = [...Object.keys(stepKinds), 'branch'];
  const kind = kinds.find((key) => typeof value === 'object' && value !== null && Object.hasOwn(value, key));
  if (kind === undefined) {
    context.addIssue({ code: 'custom', message: `A step has one of these keys: ${kinds.join(', ')}.` });
    return z.NEVER;
  }
  const schema: z.ZodType = kind === 'branch' ? BranchStep : stepKinds[kind as keyof StepKinds];
  // Passed on as found, without their words, so that the reader of the file explains them as it does everywhere else.
  const unexplained: z.core.$ZodRawIssue[] = [];
  const parsed = schema.safeParse(value, { error: (issue) => void unexplained.push({ ...issue }) });
  if (parsed.success) return parsed.data as Step;
  for (const issue of parsed.error.issues) {
    const found = unexplained.find(({ code, path }) => code === issue.code && (path ?? []).join() === issue.path.join());
    context.issues.push(found ?? { code: 'custom', message: issue.message, path: issue.path, input: value });
  }
  return z.NEVER;
});

const BranchStep = z.strictObject({
  branch: z.strictObject({
    check: Id,
    environment: EnvironmentWord,
    good: z.lazy(() => z.array(StepEntry)).default([]),
    bad: z.lazy(() => z.array(StepEntry)).default([]),
  }),
});

export const ProcedureEntry = z.strictObject({
  title: Line,
  risk: Risk,
  parameters: byId(ParameterEntry).default({}),
  gates: z.array(Id).default([]),
  onError: z.enum(['stop', 'continue', 'offer_rollback']).default('stop'),
  steps: z.array(StepEntry).min(1, 'A procedure has at least one step.'),
  serves: z.array(Line).default([]),
});

export const ScheduleEntry = z
  .strictObject({
    id: Id,
    /** Five fields; `0 2 * * 0#1` is the first Sunday. */
    cron: Line.optional(),
    every: Duration.optional(),
    timezone: TimeZone.optional(),
    /** Opens a maintenance window of this length. */
    window: Duration.optional(),
    /** Counted back from the next window, not by cron: it may lie in the month before (SA-127). */
    notifyBefore: Duration.optional(),
    report: Id.optional(),
    checklist: Id.optional(),
    tasks: Id.optional(),
    action: Id.optional(),
    procedure: Id.optional(),
    check: Id.optional(),
    checks: z.array(Id).optional(),
    expect: z.strictObject({ maxAge: Duration }).optional(),
    failures: z.int().min(1).max(100).optional(),
    alert: LabelName.optional(),
    owner: Id.optional(),
    /** Run a missed one late, or leave it out. */
    catchUp: z.boolean().default(true),
  })
  .superRefine((schedule, context) => {
    if ((schedule.cron === undefined) === (schedule.every === undefined)) context.addIssue({ code: 'custom', message: 'Give either cron or every.' });
  });
