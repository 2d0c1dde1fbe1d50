/** In words of ours: the text of a client's error can hold the address, the headers and the body. */
export function brokenCallReason(error: unknown, deadlineMs: number): string {
  if (error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')) return `PagerDuty did not answer within ${deadlineMs / 1000} s.`;
  return `The connection to PagerDuty broke (${causeCode(error) ?? 'no reason given'}).`;
}

/** The system's word for what happened (`ECONNRESET`), however deep the client has wrapped it. */
export function causeCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return causeCode(error.cause);
}
