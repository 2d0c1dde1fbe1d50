import type { Evidence, Reading } from '../../src/actions/define-primitive.ts';
import type { PlanDraft, ReleaseTarget, Target } from '../../src/actions/plan.ts';
import type { Plan } from '../../src/approvals/plan.ts';
import type { RunbookSection, Severity } from '../../src/catalog/system.ts';
import type { AuditEntry, AuditKind } from '../../src/audit/entry.ts';
import { anchorMessage } from '../../src/views/anchor.ts';
import { approvalDirectMessage, reminderMessage } from '../../src/views/approval-message.ts';
import { auditMessage, type AuditList } from '../../src/views/audit-list.ts';
import { breakGlassModal, brokenGlassMessage } from '../../src/views/break-glass.ts';
import type { HomeContent, MessageContent, ModalContent } from '../../src/views/blocks.ts';
import { cancelList } from '../../src/views/cancel-list.ts';
import { declareModal } from '../../src/views/declare-modal.ts';
import { diagnosticsMessage } from '../../src/views/diagnostics.ts';
import { dryRunMessage } from '../../src/views/dry-run.ts';
import { helpMessage } from '../../src/views/help.ts';
import { freezeEndedMessage, freezeMessage, heldMessage, type FreezeView } from '../../src/views/hold.ts';
import { homeView, refusedHome } from '../../src/views/home.ts';
import { incidentCard, type IncidentCard } from '../../src/views/incident-card.ts';
import { incidentsMessage } from '../../src/views/incidents-list.ts';
import { menuMessage } from '../../src/views/menu.ts';
import { moreModal } from '../../src/views/more-modal.ts';
import { onCallMessage, type OnCallRole } from '../../src/views/oncall.ts';
import { parametersModal } from '../../src/views/parameters-modal.ts';
import { pickSystem } from '../../src/views/pick-system.ts';
import { planModal, planningModal, refusalModal, wholePlanModal, type PlanView } from '../../src/views/plan-modal.ts';
import { readingMessage } from '../../src/views/reading-message.ts';
import { refusalMessage, unknownWordMessage } from '../../src/views/refusal.ts';
import { cancelModal, denyModal, overrideModal, settleModal } from '../../src/views/request-modals.ts';
import { resolveModal } from '../../src/views/resolve-modal.ts';
import { runMessage, type RunMessage, type RunMessageState } from '../../src/views/run-message.ts';
import { runbookModal } from '../../src/views/runbook-modal.ts';
import { secondOfTwoMessage } from '../../src/views/second-of-two.ts';
import { staleCardMessage } from '../../src/views/stale-card.ts';
import { statusMessage } from '../../src/views/status.ts';
import { stormCard, stormEnd, stormPages, type Storm, type StormGroup } from '../../src/views/storm.ts';
import type { OpenIncident, SystemState } from '../../src/views/system-state.ts';
import { systemsMessage } from '../../src/views/systems.ts';
import { initialNotice, resolutionNotice } from '../../src/views/templates.ts';
import { whoAmIMessage } from '../../src/views/whoami.ts';
import { eventNote } from '../../src/views/thread-note.ts';
import { alerts, approver, at, card, incident, oncall, page, pages } from './examples.ts';

/** Replaces every text that comes from outside; the identity for the storyboard, something hostile for the property tests. */
export type Outside = (sample: string) => string;
export type View = MessageContent | ModalContent | HomeContent;

const same: Outside = (sample) => sample;
const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index));

export function plan(t: Outside = same, many = 1): PlanDraft {
  return {
    summary: t('Roll back stock-service to revision 7'),
    changes: times(many, () => [
      { what: t('image'), before: t('v2.4.1'), after: t('v2.4.0') },
      { what: t('memory limit'), before: t('256Mi'), after: t('512Mi') },
      { what: 'replicas', before: '3', after: '3' },
    ]).flat(),
    warnings: times(many, () => t('In-memory caches start empty.')),
    request: { via: 'helm', context: 'prod', arguments: ['rollback', t('stock-service'), '7', '--namespace', 'stock-service', '--wait'] },
    equivalent: ['helm', 'rollback', t('stock-service'), '7', '--namespace', 'stock-service', '--wait'],
    undo: { primitive: 'helm.rollback', params: { revision: 8 } },
    guard: { uid: '6f1c', revision: 8, digest: t('sha256:ab') },
    settleWithinMs: 300_000,
  };
}

