import { z } from 'zod';
import { defineRead, defineWrite, type Evidence, type Primitive, type Progress, type ProgressInput, type Reading } from '../../src/actions/define-primitive.ts';
import type { EffectRequest, PlanDraft, Refusal } from '../../src/actions/plan.ts';
import type { Person } from '../../src/approvals/person.ts';
import type { Identity } from '../../src/approvals/policy.ts';
import type { Action, Catalog, PolicyRule, Role, System } from '../../src/catalog/system.ts';
import { StockOpsError } from '../../src/support/errors.ts';

/** Two o'clock on a Monday night, and seconds after that. */
export const at = (seconds: number): Date => new Date(Date.UTC(2026, 2, 2, 2) + seconds * 1_000);

/** One system with two environments and a handful of actions, people who differ in their roles, and primitives that do what a test says. */
export const asker = 'U0ASKER';
export const approver = 'U0APPROVER';
export const second = 'U0SECOND';
export const owner = 'U0OWNER';
export const viewer = 'U0VIEWER';

export function identity(id: string, roles: readonly string[], change: Partial<Person> = {}): Identity {
  return { person: { id, name: id, email: `${id}@example.com`, timezone: null, isFullMember: true, kind: 'member', ...change }, roles: new Set(roles), areRolesKnown: true };
}

export const everybody = (): Map<string, Identity> =>
  new Map([
    [asker, identity(asker, ['sre'])],
    [approver, identity(approver, ['lead'])],
    [second, identity(second, ['lead'])],
    [owner, identity(owner, ['sre', 'owner'])],
    [viewer, identity(viewer, ['staff'])],
  ]);

const role = (id: string, name: string): readonly [string, Role] => [id, { id, name, slackGroup: null, pagerdutySchedule: null, routingKeySetting: null, slackUsers: [] }];

export const rule = (change: Partial<PolicyRule> = {}): PolicyRule => ({
  id: 'high', risk: 'high', system: null, environment: null, protectedOnly: false, mayAsk: ['operators'], mayApprove: ['approvers', 'owners'], approvals: 1, ownerAmongThem: false, confirm: true, typedConfirmation: false,
  expiresAfterMs: 900_000, when: [], refuse: null, cooldownMs: 0, breakGlassRank: 2, line: 1, ...change,
});

export const action = (change: Partial<Action> = {}): Action => ({
  id: 'scale', title: 'Scale', use: 'test.scale', effect: 'write', target: 'workload', component: null, components: ['api', 'worker'], environments: [], risk: 'high', riskWhen: [], fixed: {},
  parameters: [{ name: 'replicas', kind: 'integer', label: 'Replicas', required: true, minimum: 0, maximum: 99, deny: [] }],
  probe: null, metric: null, cooldownMs: 0, verify: [], warning: null, serves: [], ...change,
});
const noParameters: Pick<Action, 'parameters'> = { parameters: [] };

const component = (name: string, isDefault: boolean) => ({ name, isDefault, workload: { kind: 'Deployment', name: `shop-${name}` }, selector: `app=${name}`, stateful: false });
const environment = (name: string, isProtected: boolean) => ({ name, platform: 'kubernetes', context: 'cluster', namespace: `shop-${name}`, baseUrl: null, prometheusUrl: null, protected: isProtected });

