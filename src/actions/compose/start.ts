import { defineWrite } from '../define-primitive.ts';
import { NoParameters } from '../parameters.ts';
import { evidenceOfStart, observeContainer, planControl, progressOfStart } from './control.ts';

/** Starts the stopped container of a Compose service as it was made; it takes up no change of the file. */
export const start = defineWrite({
  id: 'compose.start',
  target: 'compose',
  params: NoParameters,
  rights: [],
  observe: observeContainer,
  plan: ({ target, observed }) =>
    planControl('start', target, observed, {
      summary: `Start ${target.service}`,
      after: 'started again, unchanged',
      warnings: ['Changes of the Compose file or its variables are not taken up by a start.'],
      undo: { primitive: 'compose.stop', params: {} },
    }),
  progress: progressOfStart,
  evidence: evidenceOfStart,
});
