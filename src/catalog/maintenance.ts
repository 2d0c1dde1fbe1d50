import { dayNames } from './business-hours.ts';
import type { System } from './system.ts';

/** When work on a system is expected. Times of day are those of the system's time zone; a window that ends before it begins goes on past midnight. */
export type MaintenanceWindow =
  /** `weeks`: only in these weeks of the month; 1 is the week of its first seven days. Empty: every week. */
  | { readonly every: (typeof dayNames)[number]; readonly weeks: readonly number[]; readonly from: string; readonly to: string; readonly why: string }
  | { readonly fromAt: Date; readonly untilAt: Date; readonly why: string };

/** The window that is open now, or `null`. */
export function openWindow({ maintenance, timezone }: Pick<System, 'maintenance' | 'timezone'>, now: Date): MaintenanceWindow | null {
  return maintenance.find((window) => ('every' in window ? isRecurringNow(window, timezone, now) : window.fromAt <= now && now < window.untilAt)) ?? null;
}

function isRecurringNow(window: Extract<MaintenanceWindow, { every: string }>, timezone: string, now: Date): boolean {
  const moment = Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(timezone);
  // It may have begun yesterday and still be open.
  return [moment.toPlainDate(), moment.toPlainDate().subtract({ days: 1 })].some((date) => {
    if (dayNames[date.dayOfWeek - 1] !== window.every) return false;
    if (window.weeks.length > 0 && !window.weeks.includes(Math.ceil(date.day / 7))) return false;
    const opens = date.toZonedDateTime({ timeZone: timezone, plainTime: window.from });
    const lastDay = window.to <= window.from ? date.add({ days: 1 }) : date;
    const closes = lastDay.toZonedDateTime({ timeZone: timezone, plainTime: window.to });
    return Temporal.ZonedDateTime.compare(moment, opens) >= 0 && Temporal.ZonedDateTime.compare(moment, closes) < 0;
  });
}
