import { hidden, type SecretKind } from './marker.ts';

/**
 * Secrets that can be told by their form. Each format is something short to begin with and then one class of characters to the end of the word: a search
 * that fails costs the length of the beginning, so the whole is linear in the text whatever the text is.
 */
interface Format {
  readonly kind: SecretKind;
  /** Beginnings, as a pattern of bounded length. */
  readonly begins: string;
  /** The class of characters that follow, and how many there are at least. */
  readonly goesOn: string;
  readonly atLeast: number;
}

const word = String.raw`[A-Za-z0-9]`;
const url = String.raw`[A-Za-z0-9_-]`;
const hex = String.raw`[0-9a-fA-F]`;
const base64 = String.raw`[A-Za-z0-9+/_=-]`;
/** Where the beginning is short enough to be the end of a word: `disk-…` holds `sk-…`. */
const atWord = String.raw`(?<![A-Za-z0-9])`;

const formats: readonly Format[] = [
  { kind: 'JWT', begins: 'eyJ', goesOn: String.raw`[A-Za-z0-9_=.-]`, atLeast: 12 },
  { kind: 'AWS key', begins: `(?:AKIA|ASIA|AROA|AIDA|AGPA|ABIA|ACCA)`, goesOn: '[A-Z0-9]', atLeast: 16 },
  { kind: 'Google key', begins: `AIza`, goesOn: url, atLeast: 30 },
  { kind: 'Google token', begins: String.raw`(?:ya29\.|GOCSPX-|1//0)`, goesOn: String.raw`[A-Za-z0-9_.-]`, atLeast: 20 },
  { kind: 'Azure secret', begins: String.raw`[A-Za-z0-9_~.-]{3}[78]Q~`, goesOn: String.raw`[A-Za-z0-9_~.-]`, atLeast: 28 },
  { kind: 'GitHub token', begins: `(?:gh[pousr]_|github_pat_)`, goesOn: String.raw`[A-Za-z0-9_]`, atLeast: 20 },
  { kind: 'GitLab token', begins: `gl(?:pat|dt|rt|ptt|cbt|soat|ft|imt|agent|oas)-`, goesOn: String.raw`[A-Za-z0-9_.-]`, atLeast: 16 },
  { kind: 'Slack token', begins: String.raw`(?:xox[a-z](?:\.xox[a-z])?-|xapp-)`, goesOn: url, atLeast: 10 },
  { kind: 'Slack webhook', begins: String.raw`hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/`, goesOn: String.raw`[A-Za-z0-9_/-]`, atLeast: 10 },
  { kind: 'webhook', begins: String.raw`discord(?:app)?\.com/api/webhooks/`, goesOn: String.raw`[A-Za-z0-9_/-]`, atLeast: 20 },
  { kind: 'PagerDuty token', begins: String.raw`${atWord}[uy]\+`, goesOn: url, atLeast: 18 },
  { kind: 'Stripe key', begins: `(?:(?:sk|rk|pk)_(?:live|test)_|whsec_)`, goesOn: String.raw`[A-Za-z0-9+/=]`, atLeast: 10 },
  { kind: 'npm token', begins: `npm_`, goesOn: word, atLeast: 30 },
  { kind: 'PyPI token', begins: `pypi-`, goesOn: url, atLeast: 40 },
  { kind: 'Telegram token', begins: String.raw`\d{8,10}:AA`, goesOn: url, atLeast: 30 },
  { kind: 'Docker token', begins: `dckr_(?:pat|oat)_`, goesOn: url, atLeast: 16 },
  { kind: 'DigitalOcean token', begins: `do[oprt]_v1_`, goesOn: hex, atLeast: 20 },
  { kind: 'SendGrid key', begins: String.raw`SG\.`, goesOn: String.raw`[A-Za-z0-9_.-]`, atLeast: 30 },
  { kind: 'Twilio key', begins: `${atWord}SK`, goesOn: hex, atLeast: 32 },
  { kind: 'Mailgun key', begins: `${atWord}key-`, goesOn: hex, atLeast: 32 },
  { kind: 'Shopify token', begins: `shp(?:at|ca|pa|ss)_`, goesOn: hex, atLeast: 20 },
  { kind: 'API key', begins: `${atWord}sk-`, goesOn: url, atLeast: 20 },
  { kind: 'Vault token', begins: String.raw`(?:hv[sbr]\.|${atWord}s\.)`, goesOn: url, atLeast: 24 },
  { kind: 'Terraform token', begins: String.raw`[A-Za-z0-9]{14}\.atlasv1\.`, goesOn: url, atLeast: 20 },
  { kind: 'Grafana token', begins: `(?:glsa_|glc_)`, goesOn: base64, atLeast: 20 },
  { kind: 'Databricks token', begins: `dapi`, goesOn: hex, atLeast: 32 },
  { kind: 'API token', begins: `${atWord}(?:hf_|lin_api_|figd_|ntn_|nfp_|sbp_|CCIPAT_|bkua_|rubygems_|pscale_(?:tkn|pw|oauth)_|sntr[yu]s_|HRKU-|ATATT3|PMAK-|NRAK-|NRJS-|pul-|dp\\.(?:pt|st|ct|sa|scim)\\.)`, goesOn: String.raw`[A-Za-z0-9_+/=.-]`, atLeast: 20 },
  { kind: 'Square token', begins: `sq0(?:atp|csp)-`, goesOn: url, atLeast: 20 },
  { kind: 'age key', begins: `AGE-SECRET-KEY-1`, goesOn: '[A-Z0-9]', atLeast: 20 },
  { kind: 'password hash', begins: String.raw`\$(?:2[abxy]|argon2(?:id|i|d)|[156y]|scrypt|pbkdf2-sha\d{1,3})\$`, goesOn: String.raw`[A-Za-z0-9./+=,$-]`, atLeast: 20 },
];

const compiled = formats.map(({ kind, begins, goesOn, atLeast }) => [new RegExp(`${begins}${goesOn}{${atLeast},}`, 'g'), hidden(kind)] as const);

export function hideTokens(text: string): string {
  return compiled.reduce((rest, [pattern, marker]) => rest.replace(pattern, marker), text);
}
