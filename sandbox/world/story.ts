import type { FiringAlert } from '../alertmanager/alertmanager.ts';

/**
 * A story is one alert that fires in the sandbox, with what is wrong behind it:
 *
 *   broken ──somebody changes the workload, or nothing fails any more──▶ recovering ──all good for a while──▶ (ended)
 *
 * Broken, the pods crash and the numbers are bad. Recovering, the numbers go back. When it ends the alert is resolved, so whoever pressed
 * the right button sees it help. A story without a workload ends only by hand.
 */
export interface Story {
  readonly system: string;
  readonly alert: string;
  readonly environment: string;
  readonly startedAt: string;
  readonly phase: 'broken' | 'recovering';
  /** Of the workload when it broke: another one says that somebody changed it. */
  readonly changeMark: string;
  readonly goodSince: string | null;
  readonly firing: FiringAlert;
}

const goodForMs = 30_000;

export interface Sight {
  /** Somebody changed the workload since the story began. */
  readonly isChanged: boolean;
  /** Everything runs and nothing fails at this moment. */
  readonly isWell: boolean;
  readonly breaksPods: boolean;
  readonly now: Date;
}

/** The story after a look at the world; itself where nothing changes. */
export function nextOf(story: Story, { isChanged, isWell, breaksPods, now }: Sight): Story | 'ended' {
  if (!isWell) return story.goodSince === null ? story : { ...story, goodSince: null };
  const goodSince = story.goodSince ?? now.toISOString();
  const isLastingly = now.getTime() - Date.parse(goodSince) >= goodForMs;
  if (story.phase === 'recovering') return isLastingly ? 'ended' : story.goodSince === null ? { ...story, goodSince } : story;
  // Between two crashes all pods are up for a second, so without a change only a lasting good counts.
  if (isChanged || (breaksPods && isLastingly)) return { ...story, phase: 'recovering', goodSince: now.toISOString() };
  return breaksPods && story.goodSince === null ? { ...story, goodSince } : story;
}
