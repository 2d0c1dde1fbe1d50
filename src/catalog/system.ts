/**
 * A system as the rest of the code sees it: the file of `systems/<id>/` after it was read, checked, completed from `defaults.yaml`
 * and resolved. Durations are milliseconds here; the files say `5m`.
 */
import type { Json } from '../support/json.ts';
import type { Demand } from './conditions.ts';
import type { MaintenanceWindow } from './maintenance.ts';
import type { SystemFile } from './schema/system-file.ts';

export interface Catalog {
  /** SHA-256 over every file that was read. A plan names it; another one voids nothing that waits: of the rule then and the rule now the stricter decides (ADR 11). */
  readonly version: string;
  readonly systems: readonly System[];
  readonly roles: ReadonlyMap<string, Role>;
  readonly policies: readonly PolicyRule[];
  /** Channels shared with another organisation where changes may be asked for all the same, by name or id (T-05). */
  readonly sharedChannels: readonly string[];
  /** Ids of Slack accounts that belong to one person, where their addresses do not say so (T-14). */
  readonly samePerson: readonly (readonly string[])[];
  readonly holds: HoldRights;
  /** Who may send alerts, by id. */
  readonly sources: ReadonlyMap<string, Source>;
}

/** One sender of alerts, known by its token alone. */
export interface Source {
  readonly id: string;
  /** Names of the settings that hold its tokens; two while one replaces the other. */
  readonly tokenSettings: readonly string[];
  readonly reach: 'everything' | readonly Place[];
}
/** Every condition that is given must hold; within one, any of its names. */
export interface Place {
  readonly systems?: readonly string[];
  readonly environments?: readonly string[];
  /** Contexts of the kubeconfig, or Docker hosts. */
  readonly clusters?: readonly string[];
  readonly namespaces?: readonly string[];
}

export interface System {
  readonly id: string;
  readonly name: string;
  /** Other words a person may type for it; unique over all systems. */
  readonly aliases: readonly string[];
  readonly description: string;
  readonly owner: string;
  readonly customerFacing: boolean;
  readonly timezone: string;
  readonly businessHours: BusinessHours;
  readonly maintenance: readonly MaintenanceWindow[];
  readonly access: { readonly viewers: readonly string[]; readonly operators: readonly string[]; readonly approvers: readonly string[]; readonly owners: readonly string[] };
  readonly runbook: Runbook;
  /** In the order of the file; the first is the default. */
  readonly environments: ReadonlyMap<string, Environment>;
  readonly components: ReadonlyMap<string, Component>;
  /** Worst first. */
  readonly severities: readonly Severity[];
  readonly severityMap: { readonly label: string; readonly byValue: ReadonlyMap<string, string>; readonly default: string };
  readonly escalation: EscalationPolicy;
  readonly channels: { readonly alerts: string; readonly incidents: string; readonly stakeholders: string; readonly security?: string };
  readonly alerts: { readonly attribution: readonly Matcher[]; readonly rules: readonly AlertRule[] };
  readonly metrics: ReadonlyMap<string, Metric>;
  readonly actions: ReadonlyMap<string, Action>;
  readonly dashboards: readonly { readonly name: string; readonly url: string }[];
  readonly vendors: readonly { readonly id: string; readonly name: string; readonly url?: string; readonly when?: string }[];
  /** Seed procedures that are deliberately not offered, with the reason. */
  readonly disabled: readonly { readonly seed: string; readonly reason: string }[];
  /** The whole file, completed from `defaults.yaml`: what the parts above do not show (checks, deadlines, procedures, schedules …). */
  readonly declared: SystemFile;
}

/** What the catalog needs to know of a primitive. The caller of `loadCatalog` passes them in, so that nothing here depends on their code. */
export interface PrimitiveSummary {
  readonly effect: 'read' | 'write';
  readonly target: 'workload' | 'release' | 'compose' | 'url' | 'query';
}
export type Primitives = ReadonlyMap<string, PrimitiveSummary>;

export interface BusinessHours {
  readonly days: readonly ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[];
  /** `09:00`, in the system's time zone. */
  readonly from: string;
  readonly to: string;
}

export interface Runbook {
  readonly url: string;
  readonly version: string;
  /** ISO date, or `null` where the document does not say. */
  readonly lastUpdated: string | null;
  readonly reviewEveryMs: number;
  readonly sections: ReadonlyMap<string, RunbookSection>;
}

/** A section of `runbook.md`, cut out at its anchor. */
export interface RunbookSection {
  readonly id: string;
  readonly title: string;
  readonly anchor: string;
  /** Markdown as written, heading excluded. */
  readonly body: string;
  /** The first sentence or two as plain text: what the card quotes. */
  readonly lead: string;
  /** In the order of the text: each fenced command and, where this system has one, the id of the action that does it, and what the bot does differently (⚠). */
  readonly commands: readonly { readonly text: string; readonly action?: string; readonly parameters?: Readonly<Record<string, string>>; readonly note?: string }[];
}

