import { z } from 'zod';
import { defineMethod, tier3 } from './method.ts';

export const connectionMethods = [
  defineMethod({
    name: 'auth.test',
    scopes: [],
    pace: { perMinute: 600 },
    args: z.strictObject({}),
    answer: (_args, { workspace: { state } }) => ({
      url: `https://${state.team.domain}.slack.com/`,
      team: state.team.name,
      user: state.app.name,
      team_id: state.team.id,
      user_id: state.app.botUserId,
      bot_id: state.app.botId,
      is_enterprise_install: false,
    }),
  }),

  defineMethod({
    name: 'apps.connections.open',
    token: 'app',
    scopes: ['connections:write'],
    pace: tier3,
    args: z.strictObject({}),
    answer: (_args, desk) => ({ url: desk.connectionUrl() }),
  }),
];