/** One of each kind, as a night leaves them behind. */
function auditEntries(t: Outside): Omit<AuditList['entries'][number], 'sequence'>[] {
  const summary = t('Roll back stock-service to revision 7');
  const of = (time: string, actor: string, kind: AuditKind, details: AuditEntry['details'], subject = 'run_9f3c21ab9f3c21ab') => ({ at: at(time), actor, kind, subject, details, system: 'stock-service', systemName: t('Stock Service') });
  return [
    of('02:30', oncall, 'incident.resolved', { text: t('resolved; cause: memory limit lowered') }, 'INC-42'),
    of('02:28', approver, 'freeze.set', { reason: t('the audit'), endsAt: null }, 'freeze_1'),
    of('02:27', oncall, 'run.failed', { summary, outcome: { status: 'notWatched' } }),
    of('02:26', oncall, 'override.given', { summary, reason: t('The pods starve the database.') }),
    of('02:25', oncall, 'glass.broken', { summary, reason: t('The approvers sleep.') }),
    of('02:24', 'stockops', 'run.succeeded', { summary, outcome: { status: 'succeeded' } }),
    of('02:18', 'stockops', 'run.started', { summary }),
    of('02:18', approver, 'run.approved', { summary, from: 'awaiting_approval' }),
    of('02:18', approver, 'approval.approved', { summary }),
    of('02:17', oncall, 'refused', { refused: t('Approve: Roll back stock-service'), rule: t('nobody approves a request of their own'), instead: '' }),
    of('02:16', oncall, 'run.awaiting_approval', { summary }),
    of('02:16', oncall, 'run.planned', { summary }),
    of('02:15', oncall, 'incident.acknowledged', { text: 'acknowledged' }, 'INC-42'),
    of('02:14', 'stockops', 'page.accepted', { action: 'trigger', role: t('SRE lead') }, 'INC-42'),
    { ...of('02:01', 'stockops', 'epoch.begun', { before: 1, epoch: 2 }, 'epoch 2'), system: null, systemName: null },
    { ...of('02:00', 'stockops', 'process.started', { version: '0.1.0', epoch: 1, catalogVersion: '0123456789abcdef' }, 'stockops'), system: null, systemName: null },
  ];
}

export function target(t: Outside = same): ReleaseTarget {
  return {
    kind: 'release',
    context: 'prod',
    namespace: t('stock-service'),
    release: 'stock-service',
    chart: 'stock-service-2.4',
    workload: { kind: 'workload', context: 'prod', namespace: 'stock-service', workload: 'Deployment', name: 'stock-service', selector: 'app=stock-service', container: 'app' },
  };
}

/** A draft with what it is bound to. */
export function whole(draft: PlanDraft = plan(), on: Target = target(), t: Outside = same): Plan {
  return {
    draft,
    target: on,
    params: { revision: 7 },
    primitive: 'helm.rollback',
    actionId: 'rollback',
    systemId: 'stock-service',
    environment: t('production'),
    component: null,
    incidentId: 42,
    requestedBy: oncall,
    risk: 'high',
    policyId: 'protected-high',
    approvalsNeeded: 1,
    catalogVersion: 'c0ffee21'.repeat(8),
    epoch: 1,
    expiresAt: '2026-11-22T02:31:00.000Z',
  };
}

export const planHash = '9f3c21ab'.repeat(8);

const frozen = (t: Outside): FreezeView => ({ kind: 'frozen', systemName: t('Stock Service'), word: 'stock-service', reason: t('audit'), by: approver, at: at('02:13'), endsAt: at('04:13') });

export function planView(changes: Partial<PlanView> = {}, t: Outside = same, many = 1): PlanView {
  return {
    requestId: 'request_9f3c21ab00112233',
    incidentId: 42,
    actionTitle: t('Roll back'),
    systemName: t('Stock Service'),
    environment: t('production'),
    plan: plan(t, many),
    whole: whole(changes.plan ?? plan(t, many), changes.target ?? target(t), t),
    planHash,
    target: target(t),
    risk: 'high',
    need: { approvals: 1, approvers: t('SRE'), because: t('production'), typedConfirmation: null },
    expiresAt: at('02:31'),
    now: at('02:16'),
    ...changes,
  };
}

export function run(state: RunMessageState, changes: Partial<RunMessage> = {}, t: Outside = same, many = 1): RunMessage {
  return {
    requestId: 'request_9f3c21ab00112233',
    incidentId: 42,
    plan: plan(t, many),
    whole: whole(changes.plan ?? plan(t, many), changes.target ?? target(t), t),
    planHash,
    target: target(t),
    systemName: t('Stock Service'),
    environment: t('production'),
    requestedBy: oncall,
    approvals: [{ by: approver, at: at('02:17') }],
    state,
    overSince: null,
    now: at('02:18'),
    ...changes,
  };
}

