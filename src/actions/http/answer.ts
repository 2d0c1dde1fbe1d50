/** What an address answered. */
export interface HttpAnswer {
  /** The method that was answered: `GET` where the server does not know `HEAD`. */
  readonly method: 'GET' | 'HEAD';
  readonly status: number;
  readonly contentType: string | null;
  /** At most 64 KiB; empty for `HEAD`. */
  readonly body: string;
  readonly isBodyCut: boolean;
  /** Where a redirect would have led. It is never followed. */
  readonly location: string | null;
  readonly totalMs: number;
}
