/**
 * Who may do what, written down by hand from the runbooks' roles and the suggested policy, and never computed from the catalog: the matrix compares the bot
 * with this page. Whoever changes `systems/*.yaml` or `policies.yaml` changes it here as well, on purpose.
 */

/** One person for each role of roles.yaml; each has just that role. */
export const roleOf = {
  U0ENGINEER: 'engineering',
  U0ONCALL: 'on-call-engineer',
  U0APPROVER: 'sre',
  U0SRELEAD: 'sre-lead',
  U0PLATFORM: 'platform-team',
  U0DEVOPS: 'devops-specialist',
  U0DEVOPSLEAD: 'devops-lead',
  U0MANAGER: 'engineering-manager',
  U0DATABASE: 'database-admin',
  U0SECURITY: 'security-lead',
  U0MLENGINEER: 'ml-engineer',
  U0SCIENTIST: 'investment-data-scientist',
  U0VP: 'vp-engineering',
  U0CTO: 'cto',
} as const;

/** The group of Slack that makes the role. */
export const groupOf = {
  engineering: 'engineering',
  'on-call-engineer': 'oncall',
  sre: 'sre-oncall',
  'sre-lead': 'sre-leads',
  'platform-team': 'platform',
  'devops-specialist': 'devops',
  'devops-lead': 'devops-leads',
  'engineering-manager': 'engineering-managers',
  'database-admin': 'database-admins',
  'security-lead': 'security-leads',
  'ml-engineer': 'ml-engineers',
  'investment-data-scientist': 'data-scientists',
  'vp-engineering': 'vp-engineering',
  cto: 'cto',
} as const;
export type RoleId = keyof typeof groupOf;

/** Who changes things (operators, approvers and owners together), and who agrees to what others ask for. */
export const people = {
  'stock-service': { change: ['sre', 'on-call-engineer', 'platform-team', 'sre-lead'], agree: ['sre', 'sre-lead'] },
  'stock-api': { change: ['on-call-engineer', 'devops-specialist', 'ml-engineer', 'sre-lead'], agree: ['devops-specialist', 'ml-engineer', 'sre-lead'] },
  mystocks: { change: ['on-call-engineer', 'platform-team', 'sre-lead'], agree: ['platform-team', 'sre-lead'] },
  'crypto-volatility': { change: ['on-call-engineer', 'ml-engineer', 'platform-team', 'sre-lead'], agree: ['ml-engineer', 'platform-team', 'sre-lead'] },
  'stock-analysis': { change: ['on-call-engineer', 'devops-lead', 'database-admin', 'engineering-manager'], agree: ['devops-lead', 'database-admin', 'engineering-manager'] },
} as const satisfies Record<string, { readonly change: readonly RoleId[]; readonly agree: readonly RoleId[] }>;
export type SystemId = keyof typeof people;

/** A channel that is the system's own. */
export const channelOf = { 'stock-service': 'stock-service', 'stock-api': 'stock-api', mystocks: 'mystocks', 'crypto-volatility': 'crypto', 'stock-analysis': 'stock-analysis' } as const;

/**
 * What each thing that can be asked for needs besides the right to ask:
 * - `look`: nothing, and every engineer may
 * - `alone`: the requester's own word
 * - `one`: one more person
 * - `nothing there`: they may ask, and the stand-in's cluster has nothing there to plan for
 * - `need`: a maintenance window or an incident of rank 1 or 2, and neither is there
 */
export type Need = 'look' | 'alone' | 'one' | 'nothing there' | 'need';

/** Words after `/stock <system>`, the environments that offer it, and what it needs in each. */
export const actions: Readonly<Record<SystemId, readonly (readonly [words: string, needs: Readonly<Record<string, Need>>])[]>> = {
  'stock-service': [
    ['pods', { production: 'look', staging: 'look', dr: 'look' }],
    ['events', { production: 'look', staging: 'look', dr: 'look' }],
    ['restart', { production: 'alone', staging: 'alone', dr: 'alone' }],
    ['scale 4', { production: 'alone', staging: 'alone', dr: 'alone' }],
    ['scale-permanently 5', { production: 'one', staging: 'alone' }],
    ['autoscaling 3 12 60', { production: 'one', staging: 'alone' }],
    ['deploy v2.4.2', { production: 'one', staging: 'alone' }],
    ['rollback', { production: 'one', staging: 'alone' }],
  ],
  'stock-api': [
    ['pods', { production: 'look' }],
    ['memory', { production: 'look' }],
    ['restart', { production: 'alone' }],
    ['scale 5', { production: 'alone' }],
    ['scale 1', { production: 'one' }],
    ['start 4', { production: 'alone' }],
    ['stop', { production: 'need' }],
  ],
  mystocks: [
    ['pods', { production: 'look' }],
    ['cache', { production: 'look' }],
    ['restart', { production: 'alone' }],
    ['scale 6', { production: 'alone' }],
    ['scale 2', { production: 'one' }],
    ['rollback', { production: 'one' }],
    ['deploy v3.9.9', { production: 'one' }],
  ],
  'crypto-volatility': [
    ['p95', { production: 'look' }],
    ['restart api', { production: 'alone' }],
    ['restart-kafka', { production: 'alone' }],
    ['stop kafka', { production: 'need' }],
  ],
  'stock-analysis': [
    ['pods', { production: 'look', dr: 'look' }],
    ['disk', { production: 'look', dr: 'look' }],
    ['restart worker', { production: 'alone', dr: 'alone' }],
    ['scale worker 5', { production: 'alone', dr: 'alone' }],
    ['rollback frontend', { production: 'one', dr: 'nothing there' }],
    ['restart-database', { production: 'need', dr: 'need' }],
  ],
};
