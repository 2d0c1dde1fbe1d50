import type { Plan } from './plan.ts';
import { canonicalJson, sha256, type Json } from '../support/json.ts';

/** What people approve. Any change of any field makes another hash, and with it another question (G-6). */
export function hashPlan(plan: Plan): string {
  return sha256(canonicalJson(plan as unknown as Json));
}
