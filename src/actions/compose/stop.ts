import { defineWrite } from '../define-primitive.ts';
import { NoParameters } from '../parameters.ts';
import { evidenceOfStop, observeContainer, planControl, progressOfStop } from './control.ts';

/** Stops the container of a Compose service and keeps it, so that it can be started again as it was. */
export const stop = defineWrite({
  id: 'compose.stop',
  target: 'compose',
  params: NoParameters,
  rights: [],
  observe: observeContainer,
  plan: ({ target, observed }) =>
    planControl('stop', target, observed, {
      summary: `Stop ${target.service}`,
      after: 'stopped',
      warnings: [`${target.service} answers nothing until someone starts it again.`],
      conditions: ['to_zero'],
      undo: { primitive: 'compose.start', params: {} },
    }),
  progress: progressOfStop,
  evidence: evidenceOfStop,
});
