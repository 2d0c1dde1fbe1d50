/** An event whose alert stops and starts again within this time is the same one: the exporter was restarted, or a rollout took two steps. */
export const eventGapMs = 15 * 60_000;

/** What is on record of an event: the alerts that say it now, and when the last one stopped. */
export interface KnownEvent {
  readonly firing: readonly string[];
  readonly endedAt: Date | null;
}

/**
 * Edge detection for alerts that are news and not trouble (SV-29): told when it begins, never while it lasts, however often and under
 * whatever fingerprint it is repeated. Pure.
 */
export function decideEvent(
  known: KnownEvent | undefined,
  alert: { readonly status: 'firing' | 'resolved'; readonly fingerprint: string },
  now: Date,
): { readonly isNews: boolean; readonly after: KnownEvent } {
  const others = (known?.firing ?? []).filter((fingerprint) => fingerprint !== alert.fingerprint);
  if (alert.status === 'firing') {
    const isOn = (known?.firing.length ?? 0) > 0 || (known?.endedAt != null && now.getTime() - known.endedAt.getTime() <= eventGapMs);
    return { isNews: !isOn, after: { firing: [...others, alert.fingerprint].slice(-mostFingerprints), endedAt: null } };
  }
  const isOver = others.length === 0 && (known?.firing.length ?? 0) > 0;
  return { isNews: false, after: { firing: others, endedAt: isOver ? now : (known?.endedAt ?? null) } };
}

// An exporter that never says that its old alerts are over must not make the record grow for ever.
const mostFingerprints = 50;
