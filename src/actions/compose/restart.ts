import { defineWrite } from '../define-primitive.ts';
import { NoParameters } from '../parameters.ts';
import { evidenceOfStart, observeContainer, planControl, progressOfStart } from './control.ts';

/** Stops and starts the same container of a Compose service. */
export const restart = defineWrite({
  id: 'compose.restart',
  target: 'compose',
  params: NoParameters,
  rights: [],
  observe: observeContainer,
  plan: ({ target, observed }) =>
    planControl('restart', target, observed, {
      summary: `Restart ${target.service}`,
      after: 'the same container, started anew',
      warnings: [`${target.service} answers nothing for a few seconds.`, 'Changes of the Compose file or its variables are not taken up by a restart.'],
      undo: { impossible: 'A restart changes no version, so there is nothing to go back to.' },
    }),
  progress: progressOfStart,
  evidence: evidenceOfStart,
});
