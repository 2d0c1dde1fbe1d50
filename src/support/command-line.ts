import { StockOpsError } from './errors.ts';

declare const checked: unique symbol;
/** Arguments of a program that were held to the grammar below. Only `commandLine` makes one, and only one of these reaches a program. */
export type CommandLine = string[] & { readonly [checked]: true };

const word = /^[a-z][a-z-]*$/;
const flag = /^--[a-z][a-z-]*(=[^\p{Cc}]*)?$/u;
const name = /^[^-\p{Cc}][^\p{Cc}]*$/u;
const largestBytes = 64 * 1024;

/**
 * Why something is no command line of ours; `null`: it is one. Words of the command and `--flag=value` come first, then `--`, then names. No name begins with `-`,
 * nothing is empty, and no value holds a control character: so no value becomes a flag, a second value, or a second line (P-3, T-06).
 */
export function whyNotCommandLine(argv: readonly string[]): string | null {
  const end = argv.indexOf('--');
  const flags = end === -1 ? argv : argv.slice(0, end);
  const names = end === -1 ? [] : argv.slice(end + 1);
  const wrong = flags.find((argument) => !word.test(argument) && !flag.test(argument)) ?? names.find((argument) => !name.test(argument)) ?? argv.find((argument) => !argument.isWellFormed());
  if (wrong !== undefined) return `${JSON.stringify(wrong.slice(0, 80))} may not stand in a command line`;
  return argv.reduce((bytes, argument) => bytes + argument.length, 0) > largestBytes ? 'it is longer than a command line may be' : null;
}

/** @throws StockOpsError for what does not fit the grammar; nothing was started then */
export function commandLine(argv: readonly string[]): CommandLine {
  const why = whyNotCommandLine(argv);
  if (why !== null) throw new StockOpsError('NOT_CONFIGURED', `Nothing was started: ${why}.`);
  return argv as CommandLine;
}
