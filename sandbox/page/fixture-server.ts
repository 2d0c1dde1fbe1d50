import { fileURLToPath } from 'node:url';
import fastify, { type FastifyReply } from 'fastify';
import { servePage } from './serve-page.ts';
import type { Block } from './client/block-kit/block.ts';
import type { Message, SandboxEvent, View, Workspace, World } from './client/wire.ts';

/**
 * The page's two servers, as small as they can be: a workspace with one incident and a world beside it, in memory, which answer
 * the way the real ones do. For the browser test, and to look at the page: `node sandbox/page/fixture-server.ts`.
 */
export interface FixtureServer {
  readonly url: string;
  /** Every POST in order, with its body. */
  readonly received: readonly { readonly path: string; readonly body: Record<string, unknown> }[];
  /** Puts a message into a channel as the bot would. */
  post(channel: string, message: Message): void;
  [Symbol.asyncDispose](): Promise<void>;
}

const bot = 'U0BOT';
const alerts = 'C0ALERTS';

export async function startFixtureServer(options: { readonly port?: number } = {}): Promise<FixtureServer> {
  const startedAt = Date.now();
  const server = fastify();
  const received: { path: string; body: Record<string, unknown> }[] = [];
  const listeners = new Map<FastifyReply, string>();
  const messages = exampleMessages(startedAt);
  const world = exampleWorld(startedAt);
  let modals: View[] = [];
  let offsetMs = 0;
  let lastTs = startedAt / 1000;

  const nextTs = (): string => (lastTs = Math.max(lastTs + 0.0001, (Date.now() + offsetMs) / 1000)).toFixed(6);
  const emit = (event: SandboxEvent): void => {
    for (const [reply, path] of listeners) if (path === 'sandbox') reply.raw.write(`data: ${JSON.stringify(event)}\n\n`);
  };
  const worldChanged = (): void => {
    for (const [reply, path] of listeners) if (path === 'world') reply.raw.write('data: {"type":"changed"}\n\n');
  };

  function post(channel: string, message: Message): void {
    (messages[channel] ??= []).push(message);
    emit({ type: message.ephemeralFor ? 'ephemeral' : 'message', channel, ts: message.ts, message });
    const parent = messages[channel].find((each) => each.ts === message.threadTs);
    if (parent !== undefined && parent !== message) edit(channel, parent.ts, { replyCount: (parent.replyCount ?? 0) + 1, latestReply: message.ts });
  }
  function edit(channel: string, ts: string, to: Partial<Message>): void {
    const index = messages[channel]!.findIndex((message) => message.ts === ts);
    messages[channel]![index] = { ...messages[channel]![index]!, ...to };
    emit({ type: 'changed', channel, ts, message: messages[channel]![index]! });
  }

  await server.register(servePage({ slackUrl: '', worldUrl: '' }));
  server.addHook('preHandler', async (request) => {
    if (request.method === 'POST') received.push({ path: request.url, body: request.body as Record<string, unknown> });
  });
  for (const path of ['sandbox', 'world']) {
    server.get(`/${path}/events`, (request, reply) => {
      reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
      reply.raw.write(':\n\n');
      listeners.set(reply, path);
      request.raw.on('close', () => listeners.delete(reply));
      return reply.hijack();
    });
  }

  server.get<{ Querystring: { as: string } }>('/sandbox/workspace', (request) => exampleWorkspace(request.query.as, messages));
  server.get<{ Querystring: { channel: string; as: string } }>('/sandbox/messages', (request) => ({
    messages: (messages[request.query.channel] ?? []).filter((message) => !message.ephemeralFor || message.ephemeralFor === request.query.as),
  }));
  server.get('/sandbox/views', () => ({ stack: modals }));
  server.get('/sandbox/home', () => exampleHome);
  server.get('/sandbox/files/:id', (_, reply) => reply.type('text/plain; charset=utf-8').send(exampleLog));

  server.post<{ Body: { as: string; channel?: string; ts?: string; actionId: string } }>('/sandbox/press', (request) => {
    const { actionId, as, channel, ts } = request.body;
    if (actionId === 'acknowledge' && channel && ts) {
      edit(channel, ts, { blocks: exampleCard({ acknowledgedBy: as, at: startedAt }), edited: true });
    }
    if (actionId === 'rollback') modals = [exampleModal];
    emit({ type: 'views' });
    return { ok: true };
  });
  server.post<{ Body: { values: Record<string, Record<string, { value?: string | null }>> } }>('/sandbox/submit', (request) => {
    const revision = request.body.values['revision']?.['number']?.value;
    if (revision === '9') return { errors: { revision: 'Revision 9 is not in Helm’s history. There are 6, 7 and 8.' } };
    modals = [];
    emit({ type: 'views' });
    const parent = messages[alerts]!.find((message) => message.pinned)!;
    post(alerts, { ts: nextTs(), userId: bot, botId: 'B0', threadTs: parent.ts, text: '⏳ *Rolling back stock-service to revision 7* · 1 of 3 pods new and ready (24 s)' });
    return { ok: true };
  });
  server.post('/sandbox/close', () => {
    modals = [];
    emit({ type: 'views' });
    return { ok: true };
  });
  server.post<{ Body: { as: string; channel: string; text: string; threadTs?: string } }>('/sandbox/say', ({ body }) => {
    post(body.channel, { ts: nextTs(), userId: body.as, text: body.text, ...(body.threadTs ? { threadTs: body.threadTs } : {}) });
    return { ok: true };
  });
  server.post<{ Body: { as: string; channel: string; text: string } }>('/sandbox/command', ({ body }) => {
    post(body.channel, { ts: nextTs(), userId: bot, botId: 'B0', ephemeralFor: body.as, text: `*${body.text}*\n🔴 Stock Service: 1 of 3 pods ready · INC-42 open since 2 min\n🟢 4 others are fine` });
    return { ok: true };
  });
  server.post('/sandbox/open-home', () => ({ ok: true }));

  server.get('/world/state', () => ({ ...world, now: new Date(Date.now() + offsetMs).toISOString(), offsetMs }));
  server.post<{ Params: { to: 'fire' | 'resolve' | 'flap' }; Body: { system: string; alert: string } }>('/world/alerts/:to', (request) => {
    const { system, alert } = request.body;
    const { to } = request.params;
    world.systems = world.systems.map((each) =>
      each.id === system
        ? { ...each, alerts: each.alerts.map((one) => (one.name === alert ? { ...one, firing: to !== 'resolve', flapping: to === 'flap' } : one)) }
        : each,
    );
    worldChanged();
    return { ok: true };
  });
  server.post<{ Body: { advanceMs: number } }>('/world/clock', ({ body }) => {
    offsetMs += body.advanceMs;
    worldChanged();
    return { ok: true };
  });
  server.post<{ Body: { id: string; active: boolean } }>('/world/faults', ({ body }) => {
    world.faults = world.faults.map((fault) => (fault.id === body.id ? { ...fault, active: body.active } : fault));
    worldChanged();
    return { ok: true };
  });

  const url = await server.listen({ host: '127.0.0.1', port: options.port ?? 0 });
  return {
    url,
    received,
    post,
    async [Symbol.asyncDispose]() {
      for (const reply of listeners.keys()) reply.raw.end();
      await server.close();
    },
  };
}

