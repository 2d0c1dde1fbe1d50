import { useEffect, useState } from 'preact/hooks';

/** The page's only reading of time. The sandbox's clock can be moved; the page follows it by an offset. */
let offsetMs = 0;

export function setClockOffset(milliseconds: number): void {
  offsetMs = milliseconds;
}

export function now(): Date {
  return new Date(Date.now() + offsetMs);
}

/** Redraws the caller every `everyMs`. */
export function useNow(everyMs: number): Date {
  const [at, setAt] = useState(now);
  useEffect(() => {
    const timer = setInterval(() => setAt(now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return at;
}

const format = (options: Intl.DateTimeFormatOptions): ((date: Date) => string) => {
  const formatter = new Intl.DateTimeFormat('en-GB', options);
  return (date) => formatter.format(date);
};

export const timeOf = format({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
export const timeWithSecondsOf = format({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
export const numericDateOf = format({ year: 'numeric', month: '2-digit', day: '2-digit' });
export const shortDateOf = format({ day: 'numeric', month: 'short', year: 'numeric' });
export const dateOf = format({ day: 'numeric', month: 'long', year: 'numeric' });
export const longDateOf = format({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
export const weekdayOf = format({ weekday: 'long', day: 'numeric', month: 'long' });

/** Slack's `ts` is seconds since 1970 with a dot. */
export function dateOfTs(ts: string): Date {
  return new Date(Number(ts) * 1000);
}

function daysBefore(date: Date, today: Date): number {
  const midnight = (at: Date): number => new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
  return Math.round((midnight(today) - midnight(date)) / 86_400_000);
}

/** `today`, `yesterday` or `tomorrow`, where one of them fits. */
export function nearDayOf(date: Date, today: Date): string | undefined {
  return { 0: 'today', 1: 'yesterday', [-1]: 'tomorrow' }[daysBefore(date, today)];
}

export function dayTitleOf(date: Date, today: Date): string {
  const near = nearDayOf(date, today);
  return near === undefined ? weekdayOf(date) : near[0]!.toUpperCase() + near.slice(1);
}

export function isSameDay(one: Date, other: Date): boolean {
  return daysBefore(one, other) === 0;
}

/** `4 min ago`, `in 2 h`. */
export function agoOf(date: Date, at: Date): string {
  const seconds = Math.round((at.getTime() - date.getTime()) / 1000);
  const size = Math.abs(seconds);
  if (size < 10) return 'just now';
  const [amount, unit] = size < 60 ? [size, 's'] : size < 3600 ? [Math.floor(size / 60), 'min'] : size < 86_400 ? [Math.floor(size / 3600), 'h'] : [Math.floor(size / 86_400), 'd'];
  return seconds > 0 ? `${amount} ${unit} ago` : `in ${amount} ${unit}`;
}
