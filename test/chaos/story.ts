/**
 * One write from the wish to its end, or one alert from the webhook to its card, with one fault on the way. The person does what a person would: what they
 * are told has failed they do again, for everything else they wait.
 */
import type { AppAnswer } from '../../sandbox/slack/delivery/delivery.ts';
import type { Message } from '../../sandbox/slack/state.ts';
import { systemClock } from '../../src/support/clock.ts';
import type { Failpoint, Fault } from '../../src/support/failpoints.ts';
import { effectsSeen } from '../harness/checker.ts';
import { buttonOf, labelsOf, textOf } from '../harness/messages.ts';
import { notificationOf } from '../harness/test-bot.ts';
import type { Installation, Met } from './bot-process.ts';
import { isForgotten, mayEndUndone, stageOf, type Stage } from './points.ts';
import { wishFor, type Family } from './wishes.ts';

export interface Row {
  readonly point: Failpoint;
  readonly fault: Fault;
  readonly family: Family;
}
export interface Ending {
  /** With what the message begins at the end. */
  readonly sign: '✅' | '❌' | '–';
  readonly effects: number;
  /** How it ended where it was not known at first. */
  readonly closed: 'by evidence' | 'by a person' | null;
}

const oncall = 'U0ONCALL';
const approver = 'U0APPROVER';
const withinMs = 90_000;
/** Longer than a started run may stand still before it is sent (`sendWithinMs` in runs/start.ts). */
const stoppedForMs = 11_000;

export async function play(installation: Installation, row: Row): Promise<Ending> {
  const stage = stageOf[row.point];
  if (installation.running.length === 0) await installation.start();
  const ending = await (stage === 'webhook' || stage === 'lookup' || stage === 'incident' ? playAlert(installation, row, stage) : playWrite(installation, row, stage)).catch((error: unknown) => {
    throw new Error(`${row.point}=${row.fault} in ${row.family}: ${error instanceof Error ? error.message : String(error)}\n${installation.log()}`, { cause: error });
  });
  await installation.disarm();
  // One process goes on.
  for (const one of installation.running.slice(1)) await one.kill();
  await installation.leasesRunOut();
  return ending;
}

/** Does what the fault asks of the world around the process. */
async function suffer(installation: Installation, { process, fault }: Met): Promise<void> {
  switch (fault) {
    case 'crash':
      return startAgain(installation, process);
    case 'hang': {
      // Whoever looks after the process finds that it does not answer, and ends it.
      const answered = await fetch(`${process.operationsUrl}/livez`, { signal: AbortSignal.timeout(1_000) }).then(() => true, () => false);
      if (answered) throw new Error('a process that hangs has answered');
      process.signal('SIGKILL');
      return startAgain(installation, process);
    }
    case 'stop':
      if (installation.isOnPostgres) {
        // Another replica takes over what the stopped one holds; then that one wakes.
        const patience = systemClock.sleep(stoppedForMs);
        await installation.leasesRunOut();
        await installation.start();
        await patience;
      } else await systemClock.sleep(1_000);
      return process.signal('SIGCONT');
    case 'error':
    case 'delay':
      return;
  }
}

async function startAgain(installation: Installation, process: Met['process']): Promise<void> {
  const ending = await process.ended;
  if (ending !== 'SIGKILL') throw new Error(`the bot ended by ${ending} and not by SIGKILL`);
  await installation.standIns.slack.until((slack) => slack.connectionCount < installation.running.length + 1, { withinMs, what: 'the end of the dead connection' });
  await installation.leasesRunOut();
  await installation.start();
}

/**
 * An act of a person that nothing is to strike. Done again when Slack says that the bot is not connected; and when Slack says that the bot did not answer, after a
 * look whether it has gone on all the same.
 */
async function reaching(act: () => Promise<AppAnswer | null>, hasGoneOn: () => boolean = () => true): Promise<void> {
  for (;;) {
    const answer = await act();
    if (answer === null || answer.problem === null) return;
    for (let looks = 0; looks < (answer.problem === 'operation_timeout' ? 40 : 1); looks += 1) {
      await systemClock.sleep(500);
      if (answer.problem === 'operation_timeout' && hasGoneOn()) return;
    }
  }
}