const mrkdwn = (text: string): { type: 'mrkdwn'; text: string } => ({ type: 'mrkdwn', text });
const plain = (text: string): { type: 'plain_text'; text: string } => ({ type: 'plain_text', text });
const option = (value: string, text: string) => ({ value, text: plain(text) });

function exampleWorkspace(me: string, messages: Readonly<Record<string, readonly Message[]>>): Workspace {
  const lastTsOf = (channel: string): string | null => messages[channel]?.filter((message) => !message.threadTs).at(-1)?.ts ?? null;
  const everyone = ['U0ONCALL', 'U0LEAD', 'U0MANAGER', 'U0GUEST', bot];
  const channel = (id: string, name: string, topic: string, more: object = {}) => ({ id, name, topic, isPrivate: false, isDirect: false, memberIds: everyone, lastTs: lastTsOf(id), ...more });
  const users: Workspace['users'] = [
    { id: 'U0ONCALL', name: 'robin', realName: 'Robin Marsh', title: 'On-call engineer', kind: 'member', color: '3a6ea5' },
    { id: 'U0LEAD', name: 'noor', realName: 'Noor Haddad', title: 'SRE lead, may approve', kind: 'member', color: '8a4f9e' },
    { id: 'U0MANAGER', name: 'kim', realName: 'Kim Sato', title: 'Engineering manager', kind: 'member', color: '9a6324' },
    { id: 'U0GUEST', name: 'sam', realName: 'Sam Visser', title: 'Contractor', kind: 'guest', color: '4f7a3a' },
    { id: bot, name: 'stockops', realName: 'StockOps', title: 'Runs the runbooks', kind: 'bot', color: '0e6d82' },
  ];
  return {
    team: { id: 'T0', name: 'Northwind Markets' },
    me,
    users,
    channels: [
      channel(alerts, 'alerts', 'Production alerts of the stock services. One incident, one card.'),
      channel('C0OPS', 'ops-routine', 'Morning checks, maintenance, checklists'),
      channel('C0DEPLOY', 'deploys', 'What went out and when'),
      channel('C0PRIVATE', 'sre-private', 'The SRE team', { isPrivate: true }),
      channel('D0BOT', '', '', { isDirect: true, memberIds: [me, bot] }),
    ],
    commands: [{ command: '/stock', usageHint: 'help | status | <system> <action>', description: 'Ask StockOps about a system, or to do something' }],
    userGroups: [{ id: 'S0SRE', handle: 'sre-oncall' }],
  };
}

