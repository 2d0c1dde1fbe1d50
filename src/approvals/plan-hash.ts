import type { Plan } from './plan.ts';
import { canonicalJson, sha256, type Json } from '../support/json.ts';

/** What people approve. Any change of any field makes another hash, and with it another question (G-6). */
export function hashPlan(plan: Plan): string {
  return sha256(canonicalJson(plan as unknown as Json));
}

/** The part of the hash that people see, to tell two plans apart at a glance. */
export function shortHash(hash: string): string {
  return `${hash.slice(0, 4)}·${hash.slice(4, 8)}`;
}