export const shop = {
  id: 'shop', name: 'Shop', owner: 'The shop team', timezone: 'UTC', businessHours: { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00' }, maintenance: [],
  access: { viewers: ['staff'], operators: ['sre'], approvers: ['lead'], owners: ['owner'] },
  environments: new Map([['production', environment('production', true)], ['staging', environment('staging', false)]]),
  components: new Map([['api', component('api', true)], ['worker', component('worker', false)]]),
  channels: { alerts: '#shop-alerts', incidents: '#incidents', stakeholders: '#stakeholders' },
  metrics: new Map(),
  actions: new Map(
    [
      action(),
      action({ id: 'restart', title: 'Restart', risk: 'low', ...noParameters, fixed: { replicas: 3 } }),
      action({ id: 'stop', title: 'Stop', risk: 'destructive', ...noParameters, fixed: { replicas: 0 } }),
      action({ id: 'pods', title: 'Show pods', use: 'test.look', effect: 'read', risk: 'read', ...noParameters }),
    ].map((each) => [each.id, each]),
  ),
} as unknown as System;
/** Another system that comes first, for what must not concern it. */
export const bank = { ...shop, id: 'bank', name: 'Bank', actions: new Map(), channels: { alerts: '#bank-alerts', incidents: '#incidents', stakeholders: '#stakeholders' } } as unknown as System;

export interface CatalogOfTest extends Catalog {
  systems: readonly System[];
  policies: readonly PolicyRule[];
}

export const tinyCatalog = (): CatalogOfTest => ({
  version: 'first', systems: [bank, shop], roles: new Map([role('sre', 'SRE'), role('lead', 'Lead'), role('owner', 'Owner'), role('staff', 'Staff')]),
  policies: [rule(), rule({ id: 'low', risk: 'low', approvals: 0 }), rule({ id: 'destructive', risk: 'destructive', approvals: 2, typedConfirmation: true })],
  sharedChannels: [], samePerson: [], sources: new Map(), holds: { freeze: ['operators'], freezeAll: ['owners'], override: ['owners'] },
});

/** The one object that there is to change, and how what looks after it answers. */
export interface World {
  generation: number;
  /** Nobody answers who looks. */
  isSilent: boolean;
  /** Why a look finds that nothing can be planned. */
  refusal: Refusal | null;
  /** What is different in the next draft. */
  draft: Partial<PlanDraft>;
  progress(input: ProgressInput<unknown>): Progress;
  evidence(input: ProgressInput<unknown>): Evidence;
  reading(component: string): Reading;
  /** What happens elsewhere while somebody looks. */
  meanwhile(): unknown;
  /** How often anybody looked. */
  looks: number;
}

export const calmWorld = (): World => ({
  generation: 7, isSilent: false, refusal: null, draft: {}, looks: 0, meanwhile: () => {},
  progress: () => ({ status: 'running', line: '1 of 5 ready' }),
  evidence: () => ({ verdict: 'unclear', lines: ['nothing to be seen'] }),
  reading: () => ({ headline: '5 of 5 ready', state: 'good', lines: [] }),
});

export const request: Extract<EffectRequest, { via: 'kubernetes' }> = { via: 'kubernetes', context: 'cluster', method: 'PATCH', path: '/scale', contentType: 'application/merge-patch+json', body: { spec: { replicas: 5 } } };

export const draftFor = (target: string, replicas: number, generation: number): PlanDraft => ({
  summary: `Scale ${target} to ${replicas}`, changes: [{ what: 'replicas', before: '3', after: String(replicas) }], warnings: [], request: { ...request, body: { spec: { replicas } } }, equivalent: ['kubectl', 'scale', `--replicas=${replicas}`, target],
  undo: { primitive: 'test.scale', params: { replicas: 3 } }, guard: { generation }, settleWithinMs: 600_000,
});

const look = async (world: World): Promise<void> => {
  world.looks += 1;
  await world.meanwhile();
  if (world.isSilent) throw new StockOpsError('KUBERNETES_UNREACHABLE');
};

export function primitivesOf(world: () => World): ReadonlyMap<string, Primitive> {
  const scale = defineWrite({
    id: 'test.scale', target: 'workload', rights: [], params: z.strictObject({ replicas: z.number().int().max(50, 'at most 50') }),
    observe: async () => {
      await look(world());
      return { generation: world().generation, refusal: world().refusal, draft: world().draft };
    },
    plan: ({ target, params, observed }) => observed.refusal ?? { ...draftFor(target.name, params.replicas, observed.generation), ...observed.draft },
    progress: async (_context, input) => {
      await look(world());
      return world().progress(input);
    },
    evidence: async (_context, input) => {
      await look(world());
      return world().evidence(input);
    },
  });
  const read = defineRead({
    id: 'test.look', target: 'workload', rights: [], params: z.strictObject({ replicas: z.number().max(50, 'at most 50').optional() }),
    read: async (_context, target) => {
      await look(world());
      return world().reading(target.name);
    },
  });
  return new Map<string, Primitive>([[scale.id, scale], [read.id, read]] as unknown as readonly (readonly [string, Primitive])[]);
}
