import { claimInteraction, claimLeftInteraction, failInteraction, finishInteraction, nextLeftInteractionAt, type StoredInteraction } from '../storage/interactions.ts';
import { StockOpsError } from '../support/errors.ts';
import { failpoint } from '../support/failpoints.ts';
import { messageOf } from '../support/log.ts';
import type { Interaction } from '../views/slack-port.ts';
import type { Bot } from './bot.ts';
import { handleCommand } from './command.ts';
import { handleHome } from './home.ts';
import type { Lane } from './lanes.ts';
import { handlePress } from './press.ts';
import { renewWhile } from './renew-lease.ts';
import { failed } from './reply.ts';
import { handleSubmission } from './submission.ts';

/** Carries out what a person did, as soon as it is stored. Never rejects: what fails is told to the person and tried again from its row. */
export async function handleInteraction(bot: Bot, interaction: Interaction): Promise<void> {
  const stored = await claimInteraction(bot.db, interaction.key, bot.owner, bot.clock.now());
  if (stored !== undefined) await carryOut(bot, stored);
}

/** Takes over what was stored by a process that did not get to it. */
export function interactionsLane(bot: Bot): Lane {
  return {
    name: 'interactions',
    step: async (now) => {
      const stored = await claimLeftInteraction(bot.db, bot.owner, now);
      if (stored === undefined) return false;
      await carryOut(bot, stored);
      return true;
    },
    nextAt: () => nextLeftInteractionAt(bot.db),
  };
}

async function carryOut(bot: Bot, stored: StoredInteraction): Promise<void> {
  const interaction = stored.payload as unknown as Interaction;
  try {
    failpoint('interaction.after-claim');
    await renewWhile(bot, 'interactions', stored, dispatch(bot, interaction));
    failpoint('interaction.before-finish');
    await finishInteraction(bot.db, stored);
    failpoint('interaction.after-finish');
    bot.metrics.interactions.inc({ kind: stored.kind, outcome: 'handled' });
  } catch (error) {
    // The outside did not answer: the person knows, and may press again. A bug of ours is tried again from the row.
    const isExpected = error instanceof StockOpsError;
    if (isExpected) await finishInteraction(bot.db, stored);
    else await failInteraction(bot.db, stored, messageOf(error), bot.clock.now());
    bot.metrics.interactions.inc({ kind: stored.kind, outcome: 'failed' });
    bot.log[isExpected ? 'warn' : 'error']('An interaction failed', { interaction: stored.id, kind: stored.kind, error: messageOf(error) });
    await failed(bot, interaction, error);
  }
  bot.wake();
}

function dispatch(bot: Bot, interaction: Interaction): Promise<void> {
  switch (interaction.kind) {
    case 'press':
      return handlePress(bot, interaction);
    case 'command':
      return handleCommand(bot, interaction);
    case 'submit':
      return handleSubmission(bot, interaction);
    case 'home':
      return handleHome(bot, interaction);
  }
}
