import { z } from 'zod';
import { modalStack, openModal, publishHome, pushModal, readView, updateView, viewAnswer } from '../views.ts';
import { defineMethod, json, optionalText, Refusal, text, tier4 } from './method.ts';

const pace = tier4;
const noScopes: readonly string[] = [];

export const viewMethods = [
  defineMethod({
    name: 'views.open',
    scopes: noScopes,
    pace,
    args: z.strictObject({ trigger_id: text, view: json }),
    answer: (args, desk) => {
      const { userId } = desk.triggers.check(args.trigger_id);
      const content = readView(desk.workspace, args.view, 'modal');
      desk.triggers.exchange(args.trigger_id);
      const view = openModal(desk.workspace, userId, content);
      return { view: viewAnswer(desk.workspace, view) };
    },
  }),

  defineMethod({
    name: 'views.push',
    scopes: noScopes,
    pace,
    args: z.strictObject({ trigger_id: text, view: json }),
    answer: (args, desk) => {
      const { userId } = desk.triggers.check(args.trigger_id);
      if (modalStack(desk.workspace, userId).length === 0) throw new Refusal('no_views_to_push_to');
      const content = readView(desk.workspace, args.view, 'modal');
      desk.triggers.exchange(args.trigger_id);
      const view = pushModal(desk.workspace, userId, content);
      return { view: viewAnswer(desk.workspace, view) };
    },
  }),

  defineMethod({
    name: 'views.update',
    scopes: noScopes,
    pace,
    args: z.strictObject({ view_id: optionalText, external_id: optionalText, view: json, hash: optionalText }),
    answer: (args, desk) => {
      const { workspace } = desk;
      const all = [...Object.values(workspace.state.modals).flat(), ...Object.values(workspace.state.homes)];
      const view = args.view_id === undefined ? all.find((open) => args.external_id !== undefined && open.content['external_id'] === args.external_id) : workspace.view(args.view_id);
      if (!view) throw new Refusal('not_found');
      if (args.hash !== undefined && args.hash !== view.hash) throw new Refusal('hash_conflict');
      updateView(workspace, view, readView(workspace, args.view, view.type, view.id));
      return { view: viewAnswer(workspace, view) };
    },
  }),

  defineMethod({
    name: 'views.publish',
    scopes: noScopes,
    pace,
    args: z.strictObject({ user_id: text, view: json, hash: optionalText }),
    answer: (args, desk) => {
      const { workspace } = desk;
      if (!desk.isAppHomeEnabled) throw new Refusal('not_enabled');
      const user = workspace.user(args.user_id);
      if (!user || user.kind === 'bot') throw new Refusal('user_not_found');
      const current = workspace.state.homes[args.user_id];
      if (args.hash !== undefined && current && args.hash !== current.hash) throw new Refusal('hash_conflict');
      const content = readView(workspace, args.view, 'home', current?.id);
      return { view: viewAnswer(workspace, publishHome(workspace, args.user_id, content)) };
    },
  }),
];

