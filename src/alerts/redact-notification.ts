import { sha256 } from '../support/json.ts';
import { redact, redactAll } from '../support/redact/redact.ts';

/**
 * A webhook body as it may be stored: every secret in its labels, annotations and addresses is hidden at the door, so that nothing behind it — tables, cards,
 * pages — has ever had it (T-09). A body that holds none stays as it came, byte for byte. What an alert is known by is kept: its fingerprint, and the group
 * key, which becomes its hash where it holds a secret, because two groups may differ in nothing else (G-2).
 */
export function redactNotification(body: string): string {
  let given: unknown;
  try {
    given = JSON.parse(body);
  } catch {
    return redact(body);
  }
  const shown = keepSecretNames(given, redactAll(given));
  if (shown === given) return body;
  const [before, after] = [given as { groupKey?: unknown }, shown as { groupKey?: unknown }];
  if (typeof before.groupKey === 'string' && before.groupKey !== after.groupKey) after.groupKey = `${String(after.groupKey)} sha256:${sha256(before.groupKey)}`;
  return JSON.stringify(shown);
}

const kubernetesName = /^[a-z][a-z0-9.-]{0,80}$/;

/** The label `secret` of kube-state-metrics and cert-manager holds the name of a Secret, which is what the alert is about, and nothing of its content. */
function keepSecretNames(given: unknown, shown: unknown): unknown {
  if (given === shown || given === null || shown === null || typeof given !== 'object' || typeof shown !== 'object') return shown;
  for (const [key, value] of Object.entries(given)) {
    const place = shown as Record<string, unknown>;
    if (key === 'secret' && typeof value === 'string' && kubernetesName.test(value) && redact(value) === value) place[key] = value;
    else if (key !== '__proto__') keepSecretNames(value, place[key]);
  }
  return shown;
}
