/**
 * Goal: a person finds their way around the sandbox's page and everything on a card works.
 * Method: headless Chromium on the page, with the small fixture server behind it, which records what the page asks for.
 */
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startFixtureServer, type FixtureServer } from '../../sandbox/page/fixture-server.ts';
import { openBrowser } from './browser.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(async () => {
  await browser.close();
});

interface Visit extends AsyncDisposable {
  readonly page: Page;
  readonly server: FixtureServer;
  /** The bodies of what was posted to this path, oldest first. */
  posted(path: string): readonly Record<string, unknown>[];
}

const desktop = { viewport: { width: 1400, height: 900 } };
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** A first-time visitor. What the browser complains about, a refused policy among it, fails the test at the end of the visit. */
async function visit(options: BrowserContextOptions = desktop, hash = ''): Promise<Visit> {
  const server = await startFixtureServer();
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(`${server.url}/${hash}`);
  await page.getByRole('article').first().waitFor();
  return {
    page,
    server,
    posted: (path) => server.received.filter((request) => request.path === path).map((request) => request.body),
    async [Symbol.asyncDispose]() {
      await context.close();
      await server[Symbol.asyncDispose]();
      expect(complaints).toEqual([]);
    },
  };
}

async function topOf(locator: Locator): Promise<number> {
  return (await locator.boundingBox())!.y;
}

async function bottomOf(locator: Locator): Promise<number> {
  const box = (await locator.boundingBox())!;
  return box.y + box.height;
}

const cardOf = (page: Page) => page.getByRole('main').getByRole('article').filter({ hasText: '2 of 3 pods do not answer' });