/** The card of the storyboard's 02:14. */
function exampleCard({ acknowledgedBy, at }: { acknowledgedBy?: string; at: number }): readonly Block[] {
  const since = Math.floor(at / 1000) - 120;
  const time = (seconds: number): string => `<!date^${seconds}^{time}|then>`;
  return [
    { type: 'section', block_id: 'head', text: mrkdwn(`${acknowledgedBy ? ':large_orange_circle:' : ':red_circle:'} *P1 · Stock Service · production: 2 of 3 pods do not answer*\nServiceDown since ${time(since)} (<!date^${since}^{ago}|2 min ago>) · 2 alerts firing`) },
    {
      type: 'section',
      block_id: 'who',
      text: mrkdwn(
        acknowledgedBy
          ? `<@${acknowledgedBy}> has it since ${time(since + 120)} · paging stopped; Engineering manager at ${time(since + 960)} unless resolved`
          : `Nobody has acknowledged. SRE lead paged ${time(since + 60)} ✓ · Platform team at ${time(since + 360)} · Engineering manager at ${time(since + 960)}`,
      ),
    },
    { type: 'section', block_id: 'runbook', text: mrkdwn('*Runbook › P1: Service down.* Check pod status, logs and external dependencies. If pods crash, restart; if overloaded, scale; if after a deploy, roll back.') },
    {
      type: 'actions',
      block_id: 'buttons',
      elements: [
        ...(acknowledgedBy ? [] : [{ type: 'button', action_id: 'acknowledge', text: plain('Acknowledge'), style: 'primary' as const, value: 'INC-42' }]),
        { type: 'button', action_id: 'restart', text: plain('Restart…'), value: 'INC-42', confirm: { title: plain('Restart Stock Service?'), text: mrkdwn('One pod after another, about *90 s*. Two of three do not answer now.'), confirm: plain('Restart'), deny: plain('Cancel') } },
        { type: 'button', action_id: 'scale', text: plain('Scale…'), value: 'INC-42' },
        { type: 'button', action_id: 'rollback', text: plain('Roll back…'), value: 'INC-42' },
        { type: 'overflow', action_id: 'more', options: [option('resolve', 'Resolve…'), option('runbook', 'Open the runbook'), option('page', 'Page someone…')] },
      ],
    },
    { type: 'context', block_id: 'links', elements: [mrkdwn('<https://grafana.example.com/d/stock-service|Graph> · <https://grafana.example.com/d/stock|Dashboard> · <https://alertmanager.example.com|Alertmanager> · INC-42')] },
  ];
}

