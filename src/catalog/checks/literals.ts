import type { Path, Report } from '../problem.ts';

/**
 * What must never stand in a file that goes to Git: secrets, mail addresses, telephone numbers, images that move.
 * Catches the literal that slipped in; it is no scanner for those who want to hide one.
 */
const forbidden: readonly { readonly what: string; readonly pattern: RegExp; readonly instead: string }[] = [
  { what: 'a private key', pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----/, instead: 'keep it in a secret store' },
  { what: 'a token', pattern: /\b(xox[abeoprs]-[A-Za-z0-9-]{8,}|xapp-[A-Za-z0-9-]{8,}|gh[opsur]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|AKIA[A-Z0-9]{16}|AIza[\w-]{30,}|glpat-[\w-]{16,}|sk-[A-Za-z0-9_-]{20,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+)/, instead: 'name the setting that holds it' },
  { what: 'a password in an address', pattern: /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@{}<>]+:[^\s/@{}<>]+@/i, instead: 'name the setting that holds it' },
  { what: 'a secret', pattern: /\b(password|passwd|secret|token|api[_-]?key|routing[_-]?key)\b["']?\s*[=:]\s*["']?(?![<{$])[A-Za-z0-9+/_=.-]{8,}/i, instead: 'name the setting that holds it' },
  { what: 'a mail address', pattern: /[\w.+-]+@[\w-]+(\.[\w-]+)*\.[A-Za-z]{2,}\b/, instead: 'name a role of roles.yaml' },
  { what: 'a telephone number', pattern: /(?<![\w.])\+\d[\d ()-]{7,}\d\b|\(\d{3}\) ?\d{3}[- ]\d{4}\b|(?<![\w.-])\d{3}[- ]\d{3}[- ]\d{4}\b/, instead: 'PagerDuty knows it; name a role of roles.yaml' },
  { what: 'an image without a version', pattern: /(?<=[a-z0-9_-]):latest\b/, instead: 'name the version that is meant' },
];

/** Keys whose value is the secret itself, whatever it looks like. */
const secretKey = /^(password|passwd|secret|token|api_?key|routing_?key|private_?key)$/i;

/** Looks at every text of a parsed YAML file. */
export function checkLiterals(data: unknown, report: Report): void {
  const visit = (value: unknown, path: Path): void => {
    if (typeof value === 'string') {
      const key = path.at(-1);
      const found = findForbidden(value) ?? (typeof key === 'string' && secretKey.test(key) && value !== '' ? { what: 'a secret', instead: 'name the setting that holds it' } : undefined);
      if (found !== undefined) report(path, `This looks like ${found.what}.`, found.instead);
    } else if (Array.isArray(value)) value.forEach((item, index) => visit(item, [...path, index]));
    else if (typeof value === 'object' && value !== null) for (const [key, item] of Object.entries(value)) visit(item, [...path, key]);
  };
  visit(data, []);
}

/** Looks at every line of a text. */
export function checkTextLiterals(text: string, report: (line: number, message: string, suggestion: string) => void): void {
  for (const [index, line] of text.split('\n').entries()) {
    const found = findForbidden(line);
    if (found !== undefined) report(index + 1, `This looks like ${found.what}.`, found.instead);
  }
}

function findForbidden(text: string): { what: string; instead: string } | undefined {
  return forbidden.find(({ pattern }) => pattern.test(text));
}