export type Environment = KubernetesEnvironment | ComposeEnvironment;

interface CommonEnvironment {
  readonly name: string;
  readonly baseUrl: string | null;
  readonly prometheusUrl: string | null;
  /** Writes here need the approvals of `policies.yaml`. */
  readonly protected: boolean;
}
export interface KubernetesEnvironment extends CommonEnvironment {
  readonly platform: 'kubernetes';
  readonly context: string;
  readonly namespace: string;
}
export interface ComposeEnvironment extends CommonEnvironment {
  readonly platform: 'compose';
  /** `local` or an ssh destination (`ssh://crypto-host`). */
  readonly host: string;
  readonly file: string;
  readonly project: string;
  /** Where scripts, processes and logs are on the host. */
  readonly directory?: string;
  /** Variables that every `up` must be given again (CV-58). */
  readonly stickyVariables: readonly string[];
}

export interface Component {
  readonly name: string;
  readonly isDefault: boolean;
  readonly workload?: { readonly kind: 'Deployment' | 'StatefulSet' | 'DaemonSet'; readonly name: string };
  readonly selector?: string;
  readonly container?: string;
  /** Compose: the service in the file and the name of its container. */
  readonly service?: string;
  readonly containerName?: string;
  readonly image?: { readonly repository: string; readonly tagPattern: string };
  /** Absent: this component has no `scale`. */
  readonly replicas?: { readonly min: number; readonly max: number; readonly normal: number };
  /** Of the workload, where it has one: it will disagree with a scale. */
  readonly autoscaler?: string;
  readonly perPod?: { readonly requestsPerSecond?: number; readonly cpu?: string; readonly memory?: string; readonly databaseConnections?: number };
  readonly stateful: boolean;
  readonly helm?: { readonly releases: ReadonlyMap<string, string>; readonly chart: string; readonly objects: readonly string[]; readonly settable: readonly string[] };
}

export interface Severity {
  /** The system's own word: `P0`, `P1 Critical`. */
  readonly label: string;
  /** 1 (worst) to 4; comparable between systems, where labels are not. */
  readonly rank: 1 | 2 | 3 | 4;
  readonly page: 'immediate' | 'business_hours' | 'next_business_day' | 'never';
  readonly acknowledgeWithinMs: number | null;
  readonly respondWithinMs: number | null;
  readonly criteria: readonly string[];
}

export interface EscalationPolicy {
  /** `pagerduty`: its own policy pages, and we only show it. */
  readonly driver: 'bot' | 'pagerduty';
  readonly clock: 'opened' | 'alert_start';
  readonly steps: readonly EscalationStep[];
  /** Labels of severities that escalate by time; others are paged when their `page` allows. */
  readonly appliesTo: readonly string[];
  /** Name of the setting that holds the PagerDuty routing key. */
  readonly routingKeySetting: string;
}
export interface EscalationStep {
  readonly afterMs: number;
  readonly role: string;
  readonly via: 'pagerduty' | 'slack';
  /** What ends it: somebody acknowledged, or it is over. */
  readonly until: 'acknowledged' | 'resolved';
  /** Empty: every severity that the policy applies to. */
  readonly onlySeverities: readonly string[];
}

export interface Matcher {
  readonly label: string;
  readonly equals: string;
}

export interface AlertRule {
  readonly name: string;
  readonly severity: string | null;
  /** `event`: no incident, one line when it changes (SV-29). */
  readonly mode: 'incident' | 'event';
  readonly component: string | null;
  readonly section: string | null;
  /** What is wrong in plain words, `{value}` for the alert's value: `error ratio {value} (limit 10 %)`. */
  readonly sentence: string | null;
  /** Action ids, in the order of the buttons. */
  readonly buttons: readonly string[];
  /** Action ids that run by themselves when the incident opens (rank 1 and 2). */
  readonly diagnostics: readonly string[];
  /** What the bot does differently from the runbook, for the card (⚠). */
  readonly note: string | null;
  /** Metrics whose present value stands on the card. */
  readonly show: readonly string[];
  /** Which of the system's channels is told. */
  readonly audience: 'alerts' | 'incidents' | 'stakeholders' | 'security';
  /** Openings that follow each other within this time are one. */
  readonly flapWindowMs: number | null;
  readonly remindEveryMs: number | null;
  /** An event is told once per value of this label. */
  readonly dedupe: string | null;
}

