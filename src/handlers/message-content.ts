import type { Message } from '../storage/outbox.ts';
import type { MessageContent } from '../views/blocks.ts';
import { diagnosticsMessage } from '../views/diagnostics.ts';
import { readDiagnostics } from './diagnose.ts';
import type { Bot } from './bot.ts';
import { freezeContent } from './hold-content.ts';
import { incidentContent } from './incident-content.ts';
import { approvalContent, brokenGlassContent, reminderContent, runContent } from './run-content.ts';
import { stormContent, stormPageContent } from './storm-content.ts';

/** What a message says now, by its kind. `null`: what it was about is gone, so it is not sent. */
export async function messageContent(bot: Bot, message: Message): Promise<MessageContent | null> {
  switch (message.kind) {
    case 'card':
      return incidentContent(bot, Number(message.subject));
    case 'run':
      return runContent(bot, message.subject);
    case 'approval':
      return approvalContent(bot, message.subject);
    case 'freeze':
      return freezeContent(bot, message.subject);
    case 'reminder':
      return reminderContent(bot, message);
    case 'glass':
      return brokenGlassContent(bot, message.subject);
    case 'diagnostics': {
      const diagnostics = readDiagnostics(message.content, bot.clock.now());
      return diagnostics && diagnosticsMessage(diagnostics);
    }
    case 'storm':
      return stormContent(bot, Number(message.subject));
    case 'stormPage': {
      const [stormId, page] = message.subject.split(':').map(Number);
      return stormPageContent(bot, stormId ?? 0, page ?? 0);
    }
    default:
      return message.content as unknown as MessageContent | null;
  }
}
