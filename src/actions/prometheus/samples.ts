/** What Prometheus answered to one query at one moment. */
export interface QueryAnswer {
  readonly samples: readonly Sample[];
  /** Prometheus's own remarks: parts of the answer may be missing. */
  readonly warnings: readonly string[];
}

export interface Sample {
  readonly labels: { readonly [label: string]: string };
  /** As Prometheus writes it; `NaN` and infinities are numbers here too. */
  readonly value: number;
  readonly at: Date;
}