export function reading(t: Outside = same, many = 1): Reading {
  return {
    headline: t('1 ready, 2 CrashLoopBackOff (7 and 6 restarts, last exit 137 OOMKilled 40 s ago)'),
    state: 'bad',
    lines: times(many, () => t('stock-service-7c9d6b5f4-x2x9k: CrashLoopBackOff')),
    table: { columns: ['pod', t('state')], rows: times(many, () => [t('stock-service-7c9d6b5f4-x2x9k'), t('CrashLoopBackOff')]) },
    text: { title: t('Log of the crashed container'), body: times(many, () => t('fatal error: out of memory')).join('\n') },
  };
}

const good = (headline: string): Reading => ({ headline, state: 'good', lines: [] });

function section(t: Outside, many: number): RunbookSection {
  const fenced = '```bash\nkubectl get pods -n stock-service\nkubectl rollout restart deployment/stock-service -n stock-service\n```';
  return {
    id: 'p1-service-down',
    title: t('P1: Service down'),
    anchor: '#p1-service-down',
    body: [`### Immediate actions (0–5 minutes)\n1. **Acknowledge alert**: respond within \`5 minutes\`\n2. See [the dashboard](https://grafana.example.test/d/1)\n\n${fenced}\n`, ...times(many, () => 'If pods crash, *restart*; see [the guide](https://runbooks.example.test/a).')].join('\n\n'),
    lead: t('Check pod status, logs and external dependencies.'),
    commands: [
      { text: 'kubectl get pods -n stock-service', action: 'pods' },
      { text: 'kubectl rollout restart deployment/stock-service -n stock-service', action: 'restart', note: t('waits until the new pods are ready') },
    ],
  };
}

const severity = (t: Outside, label: string, rank: 1 | 2 | 3 | 4): Severity => ({
  label,
  rank,
  page: rank === 1 ? 'immediate' : 'business_hours',
  acknowledgeWithinMs: 300_000,
  respondWithinMs: null,
  criteria: [t('Complete outage')],
});

export function stormGroups(count: number, t: Outside = same): StormGroup[] {
  const systems = ['Stock Service', 'Stock API', 'MyStocks', null];
  return times(count, (index) => ({
    incidentId: 100 + index,
    systemName: systems[index % 4] === null ? null : t(systems[index % 4] ?? ''),
    environment: t('production'),
    severity: index % 20 === 0 ? t('P1') : index % 3 === 0 ? t('P3') : t('P2'),
    rank: index % 20 === 0 ? 1 : index % 3 === 0 ? 4 : 3,
    title: t(`error ratio ${index % 90} % (limit 10 %)`),
    state: index % 5 === 0 ? 'resolved' : index % 7 === 0 ? 'acknowledged' : 'triggered',
  }));
}

function storm(t: Outside, many: number): Storm {
  return { startedAt: at('02:13'), groups: stormGroups(212 * Math.max(1, Math.min(many, 2)), t), pages: { waiting: 0, undelivered: 0 }, cardsToCome: 180, now: at('02:14') };
}

const openIncident = (t: Outside, changes: Partial<OpenIncident> = {}): OpenIncident => ({ id: 42, severity: t('P1'), rank: 1, title: t('2 of 3 pods do not answer'), state: 'triggered', since: at('02:13'), ...changes });

function systemStates(t: Outside, many: number): [SystemState, ...SystemState[]] {
  const state = (systemId: string, systemName: string, changes: Partial<SystemState> = {}): SystemState => ({ systemId, systemName: t(systemName), environment: 'production', incidents: [], ...changes });
  return [
    state('stock-service', 'Stock Service', { incidents: [openIncident(t), openIncident(t, { id: 43, rank: 3 })] }),
    state('stock-api', 'Stock API'),
    ...times(many, () => [state('mystocks', 'MyStocks'), state('crypto-volatility', 'Crypto Volatility'), state('stock-analysis', 'Stock Analysis', { incidents: [openIncident(t, { id: 44, rank: 2, state: 'acknowledged' })] })]).flat(),
  ];
}

const roles = (t: Outside, many: number): OnCallRole[] => [
  { role: t('SRE lead'), people: [oncall] },
  { role: t('Database admin'), people: null },
  ...times(many, () => ({ role: t('CTO'), people: [] })),
];

