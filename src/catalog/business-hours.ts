import type { BusinessHours } from './system.ts';

export const dayNames = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/**
 * The first moment at or after `now` inside business hours. Wall-clock times are those of `timezone`, so an opening at 09:00 stays at
 * 09:00 when the clocks change (SV-15).
 */
export function nextBusinessMoment(hours: BusinessHours, timezone: string, now: Date): Date {
  let moment = Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(timezone);
  for (let day = 0; day <= 7; day += 1) {
    const date = moment.toPlainDate();
    if (hours.days.includes(dayNames[date.dayOfWeek - 1] ?? 'mon')) {
      const opens = date.toZonedDateTime({ timeZone: timezone, plainTime: hours.from });
      const closes = date.toZonedDateTime({ timeZone: timezone, plainTime: hours.to });
      if (Temporal.ZonedDateTime.compare(moment, opens) < 0) return toDate(opens);
      if (Temporal.ZonedDateTime.compare(moment, closes) < 0) return toDate(moment);
    }
    moment = date.add({ days: 1 }).toZonedDateTime({ timeZone: timezone });
  }
  return now;
}

export function isBusinessMoment(hours: BusinessHours, timezone: string, now: Date): boolean {
  return nextBusinessMoment(hours, timezone, now).getTime() === now.getTime();
}

/** The opening of the next business day, today excluded (SV-16). */
export function nextBusinessDay(hours: BusinessHours, timezone: string, now: Date): Date {
  const tomorrow = Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(timezone).toPlainDate().add({ days: 1 });
  return nextBusinessMoment(hours, timezone, toDate(tomorrow.toZonedDateTime({ timeZone: timezone })));
}

function toDate(moment: Temporal.ZonedDateTime): Date {
  return new Date(moment.epochMilliseconds);
}
