import { readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';

/**
 * Places where a test lets the process die, freeze, stop or fail: between any two steps of which a fault may lie. Compiled in, so that what is tested is
 * what runs; without STOCKOPS_FAILPOINTS in the environment of the process they do nothing.
 */
export const failpoints = {
  // A webhook, and what becomes of it.
  'webhook.before-commit': 'a body has been read and is not stored',
  'webhook.after-commit': 'a body is stored; its sender has no answer yet',
  'notification.after-claim': 'a stored body is taken in hand',
  'notification.before-commit': 'its alerts are applied, in a transaction that is still open',
  'notification.after-commit': 'its alerts are applied; nobody has been told',
  'page.after-claim': 'a page is due and taken in hand',
  'page.before-send': 'PagerDuty is about to be told',
  'page.after-send': 'PagerDuty has answered; the answer is not on record',
  'page.after-commit': 'the answer of PagerDuty is on record',
  'card.after-claim': 'a message is to be posted or edited, and taken in hand',
  'card.before-post': 'it is on record that the message is being posted; Slack knows nothing of it',
  'card.after-post': 'Slack shows the message; its place is not on record',
  'card.before-update': 'a message is about to be edited',
  'card.after-update': 'Slack shows the message anew; that is not on record',
  'card.after-commit': 'what Slack shows is on record',
  'card.before-lookup': 'a post whose answer was lost is about to be looked for',

  // What a person does in Slack.
  'submission.before-answer': 'a modal was sent; what is wrong with it has not been looked for',
  'interaction.before-store': 'a press, a command or a modal has come and is not stored',
  'interaction.after-store': 'it is stored; Slack has no acknowledgement yet',
  'interaction.after-acknowledge': 'Slack has its acknowledgement; nothing has been done',
  'interaction.after-claim': 'a stored press, command or modal is taken in hand',
  'interaction.before-finish': 'it has been carried out; that is not on record',
  'interaction.after-finish': 'it has been carried out, and that is on record',
  'view.before-open': 'a modal is about to be opened',
  'view.after-open': 'a modal is open; what belongs in it is not there yet',
  'incident.before-commit': 'somebody acts on an incident, in a transaction that is still open',
  'incident.after-commit': 'what somebody did to an incident is on record',

  // Request and approval.
  'plan.before-store': 'a plan is worked out and is not stored',
  'plan.after-store': 'a plan is stored; the person does not see it yet',
  'request.before-commit': 'a plan is being confirmed, in a transaction that is still open',
  'request.before-ask': 'a plan is confirmed; those who may approve have not been asked',
  'approval.before-commit': 'somebody approves, in a transaction that is still open',
  'denial.before-commit': 'somebody denies, in a transaction that is still open',
  'withdrawal.before-commit': 'the request is being withdrawn, in a transaction that is still open',
  'settlement.before-commit': 'somebody says whether it happened, in a transaction that is still open',
  'decision.after-commit': 'what somebody decided on a plan is on record; nobody has been told',
  'expiry.before-commit': 'a plan runs out, in a transaction that is still open',
  'expiry.after-commit': 'a plan has run out',

  // The run.
  'duty.after-claim': 'a duty is due and taken in hand',
  'duty.before-finish': 'a duty has been done; that is not on record',
  'duty.after-finish': 'a duty has been done, and that is on record',
  'run.before-started': 'the target and the people have been looked at again; nothing is on record',
  'run.before-start-commit': '`started` is written, in a transaction that is still open',
  'run.after-started': '`started` is on record; nothing has been sent',
  'run.during-effect': 'the effect is being sent; no answer has come',
  'run.after-effect': 'the effect has been answered; the answer is not on record',
  'run.before-receipt-commit': 'the answer is written, in a transaction that is still open',
  'run.after-receipt': 'the answer is on record',
  'run.before-unknown-commit': '`unknown` is written, in a transaction that is still open',
  'run.after-unknown': '`unknown` is on record; nobody has looked for evidence',
  'watch.after-look': 'a running change has been looked at; what was seen is not on record',
  'run.before-outcome': 'how it ended is known and not on record',
  'run.after-outcome': 'how it ended is on record',

  // Evidence, where nobody knows whether it happened.
  'evidence.before-look': 'evidence is about to be looked for',
  'evidence.after-look': 'evidence was found, or not; that is not on record',
  'evidence.after-commit': 'what the evidence says is on record',
} as const satisfies Record<string, string>;
export type Failpoint = keyof typeof failpoints;

/**
 * `crash`: as `kill -9` would. `hang`: the process stands still for good, as in an endless loop. `stop`: as SIGSTOP would, until somebody sends SIGCONT.
 * `error`: the step throws. `delay`: the process stands still for two seconds.
 */
export const faults = ['crash', 'hang', 'stop', 'error', 'delay'] as const;
export type Fault = (typeof faults)[number];

const delayMs = 2_000;
const setting = process.env['STOCKOPS_FAILPOINTS'] ?? '';

/**
 * Armed by name and fault: `run.after-effect=error,card.after-post` (a crash, where no fault is named). With `@path`, by what that file says at the moment,
 * so that a process can be armed while it runs; what is met is taken out of the file, so of several processes one has the fault, once. It is said on stderr
 * first.
 */
export function failpoint(name: Failpoint): void {
  if (setting !== '') meet(name);
}

function meet(name: Failpoint): void {
  const entries = (setting.startsWith('@') ? read(setting.slice(1)) : setting).split(',');
  const armed = entries.find((entry) => entry.split('=')[0] === name);
  if (armed === undefined) return;
  if (setting.startsWith('@') && !take(setting.slice(1), entries.filter((entry) => entry !== armed))) return;
  const fault = armed.split('=')[1] ?? 'crash';
  writeSync(2, `failpoint ${name}=${fault} in ${process.pid}\n`);
  switch (fault) {
    case 'hang':
      return standStill(Infinity);
    case 'delay':
      return standStill(delayMs);
    case 'stop':
      return void process.kill(process.pid, 'SIGSTOP');
    case 'error':
      throw new Error(`the failpoint ${name}`);
    default:
      process.kill(process.pid, 'SIGKILL');
      // The signal may come a moment later, and nothing more may happen here.
      return standStill(Infinity);
  }
}

function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Of several processes the one whose renaming succeeds has it. The others in the file stay armed. */
function take(path: string, rest: readonly string[]): boolean {
  try {
    renameSync(path, `${path}.met`);
    if (rest.length > 0) writeFileSync(path, rest.join(','));
    return true;
  } catch {
    return false;
  }
}
