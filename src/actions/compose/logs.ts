import { z } from 'zod';
import { lastBytes } from '../../support/last-bytes.ts';
import { defineRead, type Reading } from '../define-primitive.ts';
import { Grep, Tail } from '../parameters.ts';
import { count } from '../wording.ts';

/** The last lines that the target's service has written. */
export const logs = defineRead({
  id: 'compose.logs',
  target: 'compose',
  params: z.strictObject({ tail: Tail.default(100), grep: Grep.optional() }),
  rights: [],
  read: async (context, target, params): Promise<Reading> => {
    const text = await context.ports.compose.log(target, params.tail, context.signal);
    const lines = text.split('\n').filter((line) => line !== '' && (params.grep === undefined || line.includes(params.grep)));
    return {
      headline: `${count(lines.length, 'line')}${params.grep === undefined ? '' : ` with “${params.grep}”`} from ${target.service}`,
      state: 'neutral',
      lines: [],
      text: { title: `Log of ${target.service}`, body: lastBytes(lines.join('\n')) },
    };
  },
});
