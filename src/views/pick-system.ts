import { button, buttons, context, message, section, type MessageContent } from './blocks.ts';
import { mrkdwn, truncate } from './mrkdwn.ts';

/** Which one is meant, where neither the thread nor the channel says. Nothing happens before it is named. */
export interface PickSystem {
  /** What was typed after `/stock`, gone on with once one is picked: `scale 5`. */
  readonly rest: string;
  /** Those that can, with what tells them apart. */
  readonly candidates: readonly { readonly systemId: string; readonly systemName: string; readonly environment: string | null; readonly detail: string | null }[];
}

export function pickSystem({ rest, candidates }: PickSystem): MessageContent {
  const asked = truncate(rest, 300);
  // A command that a button cannot carry whole is typed again; half of it would be another one.
  const carried = asked === rest ? { rest } : {};
  const choose = candidates.slice(0, 40).map((candidate) => {
    const control = { verb: 'system.pick', systemId: candidate.systemId, ...(candidate.environment !== null && { environment: candidate.environment }), ...carried } as const;
    return { candidate, button: button(candidate.environment === null ? candidate.systemName : `${candidate.systemName} · ${candidate.environment}`, control) };
  });
  const few = choose.length <= 5 && choose.every(({ candidate }) => candidate.detail === null);
  return message(mrkdwn`Which one? ${asked === '' ? null : mrkdwn`*/stock ${asked}*`}`, [
    ...(few ? [buttons(...choose.map((choice) => choice.button))] : choose.map(({ candidate, button: pick }) => section(mrkdwn`*${candidate.systemName}*${candidate.detail === null ? null : mrkdwn` · ${truncate(candidate.detail, 200)}`}`, pick))),
    candidates.length > choose.length ? context(mrkdwn`${candidates.length - choose.length} more: write the system's name after /stock.`) : null,
  ]);
}
