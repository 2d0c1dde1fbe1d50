/**
 * Secrets that are nobody's, one for each form in which one may lie about. Made anew from parts at each run, so that the repository holds no text that looks
 * like a secret, and so that a redactor cannot know them by heart.
 */
import { createHash } from 'node:crypto';

export interface Canary {
  readonly form: string;
  /** What must be found nowhere. */
  readonly secret: string;
  /** As an application would write it into its log. */
  readonly line: string;
}

const small = 'abcdefghijklmnopqrstuvwxyz';
const capital = small.toUpperCase();
const digit = '0123456789';
const word = small + capital + digit;

/** The same `seed` gives the same canaries. */
export function makeCanaries(seed: string): readonly Canary[] {
  let drawn = 0;
  const draw = (alphabet: string, length: number): string => {
    let text = '';
    while (text.length < length) {
      for (const byte of createHash('sha256').update(`${seed} ${drawn++}`).digest()) if (text.length < length && byte < 256 - (256 % alphabet.length)) text += alphabet.charAt(byte % alphabet.length);
    }
    return text;
  };
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const canaries: Canary[] = [];
  /** A word of its own, known by its form alone. */
  const token = (form: string, ...parts: readonly string[]) => {
    const secret = parts.join('');
    canaries.push({ form, secret, line: `2026-03-02T02:13:07Z WARN upstream refused ${secret} (attempt 2)` });
  };
  /** Known by what stands beside it. */
  const beside = (form: string, secret: string, line: (secret: string) => string) => canaries.push({ form, secret, line: line(secret) });
  const password = () => `${draw(small, 5)}-${draw(digit, 3)}!${draw(capital, 4)}`;

  token('AWS access key', 'AK', 'IA', draw(capital, 16));
  token('AWS session key', 'AS', 'IA', draw(capital, 16));
  beside('AWS secret key', draw(word, 40), (secret) => `aws_secret_access_key = ${secret}`);
  token('Google API key', 'AI', 'za', draw(word, 35));
  token('Google OAuth token', 'ya', '29.', draw(word, 60));
  beside('Azure storage key', base64(draw(word, 48)), (secret) => `DefaultEndpointsProtocol=https;AccountName=stocks;AccountKey=${secret};EndpointSuffix=core.windows.net`);
  beside('Azure shared access signature', encodeURIComponent(base64(draw(word, 32))), (secret) => `GET https://stocks.blob.core.windows.net/backups?sv=2024-11-04&se=2026-04-01&sig=${secret}&sp=r 403`);
  token('Azure client secret', draw(word, 3), '8', 'Q~', draw(word, 34));
  token('GitHub token', 'gh', 'p_', draw(word, 36));
  token('GitHub app token', 'gh', 's_', draw(word, 36));
  token('GitHub fine-grained token', 'github', '_pat_', draw(word, 22), '_', draw(word, 59));
  token('GitLab token', 'gl', 'pat-', draw(word, 20));
  token('Slack bot token', 'xo', 'xb-', draw(digit, 12), '-', draw(digit, 12), '-', draw(word, 24));
  token('Slack app token', 'xa', 'pp-1-A', draw(capital, 9), '-', draw(digit, 12), '-', draw(small + digit, 64));
  token('Slack webhook', 'https://hooks.', 'slack.com/services/T', draw(capital, 8), '/B', draw(capital, 8), '/', draw(word, 24));
  token('PagerDuty REST token', 'u', '+', draw(word, 18));
  beside('PagerDuty routing key', draw(small + digit, 32), (secret) => `{"routing_key":"${secret}","event_action":"trigger"}`);
  token('Stripe key', 'sk', '_li', 've_', draw(word, 24));
  token('Stripe webhook secret', 'wh', 'sec_', draw(word, 32));
  token('npm token', 'np', 'm_', draw(word, 36));
  token('PyPI token', 'py', 'pi-', draw(word, 60));
  token('Telegram bot token', draw('123456789', 9), ':', 'AA', draw(word, 33));
  token('Docker Hub token', 'dckr', '_pat_', draw(word, 27));
  token('SendGrid key', 'S', 'G.', draw(word, 22), '.', draw(word, 43));
  token('Vault token', 'hv', 's.', draw(word, 24));
  token('Grafana token', 'gl', 'sa_', draw(word, 32), '_', draw('0123456789abcdef', 8));
  token('JSON Web Token', 'ey', 'J', draw(word, 33), '.', 'ey', 'J', draw(word, 60), '.', draw(word, 43));
  token('bcrypt hash', '$2', 'b$', '12$', draw(word, 53));
  // Mixed in turn: of what is truly random, a few in a hundred look like a name to anybody.
  token('random text', ...Array.from({ length: 10 }, () => draw(small, 1) + draw(capital, 1) + draw(digit, 1) + draw(capital, 1)));
  beside('PEM private key', draw(word, 64), (secret) => `-----BEGIN ${'RSA PRIVATE'} KEY-----\n${secret}\n${draw(word, 64)}\n-----END ${'RSA PRIVATE'} KEY-----`);
  beside('password of a DSN', password().replace('!', '.'), (secret) => `could not connect to postgres://stocks:${secret}@db.internal:5432/stocks`);
  beside('password of a DSN of Go', draw(word, 14), (secret) => `sql.Open: stocks:${secret}@tcp(db.internal:3306)/stocks: timeout`);
  beside('connection string', password(), (secret) => `Server=db.internal;User Id=stocks;Password=${secret};Encrypt=true`);
  beside('credential in a URL', draw(small + digit, 24), (secret) => `fatal: unable to access https://${secret}@git.example.com/stocks.git`);
  beside('bearer header', draw(small + digit, 30), (secret) => `> Authorization: Bearer ${secret}`);
  beside('basic header', base64(`stocks:${draw(word, 12)}`), (secret) => `"headers":{"authorization":"Basic ${secret}","accept":"*/*"}`);
  beside('cookie', draw(small + digit, 26), (secret) => `Set-Cookie: session=${secret}; HttpOnly; Path=/`);
  beside('X-Api-Key header', draw(small + digit, 22), (secret) => `X-Api-Key: ${secret}`);
  beside('environment line', password(), (secret) => `DB_PASSWORD=${secret}`);
  beside('YAML', password(), (secret) => `  database:\n    password: ${secret}\n    host: db.internal`);
  beside('JSON', password(), (secret) => `{"level":"error","db":{"user":"stocks","passwd":"${secret}"},"took":12}`);
  beside('JSON inside JSON', password(), (secret) => JSON.stringify({ message: JSON.stringify({ client_secret: secret, id: 5 }) }));
  beside('header of Go in JSON', password(), (secret) => JSON.stringify({ headers: { 'X-Api-Key': [secret], Accept: ['*/*'] } }));
  beside('bytes of Python', password(), (secret) => `{'password': b'${secret}', 'retries': 3}`);
  beside('text within a type of Rust', password(), (secret) => `Config { password: Some("${secret}"), retries: 3 }`);
  beside('object that holds it', password(), (secret) => JSON.stringify({ password: { value: secret }, retries: 3 }));
  beside('second of a list', password(), (secret) => JSON.stringify({ passwords: ['first]', secret], retries: 3 }));
  beside('second of a list in JSON in JSON', password(), (secret) => JSON.stringify({ message: JSON.stringify({ passwords: ['first]', secret], retries: 3 }) }));
  beside('second of a list without quotes', password(), (secret) => `passwords: [first, ${secret}]`);
  beside('text between three quotes', password(), (secret) => `password = """${secret}"""`);
  beside('text of CSV', password(), (secret) => `7,"password=""${secret}""",late`);
  beside('command line', password(), (secret) => `exec: worker --db-password ${secret} --verbose: exit status 1`);
  beside('query parameter', draw(small + digit, 18), (secret) => `GET /v1/quotes?symbol=ACME&api_key=${secret}&limit=5 HTTP/1.1 500`);
  beside('environment of a container', password(), (secret) => `- name: SMTP_PASSWORD\n  value: ${secret}`);
  return canaries;
}

/** Which of the canaries stand in a text: as they are, or as JSON, URLs or base64 carry them. */
export function canariesIn(canaries: readonly Canary[], text: string): string[] {
  return canaries.filter(({ secret }) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), Buffer.from(secret).toString('base64')].some((spelling) => text.includes(spelling))).map(({ form }) => form);
}