function exampleMessages(startedAt: number): Record<string, Message[]> {
  const ts = (secondsAgo: number): string => (startedAt / 1000 - secondsAgo).toFixed(6);
  const card = ts(118);
  const fromBot = { userId: bot, botId: 'B0' };
  return {
    [alerts]: [
      { ...fromBot, ts: ts(90_000), text: '🟢 *P2 · Stock API · production: resolved after 11 min*\nHighLatency ended · p95 240 ms (limit 500 ms) · resolved by <@U0LEAD>', replyCount: 6, latestReply: ts(89_000), reactions: [{ name: 'raised_hands', count: 2 }] },
      { ts: ts(3000), userId: 'U0LEAD', text: 'Deploying *v2.4.1* of Stock Service now. It lowers the memory limit, so please watch `container_memory_working_set_bytes` :eyes:' },
      { ts: ts(2960), userId: 'U0LEAD', text: 'Notes: https://git.example.com/stock-service/releases/v2.4.1' },
      { ts: ts(2600), userId: 'U0GUEST', text: 'Seen in the log, is that new?\n> cache warmed in 4.1 s\n```level=warn msg="limit is close" used=241Mi limit=256Mi```\nTwo things changed:\n• the memory limit\n• the _batch size_, ~100~ 250' },
      { ...fromBot, ts: card, text: '🔴 P1 · Stock Service · production: 2 of 3 pods do not answer', blocks: exampleCard({ at: startedAt }), pinned: true, replyCount: 2, latestReply: ts(60) },
      {
        ...fromBot,
        ts: ts(115),
        threadTs: card,
        text: 'Diagnostics',
        blocks: [
          { type: 'section', text: mrkdwn(`*Diagnostics* (<!date^${Math.floor(startedAt / 1000) - 115}^{time}|then>, took 3 s)\nPods: 1 ready, 2 CrashLoopBackOff (7 and 6 restarts, last exit 137 OOMKilled 40 s ago)\nLast change: image \`v2.4.1\` by Helm revision 8 (16 min ago) ← *most likely related*\nPolygon API: answers 200 in 180 ms · Circuit breaker: open on 2 of 3 pods`) },
          { type: 'table', rows: [[{ type: 'raw_text', text: 'pod' }, { type: 'raw_text', text: 'state' }, { type: 'raw_text', text: 'restarts' }], [{ type: 'raw_text', text: 'stock-service-7c9d-x2x8k' }, { type: 'raw_text', text: 'ready' }, { type: 'raw_text', text: '0' }], [{ type: 'raw_text', text: 'stock-service-7c9d-q4m2z' }, { type: 'raw_text', text: 'CrashLoopBackOff' }, { type: 'raw_text', text: '7' }]], column_settings: [null, null, { align: 'right' }] },
        ],
        files: [{ id: 'F0LOG', name: 'stock-service-7c9d-q4m2z.log', title: 'Log of the crashed container', mimetype: 'text/plain', size: exampleLog.length }],
      },
      { ts: ts(60), threadTs: card, userId: 'U0ONCALL', text: 'Looking. <@U0LEAD> this smells like the memory limit. cc <!subteam^S0SRE>' },
    ],
    C0OPS: [{ ...fromBot, ts: ts(20_000), text: '*Morning checks* · `18 checks fine`\n🟡 Crypto: data is 26 min old (limit 15 min)' }],
    C0DEPLOY: [],
    C0PRIVATE: [{ ts: ts(5000), userId: 'U0LEAD', text: 'Hand-over notes are in the canvas.' }],
    D0BOT: [
      {
        ...fromBot,
        ts: ts(300),
        text: 'Approval',
        blocks: [
          { type: 'section', block_id: 'ask', text: mrkdwn('🟡 *Approval: scale mystocks-api to 6 (production)*\nAsked by <@U0LEAD> · plan `9f3c·21ab` · 0 of 1'), accessory: { type: 'users_select', action_id: 'delegate', placeholder: plain('Hand to…') } },
          { type: 'actions', block_id: 'decide', elements: [{ type: 'button', action_id: 'approve', text: plain('Approve'), style: 'primary', value: '1' }, { type: 'button', action_id: 'deny', text: plain('Deny…'), style: 'danger', value: '1' }, { type: 'static_select', action_id: 'remind', placeholder: plain('Remind me'), options: [option('5', 'in 5 min'), option('15', 'in 15 min')] }] },
        ],
      },
    ],
  };
}