/** An act of a person during which the fault strikes. Done again where they are told that it failed and nothing of it was stored. */
async function struck(installation: Installation, row: Row, before: readonly string[], act: () => Promise<AppAnswer | null>): Promise<void> {
  await installation.arm(row.point, row.fault, before);
  const meeting = installation.untilMet();
  let answered = act();
  // Nobody was connected, as may be on a busy machine: then nothing has come to the bot.
  while ((await Promise.race([meeting.then(() => null), answered]))?.problem === 'dispatch_failed') {
    await systemClock.sleep(500);
    answered = act();
  }
  await suffer(installation, await meeting);
  const answer = await answered;
  if (!isForgotten.has(row.point) || row.fault === 'stop') return;
  // F-19: the person sees an error.
  if (answer === null || answer.problem === null) throw new Error('nothing was stored, and the person was told nothing');
  await act();
}

async function playWrite(installation: Installation, row: Row, stage: Stage): Promise<Ending> {
  const { standIns } = installation;
  const { slack } = standIns;
  const wish = stage === 'expire' ? { command: 'stock-api stop', channel: 'stock-api' } : wishFor(row.family, standIns);
  const { command, channel } = wish;
  if ('prepare' in wish) wish.prepare?.(standIns);
  const effectsBefore = effectsSeen(standIns).length;
  const inChannel = () => slack.channel(channel).messages();
  const messagesBefore = inChannel().length;
  // A process that stood still and one that took over may each show a plan; the one that nobody confirms runs out.
  const message = (): Message | undefined => {
    const own = inChannel().slice(messagesBefore);
    return own.find((each) => !textOf(each).includes('to confirm')) ?? own[0];
  };
  const inModals = () => slack.views(oncall).map((view) => textOf({ blocks: view.content['blocks'] as Message['blocks'], text: '' })).join('\n') || 'nothing';
  const until = async (is: () => boolean, what: string): Promise<void> => {
    await slack.until(is, { withinMs, what }).catch((error: unknown) => {
      throw new Error(`${(error as Error).message}\nThe message of "${command}" says: ${textOf(message()) || 'nothing'}\nIn modals: ${inModals()}`);
    });
  };
  const during = (at: Stage, act: () => Promise<AppAnswer | null>, before: readonly string[] = []) => (stage === at ? struck(installation, row, before, act) : reaching(act));
  const press = (as: string, label: string) => slack.press({ as, channel, ts: message()!.ts, actionId: buttonOf(message(), label) });
  const submit = async (as: string, values?: Record<string, string>) => (await slack.submit({ as, ...(values !== undefined && { values }) })).answer;

  // Asks, and sees the plan: in a modal, or in the channel where a modal could no longer be opened.
  const planModal = () => slack.views(oncall).findLast((view) => view.content['callback_id'] === 'plan.confirm');
  if (stage === 'expire') {
    await installation.arm(row.point, row.fault);
    await reaching(() => slack.command({ as: oncall, channel, command: '/stock', text: command }));
    await until(() => planModal() !== undefined, 'a plan that runs out');
    await suffer(installation, await installation.untilMet());
    if (slack.views(oncall).length > 0) await slack.closeView({ as: oncall, isCleared: true });
    return { sign: '–', effects: demandEffects(installation, effectsBefore, 0), closed: null };
  }
  const isDoneWith = await installation.counting('command');
  const ask = () => slack.command({ as: oncall, channel, command: '/stock', text: command });
  // In a window, or, where it came too late for one, beside what was typed.
  let tellingsSeen = slack.ephemerals(oncall).length;
  const refusal = (): string | null => {
    if (slack.views(oncall).some((view) => view.content['callback_id'] === 'plan.read') && !/Working out|It is tried again by itself/.test(inModals())) return inModals();
    // Slack's own word that nobody is connected is no answer, and what the bot tries again by itself is none yet.
    const told = slack.ephemerals(oncall).slice(tellingsSeen).find((telling) => !/failed with the error|It is tried again by itself/.test(`${telling.text}${textOf(telling)}`));
    return told === undefined ? null : `${told.text}\n${textOf(told)}`;
  };
  await during('ask', ask);
  for (let tries = 0; ; tries += 1) {
    const isThere = () => planModal() !== undefined || labelsOf(message()).includes('Confirm…');
    await until(() => isThere() || refusal() !== null, 'the plan');
    if (isThere()) break;
    const why = refusal() ?? '';
    // On a busy machine the outside does not always answer in time, and Slack is asked for its groups by each process anew. Then nothing has happened, and a person asks again.
    if (!/did not answer|No answer|cannot be reached|did not say/.test(why) || tries > 20) throw new Error(`it was refused: ${why}`);
    await systemClock.sleep(5_000);
    tellingsSeen = slack.ephemerals(oncall).length;
    if (slack.views(oncall).length > 0) await slack.closeView({ as: oncall, isCleared: true });
    await reaching(ask);
  }
  // What was typed is done with, so what is struck next is what is done next.
  if (stage !== 'ask') await isDoneWith();
  if (planModal() === undefined) {
    if (slack.views(oncall).length > 0) await slack.closeView({ as: oncall, isCleared: true });
    await reaching(() => press(oncall, 'Confirm…'), () => planModal() !== undefined);
    await until(() => planModal() !== undefined, 'the plan, opened from the channel');
  }

  // Confirms it, and others approve.
  const lostAnswer = stage === 'evidence' ? ['run.after-effect=error'] : stage === 'settle' ? ['run.after-started=error'] : [];
  const viewId = planModal()!.id;
  const needsOthers = !JSON.stringify(planModal()?.content).includes('You decide alone');
  if (stage === 'evidence') await installation.arm(row.point, row.fault, lostAnswer);
  if (stage === 'settle') await installation.arm('run.after-started', 'error');
  if (stage === 'watch') await installation.arm(row.point, row.fault);
  const sufferedLater = stage === 'watch' || stage === 'evidence' ? installation.untilMet(withinMs).then((met) => suffer(installation, met)) : null;
  sufferedLater?.catch(() => {});
  // What lies in the run itself is met when the last one has agreed.
  const struckNow = stage === 'confirm' && !(needsOthers && /^(?:run|duty)\./.test(row.point));
  const confirm = async () => (slack.views(oncall).some((view) => view.id === viewId) ? (await slack.submit({ as: oncall, viewId })).answer : null);
  if (struckNow) await struck(installation, row, [], confirm);
  else await reaching(confirm, () => message() !== undefined && !textOf(message()).includes('to confirm'));
  await until(() => message() !== undefined, 'a message about it');
  await until(() => labelsOf(message()).includes('Approve') || !(message()?.text ?? '').startsWith('🟡'), 'that it starts, or waits for approval');
  if (labelsOf(message()).includes('Approve')) {
    if (stage === 'deny') {
      await reaching(() => press(approver, 'Deny…'));
      await until(() => slack.views(approver).length > 0, 'the question why');
      await struck(installation, row, [], () => submit(approver, { reason: 'Not now.' }));
      await until(() => message()?.text.startsWith('❌') === true, 'that it was denied');
      return { sign: '❌', effects: demandEffects(installation, effectsBefore, 0), closed: null };
    }
    if (stage === 'withdraw') {
      await struck(installation, row, [], () => press(oncall, 'Withdraw'));
      await until(() => message()?.text.startsWith('❌') === true, 'that it was withdrawn');
      return { sign: '❌', effects: demandEffects(installation, effectsBefore, 0), closed: null };
    }
    const approve = () => press(approver, 'Approve');
    if (stage === 'approve' || (stage === 'confirm' && !struckNow)) await struck(installation, row, [], approve);
    else await reaching(approve, () => !labelsOf(message()).includes('Approve'));
  }
  await sufferedLater;
  return theEnd();

  async function theEnd(): Promise<Ending> {
    const seen = () => effectsSeen(standIns).length - effectsBefore;
    const isOver = () => /^[✅❌]/u.test(message()?.text ?? '');
    const isUnknown = () => message()?.text.startsWith('❓') === true && !textOf(message()).includes('Looking at what can be seen');
    await until(() => isOver() || isUnknown(), 'how it ended');
    const wasUnknown = !isOver();
    // What did happen is found out by itself, sooner or later; for what did not a person need not wait.
    if (wasUnknown && seen() > 0) await until(isOver, 'the evidence that it happened');
    else if (wasUnknown) await settle();
    const sign = message()!.text.startsWith('✅') ? '✅' : '❌';
    if (sign === '❌' && seen() === 0 && !mayEndUndone.has(row.point) && stage !== 'settle') throw new Error(`it was not done: ${textOf(message())}`);
    const effects = demandEffects(installation, effectsBefore, ...(mayEndUndone.has(row.point) || stage === 'settle' ? [0, 1] : [1]));
    if ((sign === '✅') !== (effects === 1)) throw new Error(`${effects} effects, and the message says: ${textOf(message())}`);
    if (slack.views(oncall).length > 0) await slack.closeView({ as: oncall, isCleared: true });
    // With the answer thrown away it was not known, however short.
    return { sign, effects, closed: !wasUnknown && stage !== 'evidence' ? null : effects === 1 ? 'by evidence' : 'by a person' };
  }

  /** A person has looked, and says so; nothing is sent for that. */
  async function settle(): Promise<void> {
    const isAsked = () => slack.views(oncall).some((view) => String(view.content['callback_id']).startsWith('run.it'));
    const isOver = () => /^[✅❌]/u.test(message()?.text ?? '');
    await reaching(() => press(oncall, 'It did not…'), () => isAsked() || isOver());
    await until(() => isAsked() || isOver(), 'the question how they know');
    // Whoever had it in hand has woken and said that it sent nothing.
    if (!isAsked()) return;
    const answer = () => submit(oncall, { reason: 'Looked at it.' });
    if (stage === 'settle') await struck(installation, row, [], answer);
    else await reaching(answer);
    await until(() => message()?.text.startsWith('❌') === true, 'that it is settled');
  }
}