export interface Metric {
  readonly name: string;
  /** `{namespace}` is the namespace of the environment that is asked; `resolveTarget` fills it in. */
  readonly expression: string;
  readonly unit: string;
  readonly thresholds: { readonly [name: string]: number };
  /** What an empty answer means. */
  readonly onEmpty: 'no_data' | 'zero';
  /** For a metric that counts states: 2 → open. */
  readonly values?: { readonly [value: string]: string };
}

export interface Action {
  readonly id: string;
  /** Verb first, as on a button: `Scale`, `Roll back`. */
  readonly title: string;
  /** Primitive id: `k8s.scale`. */
  readonly use: string;
  /** Of the primitive: whether it changes anything, and what it acts on. */
  readonly effect: 'read' | 'write';
  readonly target: PrimitiveSummary['target'];
  /** The one component it acts on; `null` where a person may choose one of `components`, or where there is none. */
  readonly component: string | null;
  /** What may be chosen; the default component first. Empty for a probe or a query. */
  readonly components: readonly string[];
  /** Only these environments offer it; empty: all. */
  readonly environments: readonly string[];
  readonly risk: Risk;
  /** Raises the risk where a condition holds. */
  readonly riskWhen: readonly { readonly when: RiskCondition; readonly risk: Risk }[];
  /** Fixed parameters, and what a person may give. */
  readonly fixed: { readonly [name: string]: Json };
  readonly parameters: readonly ActionParameter[];
  /** For `http.probe`: what is asked; its url may still begin with `{baseUrl}` (`probeFor` fills it in). For `prom.query`: which metric. */
  readonly probe: Probe | null;
  readonly metric: string | null;
  readonly cooldownMs: number;
  /** Read actions to run afterwards; all must be good for the run to count as helped. */
  readonly verify: readonly string[];
  readonly warning: string | null;
  /** Rows of the requirements that this serves (SV-45), for the coverage table. */
  readonly serves: readonly string[];
}

export type Risk = 'read' | 'low' | 'high' | 'destructive';
export type RiskCondition = 'fewer_replicas' | 'outside_autoscaler' | 'to_zero';

export interface ActionParameter {
  readonly name: string;
  readonly kind: 'integer' | 'text' | 'choice';
  readonly label: string;
  readonly required: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  /** For an integer also `'resume'`: the number that ran before the last stop. */
  readonly default?: Json;
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly choices?: readonly string[];
  /** Where bounds or choices come from; `parametersFor` has filled in those of the component. */
  readonly from?: 'component.replicas' | 'component.image' | 'helm.history' | 'rollout.history' | 's3.list';
  /** Refused although they fit: `latest`. */
  readonly deny: readonly string[];
  /** The chart value that it becomes: `replicaCount`. `checkParameters` then gives it inside `set`. */
  readonly sets?: string;
}

export interface Probe {
  readonly url: string;
  readonly method: 'GET' | 'HEAD';
  readonly okStatuses: readonly number[];
  readonly expectJson?: { readonly [field: string]: Json };
}

export interface Role {
  readonly id: string;
  readonly name: string;
  /** Slack user group handle (`sre-oncall`), PagerDuty schedule, single Slack ids. All optional; together they are its members. */
  readonly slackGroup: string | null;
  readonly pagerdutySchedule: string | null;
  /** Name of the setting with the routing key of its own PagerDuty service. `null`: paged through the system's. */
  readonly routingKeySetting: string | null;
  readonly slackUsers: readonly string[];
}

/** Who may stop changes, and who may let one go past another that is not settled. Words as in a rule; for all systems, `owners` are those of any. */
export interface HoldRights {
  readonly freeze: readonly string[];
  readonly freezeAll: readonly string[];
  readonly override: readonly string[];
}

/** The first rule that matches decides. */
export interface PolicyRule {
  readonly id: string;
  readonly risk: Risk;
  /** `null`: any. */
  readonly system: string | null;
  readonly environment: string | null;
  readonly protectedOnly: boolean;
  /** All of these must be so. Empty: always. */
  readonly when: readonly Demand[];
  /** Then nobody may, and this is why. `null`: the rule says who may. */
  readonly refuse: string | null;
  /** `viewers`, `operators`, `approvers`, `owners` of the system, or a role id. */
  readonly mayAsk: readonly string[];
  readonly mayApprove: readonly string[];
  /** How many people besides the requester must approve. 0 with `confirm`: the requester confirms alone. */
  readonly approvals: number;
  readonly ownerAmongThem: boolean;
  readonly confirm: boolean;
  readonly typedConfirmation: boolean;
  readonly expiresAfterMs: number;
  /** At least this long between two starts of the same action on the same target, also where the action's own cool-down is shorter. */
  readonly cooldownMs: number;
  /** The commander of an open incident of this rank or worse may start it without the approvals that are missing. `null`: nobody may. */
  readonly breakGlassRank: 1 | 2 | 3 | 4 | null;
  /** Where it stands in `policies.yaml`. */
  readonly line: number;
}