const exampleModal: View = {
  id: 'V0ROLLBACK',
  type: 'modal',
  title: plain('Roll back…'),
  submit: plain('Ask for approval'),
  close: plain('Cancel'),
  blocks: [
    { type: 'section', block_id: 'what', text: mrkdwn('*Roll back stock-service to revision 7?*\nStock Service · production · cluster `prod`, namespace `stock-service`') },
    { type: 'section', block_id: 'changes', fields: [mrkdwn('*now (revision 8)*\nimage v2.4.1\nmemory limit 256Mi\nreplicas 3'), mrkdwn('*after (revision 7)*\nimage v2.4.0\nmemory limit 512Mi\nreplicas 3 (unchanged)')] },
    { type: 'section', block_id: 'same', text: mrkdwn('Same as: `helm rollback stock-service 7 --namespace stock-service --wait`\nUndo: roll forward to revision 8.') },
    { type: 'input', block_id: 'revision', label: plain('Revision'), hint: plain('One that Helm still keeps.'), element: { type: 'number_input', action_id: 'number', is_decimal_allowed: false, min_value: '1', initial_value: '7' } },
    { type: 'input', block_id: 'reason', label: plain('Why'), element: { type: 'plain_text_input', action_id: 'text', multiline: true, placeholder: plain('What the approver should know') } },
    { type: 'input', block_id: 'when', label: plain('When'), element: { type: 'radio_buttons', action_id: 'choice', initial_option: option('now', 'As soon as it is approved'), options: [option('now', 'As soon as it is approved'), option('later', 'When I press start')] } },
    { type: 'input', block_id: 'tell', label: plain('Tell'), optional: true, element: { type: 'checkboxes', action_id: 'choices', options: [option('manager', 'The engineering manager'), option('channel', 'The channel of the deploys')] } },
    { type: 'input', block_id: 'approver', label: plain('Approver'), optional: true, element: { type: 'users_select', action_id: 'user', placeholder: plain('Anyone from SRE') } },
    { type: 'context', block_id: 'rule', elements: [mrkdwn('Needs *one more person* from SRE: production, high risk.')] },
  ],
};

const exampleHome: View = {
  id: 'V0HOME',
  type: 'home',
  blocks: [
    { type: 'header', text: plain('What needs you') },
    { type: 'section', block_id: 'h1', text: mrkdwn('🟡 *Approve: scale mystocks-api to 6* · asked by <@U0LEAD> 5 min ago'), accessory: { type: 'button', action_id: 'open', text: plain('See the plan'), value: '1' } },
    { type: 'header', text: plain('Systems') },
    { type: 'section', block_id: 'h2', text: mrkdwn('🔴 *Stock Service* · 1 of 3 pods ready · INC-42\n🟢 4 others are fine') },
    { type: 'header', text: plain('On call') },
    { type: 'section', block_id: 'h3', fields: [mrkdwn('*Now*\n<@U0ONCALL> until Monday 09:00'), mrkdwn('*Next*\n<@U0LEAD>')] },
  ],
};

const exampleLog = Array.from({ length: 40 }, (_, index) => `02:13:${String(index + 10).padStart(2, '0')} level=info msg="request done" status=200 duration_ms=${20 + ((index * 37) % 90)}`)
  .concat('02:13:58 level=error msg="cannot allocate" requested=48Mi used=249Mi limit=256Mi', '02:13:59 Killed')
  .join('\n');