function demandEffects({ standIns }: Installation, before: number, ...allowed: readonly number[]): number {
  const effects = effectsSeen(standIns).length - before;
  if (!allowed.includes(effects)) throw new Error(`${effects} effects where there may be ${allowed.join(' or ')}`);
  return effects;
}

/** An alert until its card and its page; in `incident` until somebody has it. */
async function playAlert(installation: Installation, row: Row, stage: Stage): Promise<Ending> {
  const { slack, pagerduty } = installation.standIns;
  const about = `row-${systemClock.now().getTime()}`;
  const labels = { alertname: 'ServiceDown', namespace: 'stock-service', job: 'stock-service', severity: 'critical', about };
  const startsAt = systemClock.now();
  const notify = (endsAt: Date | null) => installation.send(notificationOf([{ labels, startsAt, endsAt }], { groupKey: `{}:{about="${about}"}` }));
  const cards = () => slack.channel('alerts').messages().filter((message) => message.metadata !== null && JSON.stringify(message).includes('ServiceDown')).slice(cardsBefore);
  const cardsBefore = slack.channel('alerts').messages().filter((message) => message.metadata !== null && JSON.stringify(message).includes('ServiceDown')).length;
  const pagesBefore = new Set(pagerduty.received.map(({ dedupKey }) => dedupKey)).size;

  if (stage !== 'incident') await installation.arm(row.point, row.fault, stage === 'lookup' ? ['card.after-post=error'] : []);
  const answered = notify(null);
  if (stage !== 'incident') await suffer(installation, await installation.untilMet());
  // Alertmanager brings it again until it is told that it was taken (P-7).
  if ((await answered) !== 200) {
    if (row.fault === 'crash' || row.fault === 'hang') await installation.leasesRunOut();
    if ((await notify(null)) !== 200) throw new Error('the webhook is not taken');
  }
  await slack.until(() => cards().length > 0 && textOf(cards()[0]).includes('paged'), { withinMs, what: `a card that says who was paged; it says: ${textOf(cards()[0])}` });
  if (stage === 'incident') {
    const [card] = cards();
    await struck(installation, row, [], () => slack.press({ as: oncall, channel: 'alerts', ts: card!.ts, actionId: buttonOf(card, 'Acknowledge') }));
    await slack.until(() => cards()[0]?.text.startsWith('🟠') === true, { withinMs, what: `a card that says who has it; it says: ${cards()[0]?.text ?? ''}` });
  }
  if (cards().length !== 1) throw new Error(`there are ${cards().length} cards`);
  const paged = new Set(pagerduty.received.map(({ dedupKey }) => dedupKey)).size - pagesBefore;
  if (paged !== 1) throw new Error(`${paged} alerts in PagerDuty`);
  await notify(systemClock.now());
  return { sign: '–', effects: 0, closed: null };
}
