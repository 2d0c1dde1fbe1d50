import { z } from 'zod';

/**
 * What a button says to the bot when it is pressed: a verb, and what it is about. Written and read in this one file, because a button is
 * pressed days after it was made, and by then only this text knows what it meant. Nothing here is trusted: the database decides.
 */
export const verbs = [
  'incident.acknowledge',
  'incident.resolve',
  'incident.reopen',
  'incident.more',
  'incident.show',
  'runbook.open',
  'runbook.run',
  'action.propose',
  'action.choose',
  'request.confirm',
  'request.approve',
  'request.deny',
  'request.withdraw',
  'request.show',
  'request.again',
  'run.undo',
  'run.lookAgain',
  'run.itHappened',
  'run.itDidNot',
  'run.override',
  'run.cancel',
  'run.breakGlass',
  'system.pick',
  'system.show',
] as const;
export type Verb = (typeof verbs)[number];

export interface Control {
  readonly verb: Verb;
  readonly incidentId?: number;
  /** The card as the person saw it; an older one is refused and shown afresh. */
  readonly incidentVersion?: number;
  readonly actionId?: string;
  readonly systemId?: string;
  readonly environment?: string;
  readonly requestId?: string;
  readonly sectionId?: string;
  /** Parameters that a command of the runbook already gives: `replicas=5`. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** What was typed after `/stock`, to go on with once a system was picked. */
  readonly rest?: string;
  readonly component?: string;
  /** Where the answer to a modal goes: Slack does not say where a modal was opened. */
  readonly channelId?: string;
}

/** Modals by the name that comes back when one is sent. */
export const viewNames = ['plan.confirm', 'parameters.give', 'request.deny', 'incident.resolve', 'incident.declare', 'incident.more', 'runbook.read', 'run.itHappened', 'run.itDidNot', 'run.override', 'run.cancel', 'run.breakGlass', 'plan.read'] as const;
export type ViewName = (typeof viewNames)[number];

const Short = z.string().min(1).max(120);
const Written = z.strictObject({
  i: z.number().int().positive().optional(),
  v: z.number().int().nonnegative().optional(),
  a: Short.optional(),
  s: Short.optional(),
  e: Short.optional(),
  r: Short.optional(),
  x: Short.optional(),
  p: z.record(z.string().max(60), z.string().max(200)).optional(),
  t: z.string().max(300).optional(),
  k: Short.optional(),
  c: Short.optional(),
});

/** For a button or option. The action id is unique per action of one card, as Slack wants it within a block. */
export function encodeControl(control: Control): { readonly actionId: string; readonly value: string } {
  const discriminator = control.actionId ?? control.sectionId ?? control.systemId;
  return { actionId: discriminator === undefined ? control.verb : `${control.verb}:${discriminator}`, value: encodeContext(control) };
}

/** The same facts for a modal's `private_metadata`. */
export function encodeContext(control: Omit<Control, 'verb'>): string {
  const written = {
    i: control.incidentId,
    v: control.incidentVersion,
    a: control.actionId,
    s: control.systemId,
    e: control.environment,
    r: control.requestId,
    x: control.sectionId,
    p: control.parameters,
    t: control.rest,
    k: control.component,
    c: control.channelId,
  } satisfies z.input<typeof Written>;
  return JSON.stringify(Written.parse(written));
}

/** `null` for anything that this bot did not write. */
export function parseControl(actionId: string, value: string): Control | null {
  const verb = verbs.find((known) => actionId === known || actionId.startsWith(`${known}:`));
  const context = parseContext(value);
  return verb === undefined || context === null ? null : { verb, ...context };
}

export function parseContext(text: string): Omit<Control, 'verb'> | null {
  const parsed = Written.safeParse(parseJson(text));
  if (!parsed.success) return null;
  const { i, v, a, s, e, r, x, p, t, k, c } = parsed.data;
  return {
    ...(i !== undefined && { incidentId: i }),
    ...(v !== undefined && { incidentVersion: v }),
    ...(a !== undefined && { actionId: a }),
    ...(s !== undefined && { systemId: s }),
    ...(e !== undefined && { environment: e }),
    ...(r !== undefined && { requestId: r }),
    ...(x !== undefined && { sectionId: x }),
    ...(p !== undefined && { parameters: p }),
    ...(t !== undefined && { rest: t }),
    ...(k !== undefined && { component: k }),
    ...(c !== undefined && { channelId: c }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