test('a card shows its words, its times in the reader’s zone, and its buttons in order', async () => {
  await using here = await visit({ ...desktop, timezoneId: 'Asia/Kolkata' });
  const card = cardOf(here.page);
  const buttons = await card.getByRole('button').allTextContents();
  expect(buttons.slice(0, 4)).toEqual(['Acknowledge', 'Restart…', 'Scale…', 'Roll back…']);
  const since = card.locator('time').nth(1);
  const instant = new Date((await since.getAttribute('datetime'))!);
  expect(await since.textContent()).toBe(new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Kolkata', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(instant));
  expect(await card.getByRole('link').allTextContents()).toEqual(['Graph', 'Dashboard', 'Alertmanager']);
  expect(await card.getByRole('link').first().getAttribute('rel')).toContain('noopener');
});

test('a press is told to the bot, and the edited card takes the place of the old one', async () => {
  await using here = await visit();
  const card = cardOf(here.page);
  await card.getByRole('button', { name: 'Acknowledge' }).click();
  await card.getByText('has it since').waitFor();
  expect(await card.getByRole('button', { name: 'Acknowledge' }).count()).toBe(0);
  expect(await card.getByText('(edited)').count()).toBe(1);
  expect(here.posted('/sandbox/press')).toMatchObject([{ as: 'U0ONCALL', channel: 'C0ALERTS', actionId: 'acknowledge', blockId: 'buttons', value: 'INC-42' }]);
});

test('a button that asks first tells the bot nothing until it is answered', async () => {
  await using here = await visit();
  await cardOf(here.page).getByRole('button', { name: 'Restart…' }).click();
  const question = here.page.getByRole('dialog', { name: 'Restart Stock Service?' });
  await question.getByRole('button', { name: 'Cancel' }).click();
  await question.waitFor({ state: 'detached' });
  expect(here.posted('/sandbox/press')).toEqual([]);

  await cardOf(here.page).getByRole('button', { name: 'Restart…' }).click();
  await question.getByRole('button', { name: 'Restart' }).click();
  await expect.poll(() => here.posted('/sandbox/press')).toMatchObject([{ actionId: 'restart' }]);
});

test('menus and selects of a message send what was chosen', async () => {
  await using here = await visit();
  await cardOf(here.page).getByRole('button', { name: 'More choices' }).click();
  await here.page.getByRole('menuitem', { name: 'Open the runbook' }).click();
  await here.page.getByRole('button', { name: 'StockOps unread' }).click();
  await here.page.getByLabel('Remind me').selectOption({ label: 'in 15 min' });
  await here.page.getByLabel('Hand to…').selectOption({ label: 'Noor Haddad' });
  await expect.poll(() => here.posted('/sandbox/press')).toMatchObject([
    { actionId: 'more', selectedOption: { value: 'runbook' } },
    { actionId: 'remind', channel: 'D0BOT', selectedOption: { value: '15' } },
    { actionId: 'delegate', blockId: 'ask', selectedUser: 'U0LEAD' },
  ]);
});

test('a modal keeps what was typed through errors, the page’s own and the bot’s, until it is right', async () => {
  await using here = await visit();
  await cardOf(here.page).getByRole('button', { name: 'Roll back…' }).click();
  const modal = here.page.getByRole('dialog', { name: 'Roll back…' });
  const submit = modal.getByRole('button', { name: 'Ask for approval' });

  await modal.getByRole('textbox', { name: 'Revision' }).fill('9');
  await submit.click();
  await modal.getByText('This is needed.').waitFor();
  expect(here.posted('/sandbox/submit')).toEqual([]);

  await modal.getByRole('textbox', { name: 'Why' }).fill('The limit is too low');
  await modal.getByRole('radio', { name: 'When I press start' }).check();
  await modal.getByRole('checkbox', { name: 'The engineering manager' }).check();
  await modal.getByLabel('Approver').selectOption({ label: 'Noor Haddad' });
  await submit.click();
  await modal.getByText('Revision 9 is not in Helm’s history').waitFor();
  expect(await modal.getByRole('textbox', { name: 'Why' }).inputValue()).toBe('The limit is too low');

  await modal.getByRole('textbox', { name: 'Revision' }).fill('7');
  await submit.click();
  await modal.waitFor({ state: 'detached' });
  expect(here.posted('/sandbox/submit').at(-1)).toMatchObject({
    as: 'U0ONCALL',
    viewId: 'V0ROLLBACK',
    values: {
      revision: { number: { type: 'number_input', value: '7' } },
      reason: { text: { type: 'plain_text_input', value: 'The limit is too low' } },
      when: { choice: { type: 'radio_buttons', selected_option: { value: 'later' } } },
      tell: { choices: { type: 'checkboxes', selected_options: [{ value: 'manager' }] } },
      approver: { user: { type: 'users_select', selected_user: 'U0LEAD' } },
    },
  });
  await cardOf(here.page).getByRole('button', { name: '3 replies' }).waitFor();
});

test('Escape closes a modal, and the bot hears of it', async () => {
  await using here = await visit();
  await cardOf(here.page).getByRole('button', { name: 'Roll back…' }).click();
  const modal = here.page.getByRole('dialog', { name: 'Roll back…' });
  await modal.waitFor();
  await here.page.keyboard.press('Escape');
  await modal.waitFor({ state: 'detached' });
  expect(here.posted('/sandbox/close')).toEqual([{ as: 'U0ONCALL', viewId: 'V0ROLLBACK' }]);
});

test('a command is completed word by word, and only who asked sees the answer', async () => {
  await using here = await visit();
  const composer = here.page.getByRole('textbox', { name: 'Message #alerts' });
  await composer.fill('/st');
  await composer.press('Enter');
  expect(await composer.inputValue()).toBe('/stock ');
  await composer.pressSequentially('stock-s');
  await composer.press('Tab');
  await composer.pressSequentially('sca');
  expect(await here.page.getByRole('listbox', { name: 'Commands' }).getByRole('option').allTextContents()).toEqual(['/stock stock-service scalehow many run']);
  await composer.press('Tab');
  await composer.pressSequentially('5');
  await composer.press('Enter');
  await here.page.getByText('Only visible to you').waitFor();
  expect(here.posted('/sandbox/command')).toEqual([{ as: 'U0ONCALL', channel: 'C0ALERTS', text: '/stock stock-service scale 5' }]);

  await here.page.getByRole('button', { name: 'Be someone else' }).click();
  await here.page.getByRole('menuitemradio', { name: 'Noor Haddad' }).click();
  await cardOf(here.page).waitFor();
  expect(await here.page.getByText('Only visible to you').count()).toBe(0);
});

test('whoever one chooses to be presses from then on, also after a reload', async () => {
  await using here = await visit();
  await here.page.getByRole('button', { name: 'Be someone else' }).click();
  await here.page.getByRole('menuitemradio', { name: 'Noor Haddad' }).click();
  await here.page.getByRole('button', { name: 'You are Noor Haddad' }).waitFor();
  await here.page.reload();
  await here.page.getByRole('button', { name: 'You are Noor Haddad' }).waitFor();
  await cardOf(here.page).getByRole('button', { name: 'Acknowledge' }).click();
  await expect.poll(() => here.posted('/sandbox/press')).toMatchObject([{ as: 'U0LEAD' }]);
});

test('a thread shows its card, its table and the first lines of its file, and takes a reply', async () => {
  await using here = await visit();
  await cardOf(here.page).getByRole('button', { name: '2 replies' }).click();
  const thread = here.page.getByRole('complementary', { name: 'Thread' });
  await thread.getByRole('cell', { name: 'CrashLoopBackOff' }).waitFor();
  await thread.getByText('02:13:10 level=info').waitFor();
  await thread.getByRole('button', { name: 'Show 36 more lines' }).click();
  await thread.getByText('02:13:59 Killed').waitFor();
  await thread.getByRole('textbox', { name: 'Reply…' }).fill('On it');
  await here.page.keyboard.press('Enter');
  await thread.getByText('On it').waitFor();
  await cardOf(here.page).getByRole('button', { name: '3 replies' }).waitFor();
  await here.page.keyboard.press('Escape');
  await thread.waitFor({ state: 'detached' });
  await here.page.locator('textarea:focus, input:focus').waitFor();
  await here.page.keyboard.type('back');
  expect(await here.page.getByRole('textbox', { name: 'Message #alerts' }).inputValue()).toBe('back');
});

test('what strangers write is text: no markup, no script, no link but to the web, no picture from elsewhere', async () => {
  await using here = await visit();
  const asked: string[] = [];
  here.page.on('request', (request) => asked.push(new URL(request.url()).origin));
  const text = '<img src=x onerror=alert(1)> <b>bold</b> <javascript:alert(1)|press me> <https://example.com/?a=1&amp;b=2|a link> &lt;script&gt;alert(2)&lt;/script&gt;';
  const ts = ((Date.now() + 1000) / 1000).toFixed(6);
  here.server.post('C0ALERTS', {
    ts,
    userId: 'U0GUEST',
    text,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text } },
      { type: 'image', image_url: 'https://tracker.example.com/pixel.png', alt_text: 'A graph' },
      { type: 'actions', elements: [{ type: 'button', action_id: 'go', text: { type: 'plain_text', text: '<i>Go</i>' }, url: 'javascript:alert(3)' }] },
    ],
  });
  const message = here.page.locator(`[id="message-${ts}"]`);
  await message.waitFor();
  expect(await message.locator('img, script, b, i').count()).toBe(0);
  const links = await message.getByRole('link').all();
  expect(await Promise.all(links.map((link) => link.getAttribute('href')))).toEqual(['https://example.com/?a=1&b=2', 'https://tracker.example.com/pixel.png']);
  expect(await message.innerText()).toContain('<script>alert(2)</script>');
  expect(await message.innerText()).toContain('press me (javascript:alert(1))');
  expect(new Set(asked)).toEqual(new Set(asked.length > 0 ? [here.server.url] : []));
});

