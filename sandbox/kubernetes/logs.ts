import type { ContainerStatus, Pod } from './objects.ts';
import { badRequest, invalid } from './status.ts';

/** What a container writes: line `n` at `everyMs × n` after its start, from the list over and over. */
export interface LogProgram {
  readonly everyMs: number;
  readonly lines: readonly string[];
  /** The first lines after each start. */
  readonly startup?: readonly string[];
  /** The last words of a container that crashes. */
  readonly crash?: readonly string[];
}

export interface LogLine {
  readonly atMs: number;
  readonly text: string;
}

/** A log that was set by hand, instead of what the program would write. */
export interface FixedLog {
  readonly current?: readonly LogLine[];
  readonly previous?: readonly LogLine[];
}

export interface LogOptions {
  readonly container: string | undefined;
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly tailLines: number | undefined;
  readonly limitBytes: number | undefined;
  readonly sinceMs: number | undefined;
  readonly follow: boolean;
}

export const defaultProgram: LogProgram = {
  everyMs: 2000,
  startup: ['{"level":"info","msg":"starting"}', '{"level":"info","msg":"listening","port":8080}'],
  lines: ['{"level":"info","msg":"GET /health","status":200,"ms":2}'],
  crash: ['{"level":"error","msg":"cannot reach database","attempt":3}', '{"level":"fatal","msg":"giving up"}'],
};

export const outOfMemory: readonly string[] = ['{"level":"warn","msg":"heap is almost full","used_mb":498,"limit_mb":512}'];

const MOST_LINES = 20_000;

/** Parses the query of `GET …/log`, refusing what the API server refuses. */
export function parseLogOptions(query: URLSearchParams, pod: string, nowMs: number): LogOptions {
  const number = (name: string, least: number): number | undefined => {
    const text = query.get(name);
    if (text === null) return undefined;
    if (!/^-?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
    const value = Number(text);
    if (value < least) {
      const problem = least === 0 ? 'must be greater than or equal to 0' : 'must be greater than 0';
      throw invalid({ kind: 'PodLogOptions', group: '' }, pod, [{ reason: 'FieldValueInvalid', message: `Invalid value: ${value}: ${problem}`, field: name }]);
    }
    return value;
  };
  const flag = (name: string): boolean => {
    const text = query.get(name);
    return text !== null && text !== 'false' && text !== '0';
  };
  const sinceSeconds = number('sinceSeconds', 1);
  const sinceTime = query.get('sinceTime');
  return {
    container: query.get('container') || undefined,
    previous: flag('previous'), timestamps: flag('timestamps'), follow: flag('follow'),
    tailLines: number('tailLines', 0), limitBytes: number('limitBytes', 1),
    sinceMs: sinceSeconds !== undefined ? nowMs - sinceSeconds * 1000 : sinceTime ? Date.parse(sinceTime) : undefined,
  };
}

/** The container that is meant, or the refusal that the API server gives. */
export function containerOf(pod: Pod, options: LogOptions): ContainerStatus {
  const names = pod.spec.containers.map((container) => container.name);
  const { name } = pod.metadata;
  if (options.container === undefined && names.length > 1) throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]`);
  const container = options.container ?? (names[0] as string);
  if (!names.includes(container)) throw badRequest(`container ${container} is not valid for pod ${name}`);
  const status = pod.status.containerStatuses?.find((one) => one.name === container);
  if (options.previous && !status?.lastState.terminated) throw badRequest(`previous terminated container "${container}" in pod "${name}" not found`);
  if (!status) throw badRequest(`container "${container}" in pod "${name}" is waiting to start: ContainerCreating`);
  const waiting = status.state.waiting;
  if (waiting && !options.previous && !status.lastState.terminated) throw badRequest(`container "${container}" in pod "${name}" is waiting to start: ${waiting.reason === 'ErrImagePull' ? 'image can\'t be pulled' : 'trying and failing to pull image'}`);
  return status;
}

/** The lines of one life of the container, oldest first. */
export function linesOf(status: ContainerStatus, program: LogProgram, fixed: FixedLog | undefined, previous: boolean, nowMs: number): readonly LogLine[] {
  const set = previous ? fixed?.previous : fixed?.current;
  if (set) return set.filter((line) => line.atMs <= nowMs);
  const ended = previous || status.state.waiting ? status.lastState.terminated : undefined;
  const fromMs = Date.parse(ended?.startedAt ?? status.state.running?.startedAt ?? '');
  if (Number.isNaN(fromMs)) return [];
  const toMs = ended ? Date.parse(ended.finishedAt) : nowMs;
  const startup = (program.startup ?? []).map((text, index) => ({ atMs: fromMs + index * 10, text }));
  const count = program.lines.length === 0 ? 0 : Math.floor((toMs - fromMs) / program.everyMs);
  const first = Math.max(1, count - MOST_LINES);
  const body = Array.from({ length: Math.max(0, count - first + 1) }, (_, index) => {
    const n = first + index;
    return { atMs: fromMs + n * program.everyMs, text: (program.lines[n % program.lines.length] as string).replaceAll('{n}', String(n)) };
  });
  const words = ended?.reason === 'OOMKilled' ? outOfMemory : (program.crash ?? defaultProgram.crash ?? []);
  return [...(first > 1 ? [] : startup), ...body, ...(ended ? words.map((text) => ({ atMs: toMs, text })) : [])];
}

export function renderLog(lines: readonly LogLine[], options: LogOptions): string {
  const recent = options.sinceMs === undefined ? lines : lines.filter((line) => line.atMs >= (options.sinceMs as number));
  const wanted = options.tailLines === undefined ? recent : options.tailLines === 0 ? [] : recent.slice(-options.tailLines);
  const text = wanted.map((line) => `${options.timestamps ? `${new Date(line.atMs).toISOString().replace('Z', '000000Z')} ` : ''}${line.text}\n`).join('');
  return options.limitBytes === undefined ? text : Buffer.from(text).subarray(0, options.limitBytes).toString();
}
