import { redact } from '../support/redact/redact.ts';

/** Short words that several readings share: amounts with their unit, times gone by, and text from outside cut to one line. */

export function count(amount: number, singular: string, plural = `${singular}s`): string {
  return `${amount} ${amount === 1 ? singular : plural}`;
}

/** `40 s`, `12 min`, `3 h`, `5 d`: the largest unit that says it in one or two digits. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}

/** `40 s ago`, or `at an unknown time` where nothing was recorded. */
export function ago(at: string | null, now: Date): string {
  const time = at === null ? Number.NaN : Date.parse(at);
  return Number.isNaN(time) ? 'at an unknown time' : `${duration(now.getTime() - time)} ago`;
}

/** Text from outside as part of a sentence: one line, no secrets, no control characters, at most `maxLength` characters. */
export function oneLine(text: string, maxLength = 240): string {
  const line = redact(text).replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  const characters = [...line];
  return characters.length <= maxLength ? line : `${characters.slice(0, maxLength - 1).join('')}…`;
}

export function lastLines(text: string, lines: number): string {
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}

/** `250m`, `1.5 cores`. */
export function cpu(cores: number): string {
  return cores < 1 ? `${Math.round(cores * 1000)}m` : `${Number(cores.toFixed(2))} cores`;
}

/** `256 Mi`, `1.5 Gi`. */
export function memory(bytes: number): string {
  const mebibytes = bytes / 1024 ** 2;
  return mebibytes < 1024 ? `${Math.round(mebibytes)} Mi` : `${Number((mebibytes / 1024).toFixed(1))} Gi`;
}
