/**
 * The floor: the least that any program must do which keeps what it is sent before it answers. A bare Fastify, one insert, on the same engine and through the
 * same driver as the bot. What the bot adds (the token, the limit, everything that follows from the alert) is what the figures beside it show.
 */
import Fastify from 'fastify';
import { sql } from 'kysely';
import { openDatabase } from '../src/storage/database.ts';

const url = process.env['DATABASE_URL'];
const db = await openDatabase(url === undefined ? { kind: 'pglite', dataDirectory: process.env['STOCKOPS_DATA_DIR'] ?? 'memory' } : { kind: 'postgres', url });
await sql`create table if not exists floor (id bigint generated always as identity primary key, body text not null, received_at timestamptz not null)`.execute(db);

const server = Fastify({ logger: false, bodyLimit: 16 * 1024 * 1024 });
server.removeAllContentTypeParsers();
server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
server.get('/readyz', async () => ({ ready: true }));
server.post('/', async (request) => {
  await sql`insert into floor (body, received_at) values (${request.body}, ${new Date()})`.execute(db);
  return { stored: true };
});
await server.listen({ host: '127.0.0.1', port: Number(process.env['PORT']) });

process.on('SIGTERM', () => {
  process.exit(0);
});
