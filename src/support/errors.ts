import { redact } from './redact/redact.ts';

/**
 * Errors by who must act. A failure that we expect is a value; these are for what interrupts a path: the edge that
 * catches one maps it to an answer (`handlers/`), and whatever is not in the table is a bug: logged, and nothing inner shown.
 * Codes are never reused; `docs/errors.md` lists the same ones (a test holds both together).
 */
export type ErrorKind = 'input' | 'denied' | 'conflict' | 'upstream' | 'bug';

export const errorTable = {
  SLACK_UNREACHABLE: { kind: 'upstream', text: 'Slack did not answer.' },
  PAGERDUTY_UNREACHABLE: { kind: 'upstream', text: 'PagerDuty did not answer. The page will be retried.' },
  KUBERNETES_UNREACHABLE: { kind: 'upstream', text: 'The cluster did not answer.' },
  KUBERNETES_REFUSED: { kind: 'upstream', text: 'The cluster refused.' },
  KUBERNETES_NOT_FOUND: { kind: 'upstream', text: 'The cluster does not have it.' },
  HELM_FAILED: { kind: 'upstream', text: 'Helm failed.' },
  COMPOSE_FAILED: { kind: 'upstream', text: 'Docker Compose failed.' },
  PROBE_FAILED: { kind: 'upstream', text: 'The address did not answer.' },
  PROMETHEUS_UNREACHABLE: { kind: 'upstream', text: 'Prometheus did not answer.' },
  PLAN_UNREADABLE: { kind: 'bug', text: 'A stored plan does not hold what its primitive wrote.' },
  NOT_CONFIGURED: { kind: 'input', text: 'This is not configured.' },
} as const satisfies Record<string, { kind: ErrorKind; text: string }>;

export type ErrorCode = keyof typeof errorTable;

export class StockOpsError extends Error {
  override readonly name = 'StockOpsError';
  readonly code: ErrorCode;
  readonly kind: ErrorKind;
  constructor(code: ErrorCode, detail?: string, options?: ErrorOptions) {
    // What the outside says of a failure may quote what it was sent (T-10).
    super(detail === undefined ? errorTable[code].text : `${errorTable[code].text} ${redact(detail)}`, options);
    this.code = code;
    this.kind = errorTable[code].kind;
  }
}
