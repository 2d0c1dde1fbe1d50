/** What start, stop and restart of a Compose service share: what is seen before, and how it is told afterwards what happened. */
import type { Context, Evidence, Progress, ProgressInput } from '../define-primitive.ts';
import type { ComposeTarget, PlanDraft, Refusal } from '../plan.ts';
import { duration, lastLines, oneLine } from '../wording.ts';
import { composeLine, composeRequest, containerOf, isHealthy, type ComposeVerb } from './container-of.ts';
import type { ComposeContainer, ComposeContainerTimes } from './container.ts';

export interface ObservedContainer {
  readonly container: ComposeContainer | null;
  readonly times: ComposeContainerTimes | null;
}

const composeSettlesWithinMs = 2 * 60_000;
/** `docker compose` waits ten seconds for a container to stop; a lost connection may leave it at work for a while. */
const commandEndsWithinMs = 2 * 60_000;

export async function observeContainer(context: Context, target: ComposeTarget): Promise<ObservedContainer> {
  const { compose } = context.ports;
  const container = containerOf(target, await compose.containers(target, context.signal));
  return { container, times: container === null ? null : await compose.times(target, container.id, context.signal) };
}

/** Pure. */
export function planControl(
  verb: ComposeVerb,
  target: ComposeTarget,
  { container, times }: ObservedContainer,
  words: Pick<PlanDraft, 'summary' | 'warnings' | 'undo'> & { readonly after: string; readonly conditions?: PlanDraft['conditions'] },
): PlanDraft | Refusal {
  const refused = `Not done: ${verb} ${target.service}.`;
  if (container === null || times === null) {
    return { refused, rule: `The project ${target.project} has no container for ${target.service}.`, instead: `Create it on the host first (docker compose up -d ${target.service}).` };
  }
  const isRunning = container.state === 'running' || container.state === 'restarting';
  if (verb === 'start' && isRunning) return { refused, rule: `It runs already: ${oneLine(container.status)}.`, instead: 'Restart it, if that is what you want.' };
  if (verb === 'stop' && !isRunning) return { refused, rule: `It does not run: ${oneLine(container.status)}.`, instead: 'Nothing needs to be done.' };
  return {
    summary: words.summary,
    changes: [
      { what: container.name, before: oneLine(container.status) || container.state, after: words.after },
      { what: 'image', before: oneLine(container.image), after: oneLine(container.image) },
    ],
    warnings: words.warnings,
    ...(words.conditions === undefined ? {} : { conditions: words.conditions }),
    request: composeRequest(target, verb),
    equivalent: composeLine(target, verb),
    undo: words.undo,
    guard: { container: container.id, state: container.state, startedAt: times.startedAt, restarts: times.restarts },
    settleWithinMs: composeSettlesWithinMs,
  };
}

/** A started container is good when it runs and its own check, where it has one, says so. */
export async function progressOfStart(context: Context, input: ProgressInput<ComposeTarget>): Promise<Progress> {
  const { container, times } = await observeContainer(context, input.target);
  if (container === null) return { status: 'failed', reason: `The container of ${input.target.service} is gone.`, lines: [] };
  const elapsedMs = input.now.getTime() - input.startedAt.getTime();
  const isNew = times?.startedAt !== input.plan.guard['startedAt'];
  const healthy = isHealthy(container);
  if (container.state === 'running' && isNew && healthy !== false) return { status: 'succeeded', lines: [oneLine(container.status)] };

  const isOver = elapsedMs > input.plan.settleWithinMs;
  const hasEnded = isNew && (container.state === 'exited' || container.state === 'dead');
  if (!isOver && !hasEnded) return { status: 'running', line: `${oneLine(container.status) || container.state} (${duration(elapsedMs)})` };
  // What went wrong is told either way; a log that cannot be read must not hide it.
  const log = await context.ports.compose.log(input.target, 20, context.signal).catch(() => '');
  const reason = hasEnded
    ? `It started and ended again with exit code ${container.exitCode}${times?.isOutOfMemory ? ', out of memory' : ''}.`
    : `It did not become ${healthy === null ? 'running' : 'healthy'} within ${duration(input.plan.settleWithinMs)}.`;
  return { status: 'failed', reason, lines: [oneLine(container.status) || container.state], ...(log === '' ? {} : { log: lastLines(log, 20) }) };
}

