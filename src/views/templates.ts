import { notice as noticeOf, sectionsOf, type MessageContent } from './blocks.ts';
import { duration } from './durations.ts';
import { dateToken, escape, isoTime, join, mrkdwn, nothing, person, truncate, type Mrkdwn } from './mrkdwn.ts';

/**
 * The two notices of the communication templates (SA-103 … SA-117), line by line as they are written there. Two things differ on purpose:
 * the severity is the system's own label, so `P0` does not become `PP0`, and a promise is printed only if something keeps it.
 */
export interface InitialNotice {
  readonly severity: string;
  readonly title: string;
  readonly impact: string;
  readonly startedAt: Date;
  readonly description: string;
  /** `null` where no reminder runs; the promise is then left out (SA-109). */
  readonly updateEveryMs: number | null;
  /** A Slack user id, or `null` while nobody leads. */
  readonly commander: string | null;
}

export function initialNotice(notice: InitialNotice): MessageContent {
  return lines([
    mrkdwn`🚨 INCIDENT ALERT - ${truncate(notice.severity, 40)}`,
    nothing,
    mrkdwn`Title: ${truncate(notice.title, 150)}`,
    mrkdwn`Status: Investigating`,
    mrkdwn`Impact: ${truncate(notice.impact, 500)}`,
    mrkdwn`Started: ${isoTime(notice.startedAt)} (${dateToken(notice.startedAt, 'full')})`,
    nothing,
    mrkdwn`We are investigating reports of ${withoutStop(truncate(notice.description, 500))}.`,
    notice.updateEveryMs === null ? null : mrkdwn`Updates will be provided every ${inWords(notice.updateEveryMs)}.`,
    nothing,
    mrkdwn`Incident Commander: ${notice.commander === null ? 'not named yet' : person(notice.commander)}`,
  ]);
}

export interface ResolutionNotice {
  readonly severity: string;
  readonly title: string;
  readonly lastedMs: number;
  /** `null` becomes “under investigation” (SA-115). */
  readonly cause: string | null;
  /** Other incidents that are open: while there are any, not all systems operate normally (SA-116). */
  readonly otherOpenIncidents: number;
  /** `null` where no post-mortem is due; the promise is then left out (SA-117). */
  readonly postMortemWithinMs: number | null;
}

export function resolutionNotice(notice: ResolutionNotice): MessageContent {
  const others = notice.otherOpenIncidents;
  return lines([
    mrkdwn`✅ INCIDENT RESOLVED - ${truncate(notice.severity, 40)}`,
    nothing,
    mrkdwn`Title: ${truncate(notice.title, 150)}`,
    mrkdwn`Status: Resolved`,
    mrkdwn`Duration: ${duration(notice.lastedMs)}`,
    mrkdwn`Root Cause: ${truncate(notice.cause ?? 'under investigation', 300)}`,
    nothing,
    others === 0
      ? mrkdwn`The issue has been resolved. All systems are operating normally.`
      : mrkdwn`The issue has been resolved. ${others === 1 ? 'One other incident is' : `${others} other incidents are`} still open.`,
    notice.postMortemWithinMs === null ? null : mrkdwn`A detailed post-mortem will be published within ${inWords(notice.postMortemWithinMs)}.`,
  ]);
}

/** `30 minutes`, `48 hours`: as the templates write them. */
function inWords(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  const [amount, unit] = minutes % 60 === 0 ? [minutes / 60, 'hour'] : [minutes, 'minute'];
  return `${amount} ${unit}${amount === 1 ? '' : 's'}`;
}

const withoutStop = (text: string) => escape(text.replace(/[.\s]+$/u, ''));

/** An empty line is part of the form here, so it is not joined away. */
function lines(all: readonly (Mrkdwn | null)[]): MessageContent {
  const paragraphs: Mrkdwn[][] = [[]];
  for (const line of all) {
    if (line === nothing) paragraphs.push([]);
    else if (line !== null) paragraphs.at(-1)?.push(line);
  }
  const [firstLine = nothing] = all.filter((line) => line !== null);
  return noticeOf(firstLine, sectionsOf(paragraphs.map((paragraph) => join(paragraph, '\n')), '\n\n'));
}
