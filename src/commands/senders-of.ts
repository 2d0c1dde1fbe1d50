import type { Problem } from '../catalog/problem.ts';
import type { Catalog } from '../catalog/system.ts';
import type { IntakeSettings } from '../handlers/intake.ts';

type Senders = ReturnType<IntakeSettings['sources']>;

/**
 * The sources of the catalog with the tokens of the settings. A source without a token could never send, a token without a source would be refused in the
 * night, and one token for two sources would leave it open who sends: each is said before the door opens (T-01).
 */
export function sendersOf(catalog: Catalog, tokens: ReadonlyMap<string, readonly string[]>): { readonly ok: true; readonly sources: Senders } | { readonly ok: false; readonly problems: readonly Problem[] } {
  const sources = [...catalog.sources.values()];
  const named = new Set(sources.flatMap(({ tokenSettings }) => tokenSettings));
  const senders = sources.map(({ id, tokenSettings }) => ({ name: id, settings: tokenSettings, tokens: tokenSettings.flatMap((setting) => tokens.get(setting) ?? []) }));
  const owners = Map.groupBy(senders.flatMap(({ name, tokens: own }) => [...new Set(own)].map((token) => ({ name, token }))), ({ token }) => token);
  const problems = [
    ...senders.filter((sender) => sender.tokens.length === 0).map(({ name, settings }) => `The source "${name}" has no token: set ${settings.join(' or ')}, as systems/sources.yaml says.`),
    ...[...tokens.keys()].filter((setting) => !named.has(setting)).map((setting) => `${setting} is set, and no source has it: name it in systems/sources.yaml, or take it away.`),
    ...[...owners.values()].filter((own) => own.length > 1).map((own) => `${own.map(({ name }) => `"${name}"`).join(' and ')} have the same token: give each source one of its own.`),
  ];
  return problems.length > 0 ? { ok: false, problems: problems.map((message) => ({ file: 'sources.yaml', line: 1, column: 1, path: '', message })) } : { ok: true, sources: senders.map(({ name, tokens: own }) => ({ name, tokens: own })) };
}