test('the newest message stays in sight, unless the reader has scrolled up', async () => {
  await using here = await visit();
  const isInSight = (text: string): Promise<boolean> => bottomOf(here.page.getByText(text, { exact: true })).then(async (bottom) => bottom <= (await topOf(here.page.getByRole('textbox', { name: 'Message #alerts' }))));
  let seconds = Date.now() / 1000;
  const post = async (text: string): Promise<void> => {
    here.server.post('C0ALERTS', { ts: (seconds += 1).toFixed(6), userId: 'U0LEAD', text });
    await here.page.getByText(text, { exact: true }).waitFor();
  };
  for (const text of ['one', 'two', 'three']) await post(text);
  const composer = here.page.getByRole('textbox', { name: 'Message #alerts' });
  await composer.fill('several\nlines\nof text\nthat is\nsent');
  await composer.press('Enter');
  await here.page.getByText('that is').waitFor();
  await post('four');
  await expect.poll(() => isInSight('four')).toBe(true);

  await here.page.getByText('four', { exact: true }).hover();
  await here.page.mouse.wheel(0, -300);
  await expect.poll(() => isInSight('four')).toBe(false);
  await post('five');
  expect(await isInSight('five')).toBe(false);
});

test('a message elsewhere marks its channel unread until it has been seen', async () => {
  await using here = await visit();
  const deploys = here.page.getByRole('navigation').getByRole('button', { name: 'deploys' });
  expect(await deploys.getByText('unread').count()).toBe(0);
  here.server.post('C0DEPLOY', { ts: (Date.now() / 1000).toFixed(6), userId: 'U0LEAD', text: 'v2.4.2 is out' });
  await deploys.getByText('unread').waitFor();
  await deploys.click();
  await here.page.getByText('v2.4.2 is out').waitFor();
  await here.page.getByRole('navigation').getByRole('button', { name: 'alerts' }).click();
  expect(await deploys.getByText('unread').count()).toBe(0);
});

