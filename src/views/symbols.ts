import { mrkdwn } from './mrkdwn.ts';

/** One per message, in the first place; the words carry the meaning and the symbol only repeats it. There are no others. */
export const symbols = {
  triggered: mrkdwn`🔴`,
  acknowledged: mrkdwn`🟠`,
  resolved: mrkdwn`🟢`,
  waits: mrkdwn`🟡`,
  running: mrkdwn`⏳`,
  done: mrkdwn`✅`,
  failed: mrkdwn`❌`,
  unknown: mrkdwn`❓`,
} as const;
