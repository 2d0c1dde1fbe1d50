/** Every primitive there is, by its id. The list is written by hand: what is not on it cannot be run. */
import { logs as composeLogs } from './compose/logs.ts';
import { ps } from './compose/ps.ts';
import { restart as composeRestart } from './compose/restart.ts';
import { start } from './compose/start.ts';
import { stop } from './compose/stop.ts';
import type { Primitive } from './define-primitive.ts';
import { history } from './helm/history.ts';
import { rollback } from './helm/rollback.ts';
import { upgrade } from './helm/upgrade.ts';
import { values } from './helm/values.ts';
import { probe } from './http/probe.ts';
import { describe } from './kubernetes/describe.ts';
import { events } from './kubernetes/events.ts';
import { logs } from './kubernetes/logs.ts';
import { pods } from './kubernetes/pods.ts';
import { restart } from './kubernetes/restart.ts';
import { rolloutHistory } from './kubernetes/rollout-history.ts';
import { rolloutStatus } from './kubernetes/rollout-status.ts';
import { scale } from './kubernetes/scale.ts';
import { setImage } from './kubernetes/set-image.ts';
import { top } from './kubernetes/top.ts';
import { undo } from './kubernetes/undo.ts';
import { query } from './prometheus/query.ts';

const all: readonly Primitive[] = [
  pods, describe, logs, events, top, rolloutStatus, rolloutHistory, scale, restart, undo, setImage,
  history, values, upgrade, rollback,
  ps, start, stop, composeRestart, composeLogs,
  probe,
  query,
];

export const primitives: ReadonlyMap<string, Primitive> = new Map(all.map((primitive) => [primitive.id, primitive]));