function exampleWorld(startedAt: number): { -readonly [K in keyof World]: World[K] } {
  const before = (minutes: number): string => new Date(startedAt - minutes * 60_000).toISOString();
  const pods = (name: string, ...states: readonly ('ready' | 'starting' | 'failing' | 'ending')[]) =>
    states.map((state, index) => ({ name: `${name}-7c9d-${'abcde'[index]}`, state, reason: state === 'failing' ? 'CrashLoopBackOff, OOMKilled' : state === 'starting' ? 'ContainerCreating' : null }));
  const alert = (name: string, severity: string, summary: string, firing = false) => ({ name, severity, summary, firing, flapping: false });
  return {
    now: before(0),
    offsetMs: 0,
    systems: [
      { id: 'stock-api', name: 'Stock API', alerts: [alert('ApiDown', 'critical', 'No pod answers'), alert('ApiSlow', 'warning', 'p95 above 500 ms')] },
      { id: 'stock-service', name: 'Stock Service', alerts: [alert('ServiceDown', 'P1', 'Pods do not answer', true), alert('HighErrorRate', 'P1', 'More than 5 % of requests fail', true), alert('CircuitBreakerOpen', 'P2', 'A circuit breaker is open'), alert('HighLatency', 'P2', 'p95 above 500 ms'), alert('CacheMissRateHigh', 'P3', 'The cache misses more than 40 %'), alert('PodRestartsFrequent', 'P3', 'More than 3 restarts in 15 min')] },
      { id: 'mystocks', name: 'MyStocks', alerts: [alert('DatabaseConnectionsHigh', 'critical', 'More than 80 % of the connections are used')] },
      { id: 'crypto-volatility', name: 'Crypto Volatility', alerts: [alert('DataStale', 'warning', 'No new prices for 15 min', true)] },
      { id: 'stock-analysis', name: 'Stock Analysis', alerts: [alert('KafkaLag', 'P1', 'The consumers are behind')] },
    ],
    cluster: [
      { context: 'prod', namespace: 'stock-service', deployments: [{ name: 'stock-service', image: 'registry.example.com/stock-service:v2.4.1', desired: 3, pods: pods('stock-service', 'ready', 'failing', 'failing', 'starting') }] },
      { context: 'prod', namespace: 'mystocks', deployments: [{ name: 'mystocks-api', image: 'mystocks/api:v1.0.1', desired: 3, pods: pods('mystocks-api', 'ready', 'ready', 'ready') }] },
      { context: 'prod', namespace: 'stock-analysis-system', deployments: [{ name: 'stock-analysis-api', image: 'stock-analysis/api:3.2.0', desired: 2, pods: pods('stock-analysis-api', 'ready', 'ready', 'ending') }, { name: 'stock-analysis-worker', image: 'stock-analysis/worker:3.2.0', desired: 4, pods: pods('stock-analysis-worker', 'ready', 'ready', 'ready', 'ready') }] },
    ],
    releases: [
      {
        name: 'stock-service',
        namespace: 'stock-service',
        revisions: [
          { revision: 6, status: 'superseded', chart: 'stock-service-1.8.0', appVersion: 'v2.3.9', description: 'Upgrade complete', updated: before(9000) },
          { revision: 7, status: 'superseded', chart: 'stock-service-1.8.1', appVersion: 'v2.4.0', description: 'Upgrade complete', updated: before(3000) },
          { revision: 8, status: 'deployed', chart: 'stock-service-1.8.1', appVersion: 'v2.4.1', description: 'Upgrade complete', updated: before(16) },
        ],
      },
    ],
    compose: [{ name: 'crypto-volatility-app', state: 'running', health: 'healthy' }],
    pagerduty: {
      incidents: [{ dedupKey: 'a1b2', summary: 'P1 · Stock Service · production: 2 of 3 pods do not answer', status: 'triggered', severity: 'critical', openedAt: before(2) }],
      events: [
        { at: before(3), action: 'trigger', summary: 'P1 · Stock Service', status: '503' },
        { at: before(2), action: 'trigger', summary: 'P1 · Stock Service', status: '202' },
      ],
    },
    faults: [
      { id: 'slack-slow', title: 'Slack slows down', description: 'One post per second and channel; more is answered 429.', active: false },
      { id: 'pods-crash', title: 'Pods crash', description: 'New pods of Stock Service run out of memory after 20 s.', active: true },
      { id: 'pagerduty-refuses', title: 'PagerDuty refuses', description: 'Every event is answered 503.', active: false },
      { id: 'monitoring-silent', title: 'Monitoring goes silent', description: 'No alert arrives, the Watchdog neither.', active: false },
    ],
    slackCalls: [
      { at: before(2), method: 'chat.postMessage', ok: true },
      { at: before(1.9), method: 'files.getUploadURLExternal', ok: true },
      { at: before(1.8), method: 'chat.update', ok: false, error: 'ratelimited' },
      { at: before(1.7), method: 'chat.update', ok: true },
    ],
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await startFixtureServer({ port: Number(process.env['PORT'] ?? 4173) });
  console.log(`The page with example data: ${url}`);
}
