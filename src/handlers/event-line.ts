import type { AlertEvent } from '../incidents/apply-alert-group.ts';
import { titleOf } from '../incidents/title.ts';
import type { MessageContent } from '../views/blocks.ts';
import { eventNote } from '../views/thread-note.ts';

export function eventLine({ alert, rule, system }: AlertEvent): MessageContent {
  return eventNote({ systemName: system.name, environment: null, text: titleOf(rule, alert.labels, alert.annotations) });
}