export async function progressOfStop(context: Context, input: ProgressInput<ComposeTarget>): Promise<Progress> {
  const { container } = await observeContainer(context, input.target);
  const elapsedMs = input.now.getTime() - input.startedAt.getTime();
  if (container === null || (container.state !== 'running' && container.state !== 'restarting')) return { status: 'succeeded', lines: [oneLine(container?.status ?? 'The container is gone')] };
  if (elapsedMs > input.plan.settleWithinMs) return { status: 'failed', reason: `It still runs after ${duration(elapsedMs)}.`, lines: [oneLine(container.status)] };
  return { status: 'running', line: `${oneLine(container.status)} (${duration(elapsedMs)})` };
}

/**
 * The time of the last start is what Docker remembers of a start or restart. It is compared with the one seen before, not with our
 * clock. A restart that Docker made by itself counts up its own number, and then it is not known which of the two it was.
 */
export async function evidenceOfStart(context: Context, input: ProgressInput<ComposeTarget>): Promise<Evidence> {
  const seen = await observeContainer(context, input.target);
  const gone = whyNotTheSame(input, seen);
  if (gone !== null || seen.times === null) return { verdict: 'unclear', lines: [gone ?? 'Docker does not tell when it started.'] };
  const { startedAt, restarts, before } = { ...seen.times, before: input.plan.guard };
  if (startedAt === before['startedAt']) return unchanged(input, `${input.target.service} was last started at ${startedAt ?? 'an unknown time'}, as before.`);
  if (restarts > Number(before['restarts'])) {
    return { verdict: 'unclear', lines: [`${input.target.service} was started at ${startedAt}, but Docker has restarted it by itself since.`] };
  }
  return { verdict: 'happened', lines: [`${input.target.service} was started at ${startedAt}.`] };
}

export async function evidenceOfStop(context: Context, input: ProgressInput<ComposeTarget>): Promise<Evidence> {
  const seen = await observeContainer(context, input.target);
  const gone = whyNotTheSame(input, seen);
  if (gone !== null || seen.container === null) return { verdict: 'unclear', lines: [gone ?? 'It is gone.'] };
  const { state, exitCode } = seen.container;
  if (state === 'running' || state === 'restarting') return unchanged(input, `${input.target.service} still runs.`);
  // 0, 137 and 143 are what a stop leaves behind; anything else it may have died of by itself.
  return [0, 137, 143].includes(exitCode) && !seen.times?.isOutOfMemory
    ? { verdict: 'happened', lines: [`${input.target.service} has stopped (exit code ${exitCode}).`] }
    : { verdict: 'unclear', lines: [`${input.target.service} does not run, but ended with exit code ${exitCode}${seen.times?.isOutOfMemory ? ', out of memory' : ''}.`] };
}

function whyNotTheSame(input: ProgressInput<ComposeTarget>, { container }: ObservedContainer): string | null {
  if (container === null) return `The container of ${input.target.service} is gone.`;
  return container.id === input.plan.guard['container'] ? null : `The container of ${input.target.service} was made anew, so it no longer tells.`;
}

function unchanged(input: ProgressInput<ComposeTarget>, line: string): Evidence {
  const elapsedMs = input.now.getTime() - input.startedAt.getTime();
  if (elapsedMs >= commandEndsWithinMs) return { verdict: 'didNotHappen', lines: [line] };
  return { verdict: 'unclear', lines: [line, `Probably it did not happen; certain after ${duration(commandEndsWithinMs - elapsedMs)} more.`] };
}
