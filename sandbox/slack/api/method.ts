import { z } from 'zod';
import type { AppEvents } from '../app-events.ts';
import type { JsonObject } from '../block-kit/schema.ts';
import type { Triggers } from '../triggers.ts';
import type { Workspace } from '../workspace-model.ts';

/** A call that Slack refuses: `{ok: false, error}` and whatever else it says. */
export class Refusal extends Error {
  readonly error: string;
  readonly details: JsonObject;
  constructor(error: string, details: JsonObject = {}) {
    super(error);
    this.error = error;
    this.details = details;
  }
}

export const invalidArguments = (...messages: readonly string[]) => new Refusal('invalid_arguments', { response_metadata: { messages } });

/** What a method may use. */
export interface Desk {
  readonly workspace: Workspace;
  readonly triggers: Triggers;
  readonly events: AppEvents;
  /** Web socket address for the next Socket Mode connection. */
  connectionUrl(): string;
  uploadUrl(fileId: string): string;
  readonly isAppHomeEnabled: boolean;
  /** Scopes of the bot's token. */
  readonly scopes: ReadonlySet<string>;
}

export type Pace = { readonly perMinute: number } | 'posts';

/** Slack's tiers, per method and workspace. */
export const tier2: Pace = { perMinute: 20 };
export const tier3: Pace = { perMinute: 50 };
export const tier4: Pace = { perMinute: 100 };

export interface Method {
  readonly name: string;
  readonly token: 'bot' | 'app';
  /** Any one of these is enough; none means that no scope is needed. */
  readonly scopes: readonly string[];
  readonly pace: Pace;
  readonly args: z.ZodObject;
  answer(args: never, desk: Desk): JsonObject;
}

export function defineMethod<Args extends z.ZodObject>(method: Omit<Method, 'args' | 'answer' | 'token'> & { token?: 'bot' | 'app'; args: Args; answer(args: z.output<Args>, desk: Desk): JsonObject }): Method {
  return { token: 'bot', ...method };
}

/** Arguments arrive in a form, where everything is text, or as JSON: each kind is read from both. */
const fromText = (value: unknown): unknown => {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
};

export const text = z.union([z.string(), z.number().transform(String)]);
export const optionalText = text.nullish().transform((value) => value ?? undefined);
export const flag = z.preprocess((value) => (value === '1' ? true : value === '0' ? false : fromText(value)), z.boolean()).nullish().transform((value) => value ?? undefined);
export const count = z.preprocess(fromText, z.number().int()).nullish().transform((value) => value ?? undefined);
/** JSON that the method itself looks at; text that is no JSON stays text, and is refused there. */
export const json = z.preprocess(fromText, z.unknown()).nullish().transform((value) => value ?? undefined);

/** One page of a list, and the cursor of the next. */
export function page<T>(items: readonly T[], limit: number, cursor: string | undefined): { items: T[]; nextCursor: string } {
  const start = cursor === undefined || cursor === '' ? 0 : Number(Buffer.from(cursor, 'base64').toString().replace(/^next:/, ''));
  if (!Number.isInteger(start) || start < 0) throw new Refusal('invalid_cursor');
  const end = start + Math.max(1, limit);
  return { items: items.slice(start, end), nextCursor: end < items.length ? Buffer.from(`next:${end}`).toString('base64') : '' };
}
