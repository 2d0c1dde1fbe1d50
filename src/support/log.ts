import { pino } from 'pino';
import { redact, redactAll } from './redact/redact.ts';

/** Static messages, facts in fields. `error` is a bug of ours; `warn` is looked at in batches; `info` tells the story. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** One line of JSON each, without secrets; on a terminal, the same facts for people to read. */
export function createLog(level: 'debug' | 'info' | 'warn' | 'error', destination: NodeJS.WritableStream & { isTTY?: boolean } = process.stdout): Log {
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } }, destination.isTTY === true ? readable(destination) : destination);
  return {
    debug: (message, fields = {}) => logger.debug(redactAll(fields), message),
    info: (message, fields = {}) => logger.info(redactAll(fields), message),
    warn: (message, fields = {}) => logger.warn(redactAll(fields), message),
    error: (message, fields = {}) => logger.error(redactAll(fields), message),
  };
}

function readable(destination: NodeJS.WritableStream): { write(line: string): void } {
  return {
    write: (line) => {
      const { level, time, msg, ...fields } = JSON.parse(line) as { level: string; time: string; msg: string };
      const rest = Object.entries(fields)
        .map(([key, value]) => ` ${key}=${typeof value === 'string' && !/\p{Cc}/u.test(value) ? value : JSON.stringify(value)}`)
        .join('');
      destination.write(`${time.slice(11, 19)} ${level.padEnd(5)} ${msg}${rest}\n`);
    },
  };
}

/** What may be said of something that was thrown: its message without secrets, or its kind. Never the object, which may hold a request with its token. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? redact(error.message) : typeof error === 'string' ? redact(error) : 'unknown error';
}
