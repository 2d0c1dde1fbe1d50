import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { PagerDutyIncident } from './alerts.ts';
import type { PagerDutyUser, Schedules } from './people.ts';

/** A proxy's page of HTML, too many questions with neither headers nor body, or no answer at all. */
export type RestFault = 'unavailable' | 'slows down' | 'never answers';

/** What the REST routes need from the account. */
export interface Account {
  readonly users: readonly PagerDutyUser[];
  readonly schedules: Schedules;
  /** Who has the turn now, by schedule. */
  onCall(): ReadonlyMap<string, readonly PagerDutyUser[]>;
  fault(): RestFault | null;
  incidents(): readonly PagerDutyIncident[];
  change(incident: PagerDutyIncident, status: 'triggered' | 'acknowledged' | 'resolved', by: PagerDutyUser): PagerDutyIncident;
  note(incident: PagerDutyIncident, content: string, by: PagerDutyUser): PagerDutyIncident;
  now(): Date;
}

const largestBatch = 250;

/** The part of the REST API v2 that a bot uses. Errors are `{error: {message, code, errors}}` with PagerDuty's codes. */
export function restRoutes(server: FastifyInstance, account: Account): void {
  const isRest = (request: FastifyRequest) => !request.url.startsWith('/v2/');

  server.addHook('onRequest', async (request, reply) => {
    if (isRest(request) && !/^(Token token=|Bearer )\S+$/.test(request.headers.authorization ?? '')) return refuse(reply, 401, 'Unauthorized', 2006);
    if (!isRest(request)) return undefined;
    const fault = account.fault();
    if (fault === 'never answers') return reply.hijack();
    if (fault === 'slows down') return reply.code(429).send();
    if (fault === 'unavailable') return reply.code(503).type('text/html').send('<html><body>Service Unavailable</body></html>');
    return undefined;
  });

  server.get('/incidents', async (request) => {
    const query = queryOf(request);
    const statuses = query.getAll('statuses[]');
    const key = query.get('incident_key');
    const found = account.incidents().filter((incident) => (statuses.length === 0 || statuses.includes(incident.status)) && (key === null || incident.dedupKey === key));
    return page('incidents', found.map(incidentJson), query);
  });

  server.get('/incidents/:id', async (request, reply) => {
    const incident = incidentOf(request);
    return incident ? { incident: incidentJson(incident) } : refuse(reply, 404, 'Not Found', 2100);
  });

  server.put('/incidents/:id', async (request, reply) => {
    const by = requester(request);
    if (!by) return refuse(reply, 400, 'Requester User Not Found', 1008);
    const incident = incidentOf(request);
    if (!incident) return refuse(reply, 404, 'Not Found', 2100);
    const status = statusIn(fieldIn(bodyOf(request), 'incident'));
    if (status === undefined) return refuse(reply, 400, 'Invalid Input Provided', 2001, ["'incident.status' must be one of acknowledged, resolved, triggered"]);
    const obstacle = whyNotChanged(incident, status);
    if (obstacle) return refuse(reply, 400, obstacle.message, obstacle.code);
    return { incident: incidentJson(account.change(incident, status, by)) };
  });

  server.put('/incidents', async (request, reply) => {
    const by = requester(request);
    if (!by) return refuse(reply, 400, 'Requester User Not Found', 1008);
    const items = fieldIn(bodyOf(request), 'incidents');
    if (!Array.isArray(items) || items.length === 0) return refuse(reply, 400, 'Invalid Input Provided', 2001, ['Incidents cannot be empty']);
    if (items.length > largestBatch) return refuse(reply, 413, 'Request Entity Too Large', 2001);
    const changes = items.map((item: unknown) => ({ incident: account.incidents().find((one) => one.id === fieldIn(item, 'id')), status: statusIn(item) }));
    if (changes.some(({ incident }) => incident === undefined)) return refuse(reply, 404, 'Not Found', 2100);
    for (const { incident, status } of changes) {
      const obstacle = incident && status && whyNotChanged(incident, status);
      if (status === undefined) return refuse(reply, 400, 'Invalid Input Provided', 2001, ['status is required']);
      if (obstacle) return refuse(reply, 400, obstacle.message, obstacle.code);
    }
    return { incidents: changes.map(({ incident, status }) => incidentJson(account.change(incident as PagerDutyIncident, status as 'resolved', by))) };
  });

  server.get('/incidents/:id/notes', async (request, reply) => {
    const incident = incidentOf(request);
    return incident ? { notes: incident.notes.map(noteJson) } : refuse(reply, 404, 'Not Found', 2100);
  });

  server.post('/incidents/:id/notes', async (request, reply) => {
    const by = requester(request);
    if (!by) return refuse(reply, 400, 'Requester User Not Found', 1008);
    const incident = incidentOf(request);
    if (!incident) return refuse(reply, 404, 'Not Found', 2100);
    const content = fieldIn(fieldIn(bodyOf(request), 'note'), 'content');
    if (typeof content !== 'string' || content === '') return refuse(reply, 400, 'Invalid Input Provided', 2001, ['Content cannot be empty']);
    const note = account.note(incident, content, by).notes.at(-1);
    return reply.code(201).send({ note: note && noteJson(note) });
  });

  server.get('/oncalls', async (request) => {
    const query = queryOf(request);
    const wanted = query.getAll('schedule_ids[]');
    const full = query.getAll('include[]').includes('users');
    const turns = [...account.onCall()]
      .filter(([scheduleId]) => wanted.length === 0 || wanted.includes(scheduleId))
      .flatMap(([scheduleId, people]) => people.map((user) => turnJson(user, scheduleId, full, account.now())));
    return page('oncalls', turns, query);
  });

  server.get('/schedules/:id/users', async (request, reply) => {
    const userIds = account.schedules[idOf(request)];
    return userIds ? { users: account.users.filter((user) => userIds.includes(user.id)).map(userJson) } : refuse(reply, 404, 'Not Found', 2100);
  });

  server.get('/users', async (request) => {
    const query = queryOf(request);
    const words = query.get('query')?.toLowerCase() ?? '';
    return page('users', account.users.filter((user) => `${user.name} ${user.email}`.toLowerCase().includes(words)).map(userJson), query);
  });

  server.get('/users/:id', async (request, reply) => {
    const user = account.users.find(({ id }) => id === idOf(request));
    return user ? { user: userJson(user) } : refuse(reply, 404, 'Not Found', 2100);
  });

  server.setNotFoundHandler((_request, reply) => refuse(reply, 404, 'Not Found', 2100));

  function incidentOf(request: FastifyRequest): PagerDutyIncident | undefined {
    return account.incidents().find(({ id }) => id === idOf(request));
  }
  function requester(request: FastifyRequest): PagerDutyUser | undefined {
    return account.users.find(({ email }) => email === request.headers['from']);
  }
}

