import { agoOf, dateOf, longDateOf, nearDayOf, numericDateOf, shortDateOf, timeOf, timeWithSecondsOf } from '../time.ts';

/** Fills a Slack date format such as `{date_short_pretty} at {time}` in the viewer's zone; gives nothing when the time cannot be read. */
export function formatDateToken(timestamp: number, format: string, now: Date): string | undefined {
  const date = new Date(timestamp * 1000);
  if (Number.isNaN(date.getTime())) return undefined;
  const day = nearDayOf(date, now);
  const values: Readonly<Record<string, string>> = {
    date_num: numericDateOf(date),
    date: dateOf(date),
    date_slash: numericDateOf(date),
    date_short: shortDateOf(date),
    date_long: longDateOf(date),
    date_pretty: day ?? dateOf(date),
    date_short_pretty: day ?? shortDateOf(date),
    date_long_pretty: day ?? longDateOf(date),
    time: timeOf(date),
    time_secs: timeWithSecondsOf(date),
    ago: agoOf(date, now),
  };
  return format.replace(/\{([a-z_]+)\}/g, (token, name: string) => values[name] ?? token);
}