test('the keyboard alone goes from channel to channel and anywhere by name', async () => {
  await using here = await visit();
  await here.page.keyboard.press('Alt+ArrowDown');
  await here.page.getByRole('heading', { name: 'ops-routine' }).waitFor();
  await here.page.keyboard.press('Alt+ArrowUp');
  await here.page.getByRole('heading', { name: 'alerts', exact: true }).waitFor();
  await here.page.keyboard.press('Control+k');
  await here.page.getByRole('combobox', { name: 'Jump to' }).fill('private');
  await here.page.keyboard.press('Enter');
  await here.page.getByRole('heading', { name: 'sre-private' }).waitFor();
  await here.page.goBack();
  await here.page.getByRole('heading', { name: 'alerts', exact: true }).waitFor();
});

test('the outside world: alerts fire and resolve, the clock moves, things break, pods say how they are', async () => {
  await using here = await visit();
  const world = here.page.getByRole('complementary', { name: 'The outside world' });
  await world.getByRole('button', { name: 'Fire HighLatency' }).click();
  await world.getByRole('button', { name: 'Resolve HighLatency' }).click();
  await world.getByRole('button', { name: 'Let HighLatency flap' }).click();
  await world.getByText('flapping').waitFor();
  await world.getByRole('button', { name: '+15 min' }).click();
  await world.getByText('15 min ahead of your clock').waitFor();
  const refuses = world.getByRole('switch', { name: 'PagerDuty refuses' });
  await refuses.click();
  await expect.poll(() => refuses.getAttribute('aria-checked')).toBe('true');
  expect(here.posted('/world/alerts/fire')).toEqual([{ system: 'stock-service', alert: 'HighLatency' }]);
  expect(here.posted('/world/alerts/resolve')).toEqual([{ system: 'stock-service', alert: 'HighLatency' }]);
  expect(here.posted('/world/clock')).toEqual([{ advanceMs: 900_000 }]);
  expect(here.posted('/world/faults')).toEqual([{ id: 'pagerduty-refuses', active: true }]);
  await world.getByText('1 of 3 ready').waitFor();
  expect(await world.getByRole('img', { name: 'stock-service-7c9d-b: failing, CrashLoopBackOff, OOMKilled' }).count()).toBe(1);
});

test('on a phone one thing is in sight at a time, and nothing is wider than the screen', async () => {
  await using here = await visit(phone);
  const { page } = here;
  const list = page.getByRole('navigation', { name: 'Workspace' });
  const fits = async (): Promise<void> => expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);

  await fits();
  expect(await list.isVisible()).toBe(false);
  await page.getByRole('button', { name: 'Channels' }).click();
  await list.waitFor();
  expect(await page.getByRole('main').isVisible()).toBe(false);
  await list.getByRole('button', { name: 'alerts' }).click();
  await cardOf(page).getByRole('button', { name: '2 replies' }).click();
  await page.getByRole('complementary', { name: 'Thread' }).waitFor();
  expect(await page.getByRole('main').isVisible()).toBe(false);
  await fits();
  await page.getByRole('button', { name: 'Close thread' }).click();
  await page.getByTitle('The outside world').click();
  await page.getByRole('button', { name: 'Fire HighLatency' }).click();
  await fits();
  await page.getByRole('button', { name: 'Close the outside world' }).click();
  await cardOf(page).waitFor();
});

test('the three sentences of welcome go away for good', async () => {
  await using here = await visit();
  const welcome = here.page.getByRole('region', { name: 'Welcome' });
  expect(await welcome.getByRole('listitem').count()).toBe(3);
  await welcome.getByRole('button', { name: 'Dismiss the welcome' }).click();
  await here.page.reload();
  await cardOf(here.page).waitFor();
  expect(await welcome.count()).toBe(0);
});

test('the page allows itself nothing from elsewhere and no inline code', async () => {
  await using here = await visit();
  const answer = await fetch(`${here.server.url}/`);
  expect(answer.headers.get('content-security-policy')?.split('; ')).toEqual(
    expect.arrayContaining(["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "form-action 'none'", "frame-ancestors 'none'"]),
  );
  expect(answer.headers.get('content-security-policy')).not.toContain('unsafe');
});