function whyNotChanged(incident: PagerDutyIncident, status: string): { readonly message: string; readonly code: number } | undefined {
  if (incident.status === 'resolved') return { message: 'Incident Already Resolved', code: 1001 };
  if (incident.status === 'acknowledged' && status === 'acknowledged') return { message: 'Incident Already Acknowledged', code: 1002 };
  return undefined;
}

function statusIn(value: unknown): 'triggered' | 'acknowledged' | 'resolved' | undefined {
  const status = fieldIn(value, 'status');
  return status === 'triggered' || status === 'acknowledged' || status === 'resolved' ? status : undefined;
}

function refuse(reply: FastifyReply, status: number, message: string, code: number, errors: readonly string[] = []) {
  return reply.code(status).send({ error: { message, code, ...(errors.length > 0 && { errors }) } });
}

// Classic paging: `limit` up to 100, `offset`, `more`; `total` only when asked for, and then PagerDuty is slow.
function page(name: string, items: readonly unknown[], query: URLSearchParams) {
  const limit = Math.min(Number(query.get('limit') ?? 25) || 25, 100);
  const offset = Number(query.get('offset') ?? 0) || 0;
  return { [name]: items.slice(offset, offset + limit), limit, offset, more: offset + limit < items.length, total: null };
}

export function incidentJson(incident: PagerDutyIncident) {
  return {
    id: incident.id,
    type: 'incident',
    self: `https://api.pagerduty.com/incidents/${incident.id}`,
    html_url: `https://example.pagerduty.com/incidents/${incident.id}`,
    number: incident.number,
    incident_number: incident.number,
    status: incident.status,
    incident_key: incident.dedupKey,
    created_at: incident.openedAt,
    updated_at: incident.changedAt,
    title: incident.summary,
    service: { id: 'PSVC001', type: 'service_reference', summary: 'Stock services', self: 'https://api.pagerduty.com/services/PSVC001', html_url: null },
    assignees: [],
    escalation_policy: { id: 'PEP0001', type: 'escalation_policy_reference', summary: 'Default', self: null, html_url: null },
    teams: [],
    priority: null,
    urgency: incident.severity === 'critical' || incident.severity === 'error' ? 'high' : 'low',
    conference_bridge: null,
    resolve_reason: null,
  };
}

function noteJson(note: PagerDutyIncident['notes'][number]) {
  return { id: note.id, user: { id: note.by, type: 'user_reference' }, content: note.content, created_at: note.at };
}

function userJson(user: PagerDutyUser) {
  return { id: user.id, type: 'user', summary: user.name, name: user.name, email: user.email, self: `https://api.pagerduty.com/users/${user.id}`, html_url: null };
}

function turnJson(user: PagerDutyUser, scheduleId: string, full: boolean, now: Date) {
  const day = 24 * 3_600_000;
  const start = Math.floor(now.getTime() / day) * day;
  return {
    escalation_policy: { id: 'PEP0001', type: 'escalation_policy_reference', summary: 'Default' },
    escalation_level: 1,
    schedule: { id: scheduleId, type: 'schedule_reference', summary: scheduleId },
    user: full ? userJson(user) : { id: user.id, type: 'user_reference', summary: user.name },
    start: new Date(start).toISOString(),
    end: new Date(start + day).toISOString(),
  };
}

function idOf(request: FastifyRequest): string {
  return (request.params as { id: string }).id;
}

function queryOf(request: FastifyRequest): URLSearchParams {
  return new URL(request.url, 'http://pagerduty').searchParams;
}

function bodyOf(request: FastifyRequest): unknown {
  try {
    return JSON.parse(String(request.body));
  } catch {
    return undefined;
  }
}

function fieldIn(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
