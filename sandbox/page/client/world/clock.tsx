import { advanceClock } from '../actions.ts';
import { timeWithSecondsOf, useNow, weekdayOf } from '../time.ts';
import type { World } from '../wire.ts';

const minute = 60_000;
const steps = [
  { label: '+1 min', advanceMs: minute },
  { label: '+5 min', advanceMs: 5 * minute },
  { label: '+15 min', advanceMs: 15 * minute },
  { label: '+1 h', advanceMs: 60 * minute },
];

export function Clock({ world }: { world: World }) {
  const now = useNow(1000);
  return (
    <section class="clock" aria-label="Clock">
      <p class="clock-now">
        <time dateTime={now.toISOString()}>{timeWithSecondsOf(now)}</time>
        <span>{aheadOf(world.offsetMs) || weekdayOf(now)}</span>
      </p>
      <div class="clock-steps" role="group" aria-label="Move the clock on">
        {steps.map(({ label, advanceMs }) => <button key={label} type="button" class="chip" onClick={() => void advanceClock(advanceMs)}>{label}</button>)}
      </div>
    </section>
  );
}

function aheadOf(offsetMs: number): string {
  const minutes = Math.round(offsetMs / minute);
  if (minutes === 0) return '';
  const hours = Math.floor(minutes / 60);
  return [hours > 0 && `${hours} h`, minutes % 60 > 0 && `${minutes % 60} min`].filter(Boolean).join(' ') + ' ahead of your clock';
}
