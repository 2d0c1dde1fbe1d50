import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../src/support/clock.ts';
import { systemRandom } from '../../src/support/ids.ts';
import type { LabelSet } from './fingerprint.ts';

const Matcher = z.object({ name: z.string().min(1), value: z.string(), isRegex: z.boolean(), isEqual: z.boolean().default(true) });
const PostableSilence = z.object({
  id: z.string().optional(),
  matchers: z.array(Matcher).min(1),
  startsAt: z.iso.datetime({ offset: true }),
  endsAt: z.iso.datetime({ offset: true }),
  createdBy: z.string(),
  comment: z.string(),
  annotations: z.record(z.string(), z.string()).optional(),
});

type Silence = Omit<z.output<typeof PostableSilence>, 'id'> & { readonly id: string; readonly updatedAt: string };

export interface Silences {
  /** Ids of the active silences that hide these labels. */
  hiding(labels: LabelSet): readonly string[];
}

/** `/api/v2/silences`, with the habits of the original: every POST without an id makes another silence, and a start in the past becomes now. */
export function silenceRoutes(server: FastifyInstance, clock: Clock): Silences {
  const silences = new Map<string, Silence>();
  const stateOf = (silence: Silence) => {
    const now = clock.now().getTime();
    if (Date.parse(silence.endsAt) <= now) return 'expired';
    return Date.parse(silence.startsAt) > now ? 'pending' : 'active';
  };
  const shown = (silence: Silence) => ({ ...silence, status: { state: stateOf(silence) } });

  server.get('/api/v2/silences', async () => [...silences.values()].map(shown));

  server.get('/api/v2/silence/:id', async (request, reply) => {
    const silence = silences.get((request.params as { id: string }).id);
    return silence ? shown(silence) : reply.code(404).send();
  });

  server.delete('/api/v2/silence/:id', async (request, reply) => {
    const silence = silences.get((request.params as { id: string }).id);
    if (!silence) return reply.code(404).send();
    if (stateOf(silence) !== 'expired') silences.set(silence.id, { ...silence, endsAt: clock.now().toISOString(), updatedAt: clock.now().toISOString() });
    return reply.code(200).send();
  });

  server.post('/api/v2/silences', async (request, reply) => {
    const parsed = PostableSilence.safeParse(parseJson(request.body));
    if (!parsed.success) return reply.code(400).send({ code: 602, message: parsed.error.issues.map((issue) => `${issue.path.join('.')} in body: ${issue.message}`).join('; ') });
    const { id, ...wanted } = parsed.data;
    const now = clock.now();
    if (Date.parse(wanted.startsAt) >= Date.parse(wanted.endsAt)) return reply.code(400).send(JSON.stringify('failed to create silence: start time must be before end time'));
    if (Date.parse(wanted.endsAt) <= now.getTime()) return reply.code(400).send(JSON.stringify("failed to create silence: end time can't be in the past"));
    const wrong = wanted.matchers.find((matcher) => matcher.isRegex && !isRegex(matcher.value));
    if (wrong) return reply.code(400).send(JSON.stringify(`failed to create silence: invalid silence: invalid label matcher: ${wrong.name}`));
    if (wanted.matchers.every((matcher) => matches(matcher, {}))) return reply.code(400).send(JSON.stringify('failed to create silence: invalid silence: at least one matcher must not match the empty string'));
    if (id !== undefined && !silences.has(id)) return reply.code(404).send(JSON.stringify(`silence ${id} not found`));

    const previous = id === undefined ? undefined : silences.get(id);
    const startsAt = Date.parse(wanted.startsAt) < now.getTime() ? now.toISOString() : wanted.startsAt;
    // A change of what it hides, or of when an active one began, ends the old silence and makes another.
    const keepsId = previous !== undefined && JSON.stringify(previous.matchers) === JSON.stringify(wanted.matchers) && stateOf(previous) !== 'expired';
    if (previous && !keepsId) silences.set(previous.id, { ...previous, endsAt: now.toISOString(), updatedAt: now.toISOString() });
    const silenceId = keepsId ? previous.id : uuid();
    silences.set(silenceId, { ...wanted, startsAt: keepsId ? previous.startsAt : startsAt, id: silenceId, updatedAt: now.toISOString() });
    return { silenceID: silenceId };
  });

  return {
    hiding: (labels) => [...silences.values()].filter((silence) => stateOf(silence) === 'active' && silence.matchers.every((matcher) => matches(matcher, labels))).map(({ id }) => id),
  };
}

function matches(matcher: z.output<typeof Matcher>, labels: LabelSet): boolean {
  const value = labels[matcher.name] ?? '';
  const equal = matcher.isRegex ? new RegExp(`^(?:${matcher.value})$`, 'u').test(value) : value === matcher.value;
  return equal === matcher.isEqual;
}

function isRegex(pattern: string): boolean {
  try {
    new RegExp(`^(?:${pattern})$`, 'u').test('');
    return true;
  } catch {
    return false;
  }
}

export function parseJson(body: unknown): unknown {
  try {
    return JSON.parse(String(body));
  } catch {
    return undefined;
  }
}

function uuid(): string {
  const hex = systemRandom.bytes(16).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}
