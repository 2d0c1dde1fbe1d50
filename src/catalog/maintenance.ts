import { dayNames } from './business-hours.ts';
import type { System } from './system.ts';

/** When work on a system is expected. Times of day are those of the system's time zone; a window that ends before it begins goes on past midnight. */
export type MaintenanceWindow =
  /** `weeks`: only in these weeks of the month; 1 is the week of its first seven days. Empty: every week. */
  | { readonly every: (typeof dayNames)[number]; readonly weeks: readonly number[]; readonly from: string; readonly to: string; readonly why: string }
  | { readonly fromAt: Date; readonly untilAt: Date; readonly why: string };

type Recurring = Extract<MaintenanceWindow, { every: string }>;

/** The window that is open now, or `null`. */
export function openWindow({ maintenance, timezone }: Pick<System, 'maintenance' | 'timezone'>, now: Date): MaintenanceWindow | null {
  return maintenance.find((window) => ('every' in window ? isRecurringNow(window, timezone, now) : window.fromAt <= now && now < window.untilAt)) ?? null;
}

/** The windows that are open now or open in the next so many days, the earliest first. */
export function windowsWithin({ maintenance, timezone }: Pick<System, 'maintenance' | 'timezone'>, now: Date, days: number): { readonly from: Date; readonly to: Date; readonly why: string }[] {
  const end = new Date(now.getTime() + days * 86_400_000);
  return maintenance
    .flatMap((window) =>
      'every' in window
        ? Array.from({ length: days + 2 }, (_, index) => occurrenceOn(window, timezone, dayOf(now, timezone).add({ days: index - 1 }))).filter((open) => open !== null)
        : [{ from: window.fromAt, to: window.untilAt, why: window.why }],
    )
    .filter(({ from, to }) => to > now && from <= end)
    .toSorted((a, b) => a.from.getTime() - b.from.getTime());
}

const dayOf = (moment: Date, timezone: string): Temporal.PlainDate => Temporal.Instant.fromEpochMilliseconds(moment.getTime()).toZonedDateTimeISO(timezone).toPlainDate();

function isRecurringNow(window: Recurring, timezone: string, now: Date): boolean {
  const today = dayOf(now, timezone);
  // It may have begun yesterday and still be open.
  return [today, today.subtract({ days: 1 })].some((date) => {
    const open = occurrenceOn(window, timezone, date);
    return open !== null && open.from <= now && now < open.to;
  });
}

/** The window as it opens on that day, or `null`: it does not. */
function occurrenceOn(window: Recurring, timezone: string, date: Temporal.PlainDate): { readonly from: Date; readonly to: Date; readonly why: string } | null {
  if (dayNames[date.dayOfWeek - 1] !== window.every) return null;
  if (window.weeks.length > 0 && !window.weeks.includes(Math.ceil(date.day / 7))) return null;
  const lastDay = window.to <= window.from ? date.add({ days: 1 }) : date;
  const at = (day: Temporal.PlainDate, time: string): Date => new Date(day.toZonedDateTime({ timeZone: timezone, plainTime: time }).epochMilliseconds);
  return { from: at(date, window.from), to: at(lastDay, window.to), why: window.why };
}
