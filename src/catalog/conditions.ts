/** What a rule of `policies.yaml` may depend on besides risk, system and environment. */
export const policyConditions = ['outsideBusinessHours', 'insideMaintenanceWindow', 'duringAnotherRun', 'belowCurrentReplicas', 'outsideAutoscalerRange', 'openIncidentOfRank1', 'openIncidentOfRank1or2'] as const;
export type PolicyCondition = (typeof policyConditions)[number];

/** What is so, of everything that a rule may ask. */
export type Facts = Readonly<Record<PolicyCondition, boolean>>;
/** Some of it is not known yet: what the plan would do is only known once there is one. */
export type KnownFacts = Partial<Facts>;

/** One demand of a rule: `outsideBusinessHours`, or `not openIncidentOfRank1`. */
export interface Demand {
  readonly condition: PolicyCondition;
  readonly holds: boolean;
}

/** As it stands in the file: a condition, alone or after `not`. */
export const demandWords = policyConditions.flatMap((condition) => [condition, `not ${condition}`] as const);

export function readDemand(word: (typeof demandWords)[number]): Demand {
  const condition = policyConditions.find((known) => word === known || word === `not ${known}`);
  if (condition === undefined) throw new Error(`${word} is no condition`);
  return { condition, holds: !word.startsWith('not ') };
}

const words: Readonly<Record<PolicyCondition, readonly [string, string]>> = {
  outsideBusinessHours: ['outside business hours', 'inside business hours'],
  insideMaintenanceWindow: ['inside a maintenance window', 'outside every maintenance window'],
  duringAnotherRun: ['another run of the system is under way', 'no other run of the system is under way'],
  belowCurrentReplicas: ['it leaves fewer pods than now', 'it takes no pod away'],
  outsideAutoscalerRange: ['it is outside the range of the autoscaler', 'it is not outside the range of an autoscaler'],
  openIncidentOfRank1: ['an incident of rank 1 is open', 'no incident of rank 1 is open'],
  openIncidentOfRank1or2: ['an incident of rank 1 or 2 is open', 'no incident of rank 1 or 2 is open'],
};

/** `outside business hours`, `no incident of rank 1 is open` */
export function demandInWords({ condition, holds }: Demand): string {
  return words[condition][holds ? 0 : 1];
}

/** Every way in which what is not known yet may turn out; what is known stays. */
export function everyOutcome(known: KnownFacts, of: readonly PolicyCondition[] = policyConditions): readonly Facts[] {
  const none = Object.fromEntries(policyConditions.map((condition) => [condition, known[condition] ?? false])) as Facts;
  const open = of.filter((condition) => known[condition] === undefined);
  return open.reduce<readonly Facts[]>((all, condition) => all.flatMap((facts) => [facts, { ...facts, [condition]: true }]), [none]);
}