/** Every view there is, by the name of its golden file. `many` makes every list longer. */
export function everyView(t: Outside = same, many = 1): Readonly<Record<string, View>> {
  const hostileAlerts = alerts({
    examples: [{ labels: Object.fromEntries(times(many * 2, (index) => [`${t('job')}${index}`, t('stock-service')])), annotations: {}, startsAt: at('02:13'), status: 'firing' }],
  });
  const inc = (changes: Parameters<typeof incident>[0] = {}) =>
    incident({ title: t('2 of 3 pods do not answer'), alertName: t('ServiceDown'), severity: t('P1'), environment: t('production'), ...changes });
  const actions: IncidentCard['actions'] = ['Restart', 'Scale', 'Roll back', ...times(many, () => 'Pods')].map((title, index) => ({ id: `action${index}`, title: t(title), effect: 'write' }));
  const theCard = (changes: Partial<IncidentCard> = {}) =>
    incidentCard(
      card({
        incident: inc(),
        systemName: t('Stock Service'),
        runbook: { sectionId: 'p1-service-down', title: t('P1: Service down'), lead: t('Check pod status, logs and external dependencies. If pods crash, restart; if overloaded, scale; if after a deploy, roll back.') },
        actions,
        pages: pages.map((step) => ({ ...step, role: t(step.role) })),
        ...changes,
      }),
    );
  const acknowledged = { state: 'acknowledged', acknowledgedAt: at('02:15'), acknowledgedBy: oncall } as const;
  const evidence: Evidence = { verdict: 'unclear', lines: times(many, () => t('Helm is still at revision 8; no pod has changed.')) };
  const lines = times(many, () => t('3 of 3 pods ready'));
  const refusal = { refused: t('rolling back production'), rule: t('It needs the SRE role (policies › production › high).'), instead: t('Somebody of SRE can, or ask with /stock request.') };
  const systems = systemStates(t, many);
  const theStorm = storm(t, many);
  const stormThread = stormPages(theStorm.groups);
  return {
    'card-triggered': theCard(),
    'card-acknowledged-running': theCard({
      incident: inc(acknowledged),
      requests: times(many, () => ({ summary: t('Roll back stock-service to revision 7'), state: 'running' as const, requestedBy: oncall, since: at('02:17'), line: t('1 of 3 pods new and ready') })),
      now: at('02:18'),
    }),
    'card-waiting-for-approval': theCard({
      incident: inc(acknowledged),
      requests: [{ summary: t('Roll back stock-service to revision 7'), state: 'waitsForApproval', requestedBy: oncall, since: at('02:16'), line: null }],
      now: at('02:16'),
    }),
    'card-alerts-ended': theCard({ incident: inc({ ...acknowledged, alertsEndedAt: at('02:24') }), now: at('02:24') }),
    'card-resolved': theCard({
      incident: inc({ ...acknowledged, state: 'resolved', alertsEndedAt: at('02:24'), resolvedAt: at('02:25'), resolvedBy: oncall, cause: t('memory limit lowered in v2.4.1'), impact: t('nothing') }),
      now: at('02:25'),
    }),
    'card-resolved-by-itself': theCard({ incident: inc({ state: 'resolved', alertsEndedAt: at('02:24'), resolvedAt: at('02:24'), resolvedBy: 'alertmanager' }), now: at('02:25') }),
    'card-reopened': theCard({ incident: inc({ reopenedCount: 2 }) }),
    'card-page-not-delivered': theCard({
      pages: [page(t('SRE lead'), at('02:14'), { state: 'undelivered', tries: 4, lastError: t('answered 503'), nextTryAt: at('02:16') }), page(t('Platform team'), at('02:19'))],
      note: t('It scales through Helm and keeps earlier values.'),
      alerts: { ...alerts({ firing: 2, resolved: 3, truncated: 12 }) },
      now: at('02:15'),
    }),
    'card-unknown-system': theCard({ incident: inc({ systemId: null, environment: null }), systemName: null, runbook: null, actions: [], pages: [], alerts: hostileAlerts }),
    'card-unreadable': theCard({
      incident: inc({ systemId: null, environment: null, origin: 'intake', title: t('a notification could not be read'), alertName: '' }),
      systemName: null,
      alerts: null,
      runbook: null,
      actions: [],
      links: { dashboard: null },
      intake: { kind: 'unreadable', source: t('prod'), reason: t('alerts[3].startsAt is not a time'), sizeBytes: 3_123 },
    }),
    'card-too-large': theCard({
      incident: inc({ systemId: null, environment: null, origin: 'intake', title: t('a notification was too large'), alertName: '' }),
      systemName: null,
      alerts: null,
      runbook: null,
      actions: [],
      links: { dashboard: null },
      intake: { kind: 'tooLarge', source: t('prod'), limitBytes: 16 * 1024 * 1024, sizeBytes: null },
    }),
    'card-declared': theCard({ incident: inc({ origin: 'person', alertName: '', title: t('Logins take 40 s') }), alerts: null }),
    'storm-card': stormCard(theStorm),
    'storm-thread-first-page': stormThread[0] as View,
    'storm-thread-last-page': stormThread.at(-1) as View,
    'storm-end': stormEnd({ ...theStorm, cardsToCome: 0, endedAt: at('02:41') }),
    'diagnostics-asking': diagnosticsMessage({
      startedAt: at('02:14'),
      endedAt: null,
      now: at('02:14'),
      answers: [
        { title: t('Pods'), status: 'pending' },
        { title: t('Polygon API'), status: 'read', reading: good(t('answers 200 in 180 ms')) },
      ],
    }),
    'diagnostics-done': diagnosticsMessage({
      startedAt: at('02:14'),
      endedAt: at('02:14:03'),
      now: at('02:14:03'),
      answers: [
        ...times(many, () => ({ title: t('Pods'), status: 'read' as const, reading: reading(t, many) })),
        { title: t('Last change'), status: 'read', reading: { headline: t('image v2.4.1 at 01:58 by Helm revision 8 (16 min ago)'), state: 'neutral', lines: [] } },
        { title: t('Polygon API'), status: 'read', reading: good(t('answers 200 in 180 ms')) },
        { title: t('Error ratio'), status: 'failed', reason: t('Prometheus did not answer within 5 s.') },
      ],
    }),
    'plan-for-approval': planModal(planView({}, t, many)),
    'plan-frozen': planModal(planView({ hold: frozen(t) }, t, many)),
    'plan-alone': planModal(planView({ actionTitle: t('Scale'), need: { approvals: 0, approvers: '', because: t('staging'), typedConfirmation: null }, risk: 'low' }, t)),
    'plan-typed': planModal(planView({ need: { approvals: 2, approvers: t('SRE'), because: t('production'), typedConfirmation: t('stock-service') }, risk: 'destructive' }, t)),
    'plan-whole': wholePlanModal(planView({}, t, many)),
    'plan-being-made': planningModal(planView({}, t)),
    'plan-refused': refusalModal(t('Scale'), refusal),
    'approval': runMessage(run({ is: 'waitsForApproval', needed: 1, approvers: t('SRE'), people: [approver], ownerMissing: null, expiresAt: at('02:31') }, { approvals: [], now: at('02:16') }, t, many)),
    'approval-direct': approvalDirectMessage(run({ is: 'waitsForApproval', needed: 2, approvers: t('SRE'), people: [], ownerMissing: t('SRE lead'), expiresAt: at('02:31') }, {}, t), 'https://example.slack.test/archives/C0ALERTS/p1'),
    'reminder': reminderMessage(run({ is: 'waitsForApproval', needed: 1, approvers: t('SRE'), people: [], ownerMissing: null, expiresAt: at('02:31') }, { approvals: [], now: at('02:26') }, t), 'https://example.slack.test/archives/C0ALERTS/p1'),
    'reminder-over': reminderMessage(run({ is: 'withdrawn', by: oncall, at: at('02:27') }, {}, t), null),
    'approval-with-glass': runMessage(run({ is: 'waitsForApproval', needed: 1, approvers: t('SRE'), people: [approver], ownerMissing: null, expiresAt: at('02:31'), canBreakGlass: true }, { approvals: [], now: at('02:20') }, t)),
    'break-glass': breakGlassModal({ requestId: 'request_1', summary: t('Roll back stock-service to revision 7'), environment: t('production') }),
    'glass-broken': brokenGlassMessage({
      by: oncall,
      reason: t('The pods starve the database, and the approvers sleep.'),
      summary: t('Roll back stock-service to revision 7'),
      systemName: t('Stock Service'),
      environment: t('production'),
      requestedBy: approver,
      incidentId: 42,
      at: at('02:19'),
      threadUrl: 'https://example.slack.test/archives/C0ALERTS/p1',
      now: at('02:20'),
    }),
    'run-without-approval': runMessage(run({ is: 'running', startedAt: at('02:17'), line: null }, { approvals: [], brokenGlass: { by: oncall, reason: t('The pods starve the database.') }, now: at('02:17:24') }, t)),
    'approval-over': runMessage(run({ is: 'waitsForApproval', needed: 1, approvers: t('SRE'), people: [approver], ownerMissing: null, expiresAt: at('02:31') }, { approvals: [], overSince: at('02:24'), now: at('02:25') }, t)),
    'run-confirm': runMessage(run({ is: 'waitsForConfirmation', expiresAt: at('02:31') }, { approvals: [] }, t)),
    'run-approved': runMessage(run({ is: 'approved', waits: null }, {}, t)),
    'run-approved-waits': runMessage(run({ is: 'approved', waits: t('The cluster did not answer.') }, {}, t)),
    'run-running': runMessage(run({ is: 'running', startedAt: at('02:17'), line: t('1 of 3 pods new and ready') }, { now: at('02:17:24') }, t)),
    'run-succeeded': runMessage(
      run(
        { is: 'succeeded', startedAt: at('02:17'), endedAt: at('02:18:12'), lines, checks: [{ title: t('Health check'), reading: good(t('answers 200 in 12 ms')) }], comparison: t('error ratio 12 % → 0.3 %, watched 5 min'), canUndo: true },
        {},
        t,
        many,
      ),
    ),
    'run-succeeded-did-not-help': runMessage(
      run({ is: 'succeeded', startedAt: at('02:17'), endedAt: at('02:18:12'), lines, checks: [{ title: t('Health check'), reading: reading(t, many) }], comparison: null, canUndo: true }, {}, t),
    ),
    'run-failed': runMessage(
      run(
        {
          is: 'failed',
          startedAt: at('02:17'),
          endedAt: at('02:22'),
          reason: t('1 of 3 new pods: ImagePullBackOff, “manifest unknown”.'),
          lines: [t('2 old pods still serve.'), ...times(many, () => t("Helm's release is at revision 9, failed."))],
          log: times(many * 3, () => t('panic: runtime error')).join('\n'),
          because: null,
          canUndo: true,
        },
        {},
        t,
        many,
      ),
    ),
    'run-unknown': runMessage(run({ is: 'unknown', startedAt: at('02:17:29'), since: at('02:17:31'), reason: t('The connection broke.'), evidence }, {}, t)),
    'run-unknown-looking': runMessage(run({ is: 'unknown', startedAt: at('02:17:29'), since: at('02:17:31'), reason: t('The connection broke.'), evidence: null }, {}, t)),
    'run-settled': runMessage(run({ is: 'settled', how: 'didNotHappen', by: approver, at: at('02:20'), lines, canUndo: true }, {}, t)),
    'run-superseded': runMessage(run({ is: 'failed', startedAt: at('02:17'), endedAt: at('02:18'), reason: t('Superseded by another change, which was not made from here.'), lines, log: null, because: 'superseded', canUndo: false }, {}, t)),
    'run-expired': runMessage(run({ is: 'expired', at: at('02:31') }, { approvals: [] }, t)),
    'run-denied': runMessage(run({ is: 'denied', by: approver, at: at('02:17'), reason: t('Scale first.') }, { approvals: [] }, t)),
    'run-withdrawn': runMessage(run({ is: 'withdrawn', by: oncall, at: at('02:17') }, { approvals: [] }, t)),
    'run-voided-frozen': runMessage(run({ is: 'voided', at: at('02:17'), why: t('Changes to Stock Service are frozen: audit.'), because: 'held', who: { did: 'frozen', by: approver, at: at('02:13') } }, {}, t)),
    'run-not-watched': runMessage(run({ is: 'notWatched', by: oncall, startedAt: at('02:17'), endedAt: at('02:18'), lines: times(many, () => t('1 of 3 pods new and ready')), canUndo: true }, {}, t)),
    'run-unknown-overridden': runMessage(run({ is: 'unknown', startedAt: at('02:17:29'), since: at('02:17:31'), reason: t('The connection broke.'), evidence, overridden: { by: approver, at: at('02:18'), reason: t('It burns.') } }, {}, t)),
    'run-voided': runMessage(run({ is: 'voided', at: at('02:17'), why: t('stock-service is at revision 9 now, the plan was made at 8.') }, {}, t)),
    'reading': readingMessage({ title: t('Pods'), systemName: t('Stock Service'), environment: t('production'), reading: reading(t, many), requestedBy: oncall, at: at('02:15'), tookMs: 412, now: at('02:15') }),
    'parameters': parametersModal({
      actionTitle: t('Scale'),
      systemName: t('Stock Service'),
      environment: t('production'),
      about: { incidentId: 42, incidentVersion: 3, actionId: 'scale' },
      problem: t('500 is more than stock-service may have (3–20).'),
      parameters: [
        { name: 'replicas', kind: 'integer', label: t('Replicas'), required: true, deny: [], minimum: 3, maximum: 20, current: t('3 now'), given: '5' },
        { name: 'tag', kind: 'text', label: t('Tag'), required: false, deny: [], maxLength: 128, default: t('v2.4.0') },
        { name: 'revision', kind: 'choice', label: t('Revision'), required: true, deny: [], options: times(many * 2, (index) => ({ text: t(`revision ${index + 1}, image v2.4.${index}`), value: String(index + 1) })), given: '1' },
      ],
    }),
    'runbook': runbookModal({
      systemId: 'stock-service',
      systemName: t('Stock Service'),
      environment: 'production',
      incident: { id: 42, version: 3 },
      section: section(t, many),
      runbook: { url: 'https://runbooks.example.test/stock-service', version: t('1.0'), lastUpdated: null },
      offered: new Map([
        ['pods', { title: t('Pods'), effect: 'read' }],
        ['restart', { title: t('Restart'), effect: 'write' }],
      ]),
    }),
    'more': moreModal({
      incident: inc(),
      systemName: t('Stock Service'),
      runbook: times(many, (index) => ({ sectionId: `section-${index}`, title: t('P1: Service down') })),
      actions: times(many, (index) => [
        { id: `pods${index}`, title: t('Pods'), component: null, risk: 'read' as const },
        { id: `logs${index}`, title: t('Logs'), component: null, risk: 'read' as const },
        { id: `scale${index}`, title: t('Scale'), component: t('worker'), risk: 'low' as const },
        { id: `restore${index}`, title: t('Restore the database'), component: null, risk: 'destructive' as const },
      ]).flat(),
    }),
    'resolve': resolveModal({ incident: inc({ ...acknowledged, cause: t('memory limit lowered in v2.4.1') }), systemName: t('Stock Service'), firing: 2 }),
    'declare': declareModal({
      systemId: 'stock-analysis',
      systemName: t('Stock Analysis'),
      environments: ['production', 'staging'],
      severities: [severity(t, 'P0', 1), severity(t, 'P1', 2), severity(t, 'P2', 3)],
      title: t('Logins take 40 s'),
    }),
    'deny': denyModal({ requestId: 'request_1', summary: t('Roll back stock-service to revision 7') }),
    'override': overrideModal({ requestId: 'request_1', summary: t('Roll back stock-service to revision 7') }),
    'cancel': cancelModal({ requestId: 'request_1', summary: t('Roll back stock-service to revision 7'), seen: t('1 of 3 pods new and ready'), canUndo: true }),
    'settle': settleModal({ requestId: 'request_1', summary: t('Roll back stock-service to revision 7'), how: 'didNotHappen' }),
    'pick-system': pickSystem({
      rest: t('scale 5'),
      candidates: [
        { systemId: 'stock-service', systemName: t('Stock Service'), environment: null, detail: null },
        { systemId: 'stock-api', systemName: t('Stock API'), environment: null, detail: null },
      ],
    }),
    'pick-system-many': pickSystem({ rest: t('scale 5'), candidates: times(many + 5, (index) => ({ systemId: `system-${index}`, systemName: t('Stock Service'), environment: 'production', detail: t('3 now, 3–20') })) }),
    'notice-initial': initialNotice({
      severity: t('P1'),
      title: t('2 of 3 pods do not answer'),
      impact: t('Quotes fail for two of three users'),
      startedAt: at('02:13'),
      description: t('failing quotes.'),
      updateEveryMs: 30 * 60_000,
      commander: oncall,
    }),
    'notice-resolved': resolutionNotice({ severity: t('P1'), title: t('2 of 3 pods do not answer'), lastedMs: 11 * 60_000, cause: t('memory limit lowered in v2.4.1'), otherOpenIncidents: 0, postMortemWithinMs: 48 * 3_600_000 }),
    'whoami': whoAmIMessage({
      roles: [t('On-call engineer'), t('SRE')],
      silent: null,
      isWhole: true,
      systems: [
        {
          name: t('Stock Service'),
          places: [
            {
              environments: [t('production'), t('dr')],
              rights: [
                { risk: 'read', whyNotAsk: null, approvals: 0, mayApprove: null },
                { risk: 'low', whyNotAsk: null, approvals: 0, mayApprove: null },
                { risk: 'high', whyNotAsk: null, approvals: 1, mayApprove: true },
                { risk: 'destructive', whyNotAsk: t('it needs a maintenance window, or an open incident of rank 1 or 2 (policies › protected-destructive-without-need)'), approvals: 0, mayApprove: null },
              ],
            },
            { environments: [t('staging')], rights: [{ risk: 'high', whyNotAsk: null, approvals: 0, mayApprove: null }] },
          ],
        },
      ],
    }),
    'whoami-everywhere': whoAmIMessage({
      roles: [],
      silent: 'PagerDuty',
      isWhole: false,
      systems: times(3, () => ({
        name: t('Stock Service'),
        places: [{ environments: ['production'], rights: [{ risk: 'read', whyNotAsk: null, approvals: 0, mayApprove: null }, { risk: 'high', whyNotAsk: t('it needs the role SRE (policies › protected-high)'), approvals: 1, mayApprove: false }] }],
      })),
    }),
    'help': helpMessage({
      systemName: t('Stock Service'),
      commands: times(many, () => [
        { usage: t('/stock status'), what: t('how everything stands') },
        { usage: t('/stock scale 5'), what: t('scale stock-service to 5, after you saw the plan') },
      ]).flat(),
      topics: ['scale', 'roll back', t('incidents')],
    }),
    'systems': systemsMessage({
      systems: times(many, (index) => ({ id: `stock-service-${index}`, name: t('Stock Service'), aliases: ['stock', t('svc')], description: t('Serves stock prices.'), environments: [t('production'), 'staging'], actions: 14, channel: t('#alerts') })),
    }),
    'status': statusMessage(systems, at('02:14')),
    'incidents': incidentsMessage({
      systemName: null,
      now: at('02:14'),
      incidents: times(many * 2, (index) => ({ ...openIncident(t, { id: 42 + index, state: index === 0 ? 'triggered' : 'acknowledged' }), systemName: t('Stock Service'), environment: t('production'), cardUrl: 'https://example.slack.test/archives/C0ALERTS/p1' })),
    }),
    'audit': auditMessage({
      systemName: t('Stock Service'),
      by: oncall,
      since: '2d',
      entries: times(many, (index) => auditEntries(t).map((entry, place) => ({ ...entry, sequence: 300 - index * 20 - place }))).flat(),
      more: true,
      now: at('02:31'),
    }),
    'audit-of-all': auditMessage({ systemName: null, by: null, since: null, entries: auditEntries(t).slice(-3).map((entry, place) => ({ ...entry, sequence: 3 - place })), more: false, now: at('02:31') }),
    'audit-nothing': auditMessage({ systemName: null, by: null, since: null, entries: [], more: false, now: at('02:31') }),
    'anchor': anchorMessage({ sequence: 312, hash: '9f3c21ab'.repeat(8) }),
    'oncall': onCallMessage({ systemName: t('Stock Service'), roles: roles(t, many) }),
    'refusal': refusalMessage(refusal),
    'unknown-word': unknownWordMessage(t('sacle'), [t('scale'), t('stack')]),
    'stale-card': staleCardMessage({ incidentId: 42, since: { what: t('the rollback'), at: at('02:17') }, now: at('02:19') }),
    'second-of-two': secondOfTwoMessage({ requestId: 'request_9f3c21ab00112233', isSame: true, summary: t('Restart stock-service'), firstBy: approver, firstAt: at('02:16'), standing: 'running', threadUrl: 'https://example.slack.test/archives/C0ALERTS/p1', now: at('02:16:40') }),
    'second-of-two-other': secondOfTwoMessage({ requestId: 'request_9f3c21ab00112233', isSame: false, summary: t('Restart stock-service'), firstBy: approver, firstAt: at('02:16'), standing: 'running', threadUrl: null, now: at('02:16:40') }),
    'second-of-two-unknown': secondOfTwoMessage({ requestId: 'request_9f3c21ab00112233', isSame: false, summary: t('Restart stock-service'), firstBy: approver, firstAt: at('02:16'), standing: 'unknown', threadUrl: null, now: at('02:16:40') }),
    'freeze': freezeMessage(frozen(t), times(many, () => t('Restart stock-service')), at('02:14')),
    'freeze-ended': freezeEndedMessage(frozen(t), { at: at('03:14'), by: approver }, at('03:14')),
    'held': heldMessage(t('Restart stock-service'), frozen(t), at('02:16')),
    'held-read-only': heldMessage(t('Restart stock-service'), { kind: 'readOnly' }, at('02:16')),
    'cancel-list': cancelList(times(many * 2, (index) => ({ requestId: `request_${index}`, summary: t('Restart stock-service'), environment: t('production'), standing: 'running', requestedAt: at('02:16') })), at('02:17')),
    'home': homeView({
      waiting: times(many, () => ({ requestId: 'request_1', summary: t('Roll back stock-service to revision 7'), environment: t('production'), requestedBy: oncall, expiresAt: at('02:31') })),
      mine: [openIncident(t, { state: 'acknowledged' })],
      systems,
      onCall: roles(t, many),
      maintenance: times(many, () => ({ what: t('Stock Analysis: weekly maintenance'), from: at('04:00'), to: at('06:00') })),
      runs: times(many, () => ({ summary: t('Restart stock-service'), outcome: t('done'), at: at('02:10') })),
      now: at('02:16'),
    }),
    'home-calm': homeView({ waiting: [], mine: [], systems: [], onCall: [], maintenance: [], runs: [], now: at('02:16') }),
    'home-refused': refusedHome(refusal),
    'dry-run': dryRunMessage({ plan: plan(t, many), planHash, target: target(t), systemName: t('Stock Service'), environment: t('production'), needs: t('one approval from SRE') }),
    'menu': menuMessage({ states: systems, actions: [{ id: 'scale', title: t('Scale'), effect: 'write' }, { id: 'pods', title: t('Pods'), effect: 'read' }], now: at('02:14') }),
    'event-note': eventNote({ systemName: t('Stock Service'), environment: t('production'), text: t('revision 9 is deployed') }),
  };
}

