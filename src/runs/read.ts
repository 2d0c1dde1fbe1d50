import type { Reading } from '../actions/define-primitive.ts';
import type { Refusal } from '../actions/plan.ts';
import { checkParameters, resolveTarget } from '../catalog/resolve.ts';
import type { Action, System } from '../catalog/system.ts';
import { messageOf } from '../support/log.ts';
import { readDeadlineMs, within, type RunDependencies } from './dependencies.ts';

export interface ReadRequest {
  readonly system: System;
  readonly action: Action;
  readonly environment: string;
  readonly component: string | null;
  readonly given: Readonly<Record<string, string>>;
}

export type ReadAnswer =
  | { readonly kind: 'read'; readonly reading: Reading }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** The outside did not answer. Not the same as "all is well", and said so. */
  | { readonly kind: 'trouble'; readonly reason: string };

/** Runs a read action. Never throws. */
export async function read(dependencies: Pick<RunDependencies, 'primitives' | 'ports' | 'clock'>, request: ReadRequest): Promise<ReadAnswer> {
  const { system, action, environment } = request;
  const primitive = dependencies.primitives.get(action.use);
  if (primitive === undefined || primitive.effect !== 'read') return { kind: 'refused', refusal: { refused: action.title, rule: 'it is not an action that only reads', instead: 'Use /stock help.' } };
  const target = resolveTarget(system, action, environment, request.component ?? undefined);
  if ('refused' in target) return { kind: 'refused', refusal: target };
  const checked = checkParameters(system, action, request.component, request.given);
  if ('refused' in checked) return { kind: 'refused', refusal: checked };
  const params = primitive.params.safeParse(checked.params);
  if (!params.success) return { kind: 'refused', refusal: { refused: action.title, rule: params.error.issues[0]?.message ?? 'a parameter does not fit', instead: 'Give a value that fits.' } };
  try {
    return { kind: 'read', reading: await within(dependencies, readDeadlineMs, (context) => primitive.read(context, target as never, params.data as never)) };
  } catch (error) {
    return { kind: 'trouble', reason: messageOf(error) };
  }
}
