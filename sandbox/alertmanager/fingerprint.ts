export type LabelSet = Readonly<Record<string, string>>;

const offsetBasis = 0xcbf29ce484222325n;
const prime = 0x100000001b3n;
// Prometheus puts this byte, which is in no UTF-8 text, after every name and value.
const separator = 0xff;

/** The identity of a label set as Prometheus and Alertmanager compute it: FNV-1a, 64 bits, over the sorted names and values. */
export function fingerprint(labels: LabelSet): string {
  let hash = offsetBasis;
  const add = (byte: number) => {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * prime);
  };
  for (const name of sortedNames(labels)) {
    for (const text of [name, labels[name] ?? '']) {
      for (const byte of Buffer.from(text)) add(byte);
      add(separator);
    }
  }
  return hash.toString(16).padStart(16, '0');
}

/** `{alertname="HighErrorRate", team="payments"}`: how Go prints a label set, and so how it stands in a group key. */
export function printLabels(labels: LabelSet): string {
  return `{${sortedNames(labels).map((name) => `${name}=${JSON.stringify(labels[name])}`).join(', ')}}`;
}

export function sortedNames(labels: LabelSet): string[] {
  return Object.keys(labels).sort((one, other) => (one < other ? -1 : 1));
}
