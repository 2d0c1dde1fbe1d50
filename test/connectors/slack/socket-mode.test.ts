import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { createSlackReceiver } from '../../../src/connectors/slack/receive.ts';
import type { Interaction } from '../../../src/views/slack-port.ts';

/**
 * Goal: however long Slack is away, the bot is connected again when it is back, and lives meanwhile (F-17).
 * Method: a door of Slack's that can be shut: calls are cut off, and connections with them. The library waits some seconds between two tries.
 */
async function openDoor() {
  const waiting = { calls: [] as (() => void)[], connections: [] as (() => void)[] };
  const sockets = new Set<WebSocket>();
  let isOpen = true;
  const server = createServer((request, response) => {
    for (const tell of waiting.calls.splice(0)) tell();
    if (!isOpen) return request.socket.destroy();
    response.setHeader('content-type', 'application/json');
    return response.end(JSON.stringify({ ok: true, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/link` }));
  });
  const connections = new WebSocketServer({ server });
  connections.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.send(JSON.stringify({ type: 'hello', num_connections: 1 }));
    for (const tell of waiting.connections.splice(0)) tell();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const heard: Interaction[] = [];
  const store = async (interaction: Interaction) => (heard.push(interaction), 'stored' as const);
  const sink = { store, answerSubmission: async () => ({ kind: 'close' as const }), handle: async () => {}, log: () => {} };
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/`;
  const receiver = createSlackReceiver({ botToken: 'xoxb-1', apiUrl, mode: { kind: 'socket', appToken: 'xapp-1' } }, sink);
  return {
    receiver,
    next: (what: keyof typeof waiting) => new Promise<void>((resolve) => waiting[what].push(resolve)),
    open: () => void (isOpen = true),
    /** Somebody types a command, and what the bot has heard when Slack has its acknowledgement. */
    typed: async () => {
      const [socket] = sockets;
      if (socket === undefined) throw new Error('nobody is connected');
      const payload = { command: '/stock', text: 'status', team_id: 'T0HARBOR', channel_id: 'C0ALERTS', user_id: 'U0ONCALL', trigger_id: '1.2' };
      const acknowledged = once(socket, 'message', { signal: AbortSignal.timeout(20_000) });
      socket.send(JSON.stringify({ type: 'slash_commands', envelope_id: 'E1', accepts_response_payload: true, payload }));
      return { answer: JSON.parse(String((await acknowledged)[0])) as unknown, heard };
    },
    shut: () => {
      isOpen = false;
      for (const socket of sockets) socket.terminate();
    },
    [Symbol.asyncDispose]: async () => {
      await receiver.stop();
      for (const socket of sockets) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('F-17: a bot that starts while Slack is away is connected when Slack is back', async () => {
  await using door = await openDoor();
  door.shut();
  await expect(door.receiver.start()).rejects.toThrow();
  door.open();
  await door.next('connections');
  expect(await door.typed()).toMatchObject({ answer: { envelope_id: 'E1' }, heard: [{ kind: 'command', text: 'status' }] });
}, 60_000);

test('F-17: a connection that breaks while Slack is away costs neither the process nor the next connection', async () => {
  await using door = await openDoor();
  const crashes: unknown[] = [];
  const onCrash = (reason: unknown) => void crashes.push(reason);
  process.on('unhandledRejection', onCrash);
  using _listener = { [Symbol.dispose]: () => void process.off('unhandledRejection', onCrash) };
  await door.receiver.start();
  door.shut();
  await door.next('calls');
  const connected = door.next('connections');
  door.open();
  await connected;
  expect(await door.typed()).toMatchObject({ answer: { envelope_id: 'E1' }, heard: [{ kind: 'command', text: 'status' }] });
  expect(crashes).toEqual([]);
}, 60_000);
