import type { SystemSource } from '../system-source.ts';

/** No two systems answer to one word, claim one alert, or share an alert name without both saying whose alerts are whose. */
export function checkCollisions(sources: readonly SystemSource[]): void {
  const words = new Map<string, string>();
  const claims = new Map<string, string>();
  const rules = new Map<string, SystemSource[]>();
  for (const source of sources) {
    const { file, folder, report } = source;
    if (file.id !== folder) report(['id'], `The id is "${file.id}" and the folder is "${folder}".`, 'give both the same name');
    const own = new Set<string>();
    for (const [path, word] of [[['id'], file.id] as const, ...file.aliases.map((alias, index) => [['aliases', index], alias] as const)]) {
      const holder = words.get(word);
      if (own.has(word)) report([...path], `"${word}" is there twice.`);
      else if (holder !== undefined) report([...path], `"${word}" means "${holder}" already.`, 'choose another word');
      own.add(word);
    }
    for (const word of own) if (!words.has(word)) words.set(word, file.id);
    file.alerts.attribution.anyOf.forEach((matcher, index) => {
      const claim = `${matcher.label}=${matcher.equals}`;
      const holder = claims.get(claim);
      if (holder !== undefined && holder !== file.id) report(['alerts', 'attribution', 'anyOf', index], `Alerts with ${claim} belong to "${holder}" already.`);
      else claims.set(claim, file.id);
    });
    for (const rule of file.alerts.rules) rules.set(rule.name, [...(rules.get(rule.name) ?? []), source]);
  }
  for (const [name, holders] of rules) {
    if (new Set(holders).size < 2) continue;
    for (const { file, report } of holders) {
      if (file.alerts.attribution.anyOf.length > 0) continue;
      const others = holders.filter((other) => other.file.id !== file.id).map((other) => other.file.id);
      const index = file.alerts.rules.findIndex((rule) => rule.name === name);
      report(['alerts', 'rules', index, 'name'], `"${name}" is an alert of ${others.join(' and ')} too, and nothing says which alerts are whose.`, 'add alerts.attribution.anyOf');
    }
  }
}
