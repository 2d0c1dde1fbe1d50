import { invalidArguments, Refusal } from './api/method.ts';
import { viewObject } from './api/objects.ts';
import { completeBlocks } from './block-kit/complete.ts';
import type { JsonObject } from './block-kit/schema.ts';
import { validateView } from './block-kit/validate.ts';
import { stateValues } from './entered.ts';
import type { OpenView } from './state.ts';
import type { Workspace } from './workspace-model.ts';

/** Modals stack up to three high. */
const maximumStack = 3;

export const modalStack = (workspace: Workspace, userId: string): OpenView[] => workspace.state.modals[userId] ?? [];

export const viewState = (view: OpenView): JsonObject => stateValues(view.content['blocks'], view.entered);

export const viewAnswer = (workspace: Workspace, view: OpenView): JsonObject => viewObject(workspace, view, viewState(view));

/** Checks a view that the app sent; `ownId` is the view it shall replace, which may keep its external id. */
export function readView(workspace: Workspace, view: unknown, type: 'modal' | 'home', ownId?: string): JsonObject {
  const verdict = validateView(view, type);
  if (!verdict.ok) throw verdict.error === 'invalid_arguments' ? invalidArguments(...verdict.messages) : new Refusal(verdict.error, { response_metadata: { messages: verdict.messages } });
  const content = view as JsonObject;
  const all = [...Object.values(workspace.state.modals).flat(), ...Object.values(workspace.state.homes)];
  const externalId = content['external_id'];
  if (externalId && all.some((open) => open.content['external_id'] === externalId && open.id !== ownId)) throw new Refusal('duplicate_external_id');
  return { ...content, blocks: completeBlocks(content['blocks'] as unknown[], workspace.random) };
}

function newView(workspace: Workspace, userId: string, type: 'modal' | 'home', content: JsonObject, below: OpenView | undefined): OpenView {
  const id = workspace.nextId('V');
  return { id, userId, type, content, hash: workspace.nextHash(), rootViewId: below?.rootViewId ?? id, previousViewId: below?.id ?? null, entered: {}, errors: {} };
}

/** Opens a modal; one that was open before makes place for it. */
export function openModal(workspace: Workspace, userId: string, content: JsonObject): OpenView {
  const view = newView(workspace, userId, 'modal', content, undefined);
  setStack(workspace, userId, [view]);
  return view;
}

export function pushModal(workspace: Workspace, userId: string, content: JsonObject): OpenView {
  const stack = modalStack(workspace, userId);
  if (stack.length >= maximumStack) throw new Refusal('push_limit_reached');
  const view = newView(workspace, userId, 'modal', content, stack.at(-1));
  setStack(workspace, userId, [...stack, view]);
  return view;
}

/** What was entered stays where block id and action id stay. */
export function updateView(workspace: Workspace, view: OpenView, content: JsonObject): void {
  view.content = content;
  view.hash = workspace.nextHash();
  view.errors = {};
  workspace.changed({ type: view.type === 'home' ? 'home' : 'view', user: view.userId, viewId: view.id });
}

export function publishHome(workspace: Workspace, userId: string, content: JsonObject): OpenView {
  const current = workspace.state.homes[userId];
  if (current) {
    updateView(workspace, current, content);
    return current;
  }
  const view = newView(workspace, userId, 'home', content, undefined);
  workspace.state.homes[userId] = view;
  workspace.changed({ type: 'home', user: userId, viewId: view.id });
  return view;
}

/** Takes this modal away, and whatever lies on top of it. */
export function closeModal(workspace: Workspace, view: OpenView): void {
  const stack = modalStack(workspace, view.userId);
  setStack(workspace, view.userId, stack.slice(0, Math.max(0, stack.indexOf(view))));
}

export function clearModals(workspace: Workspace, userId: string): void {
  setStack(workspace, userId, []);
}

function setStack(workspace: Workspace, userId: string, stack: OpenView[]): void {
  if (stack.length === 0) delete workspace.state.modals[userId];
  else workspace.state.modals[userId] = stack;
  workspace.changed({ type: 'views', user: userId, viewId: stack.at(-1)?.id ?? null });
}
