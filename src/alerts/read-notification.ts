import { Alert, AlertGroup } from './notification.ts';

/**
 * What a stored webhook body turned out to be. Its content is never a reason for a 4xx: the sender would not come again,
 * so what cannot be read is shown to people instead (G-1, F-06).
 */
export type ReadNotification =
  | { readonly kind: 'group'; readonly group: Omit<AlertGroup, 'alerts'>; readonly alerts: readonly Alert[]; readonly unreadable: readonly string[] }
  | { readonly kind: 'unreadable'; readonly reason: string };

export function readNotification(body: string): ReadNotification {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (error) {
    return { kind: 'unreadable', reason: `It is not JSON: ${error instanceof Error ? error.message : 'syntax error'}` };
  }
  const group = AlertGroup.safeParse(json);
  if (!group.success) return { kind: 'unreadable', reason: `It is not a version 4 notification: ${firstIssue(group.error)}` };
  const alerts: Alert[] = [];
  const unreadable: string[] = [];
  for (const [index, item] of group.data.alerts.entries()) {
    const alert = Alert.safeParse(item);
    if (alert.success) alerts.push(alert.data);
    else unreadable.push(`alert ${index + 1} of ${group.data.alerts.length}: ${firstIssue(alert.error)}`);
  }
  if (alerts.length === 0 && unreadable.length === 0) return { kind: 'unreadable', reason: 'It carries no alert.' };
  return { kind: 'group', group: group.data, alerts, unreadable };
}

function firstIssue(error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] }): string {
  const issue = error.issues[0];
  if (issue === undefined) return 'unknown reason';
  return issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`;
}
