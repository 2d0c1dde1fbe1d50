import { readSettings, secretsOf, type Environment, type Settings } from '../config/settings.ts';
import type { Clock } from '../support/clock.ts';
import { messageOf, type Log } from '../support/log.ts';

/** Mounted Secrets change minutes after somebody has changed them; a few seconds more are not noticed, and reading ten small files costs nothing. */
const lookEveryMs = 5_000;

export interface CredentialFiles {
  /** Looks at once, as SIGHUP asks for. */
  look(): Promise<void>;
  stop(): void;
}

/**
 * Reads the files that settings name (`NAME_FILE`) again and again, and hands on their credentials when one has changed (T-17). By content, not by time: a
 * mounted Secret is a link that is turned. Settings that cannot be read or do not fit change nothing; the log says so once.
 */
export function watchCredentialFiles(parts: {
  readonly environment: Environment;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Log;
  readonly renew: (settings: Settings) => Promise<void>;
  readonly readFile?: (path: string) => string;
}): CredentialFiles {
  const { environment, clock, log } = parts;
  const stopped = new AbortController();
  let known = fingerprintOf(parts.settings);
  let complained = '';

  const look = async (): Promise<void> => {
    const read = readSettings(environment, parts.readFile);
    if (!read.ok) {
      const problems = read.problems.join('\n');
      if (problems !== complained) log.error('The changed settings are wrong; the old credentials stay in force', { problems });
      complained = problems;
      return;
    }
    complained = '';
    const found = fingerprintOf(read.settings);
    if (found === known) return;
    const before = known;
    // Set first, so that SIGHUP and the next look do not hand on the same twice.
    known = found;
    try {
      await parts.renew(read.settings);
    } catch (error) {
      known = before;
      log.error('The new credentials could not be taken; they are tried again', { error: messageOf(error) });
    }
  };
  const loop = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      await clock.sleep(lookEveryMs, stopped.signal);
      if (!stopped.signal.aborted) await look();
    }
  };
  void loop();
  return { look, stop: () => stopped.abort() };
}

const fingerprintOf = (settings: Settings): string => JSON.stringify([secretsOf(settings), [...settings.routingKeys]]);
