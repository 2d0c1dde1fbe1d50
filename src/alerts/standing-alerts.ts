// These alerts fire always, by design: they show that the chain from Prometheus to us works, or feed inhibition rules.
// A card for them would be noise; that they have stopped coming is what matters.
const standing = new Set(['Watchdog', 'InfoInhibitor', 'DeadMansSwitch']);

export function isStandingAlert(labels: Readonly<Record<string, string>>): boolean {
  return standing.has(labels['alertname'] ?? '');
}
