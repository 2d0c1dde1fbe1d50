/**
 * Goal: somebody who is asked at night decides on a phone: what, where, before and after, who asks, and the buttons are in sight without scrolling, and
 * nothing is wider than the screen.
 * Method: headless Chromium of a phone's size on the sandbox's page, with the request as the bot makes it.
 */
import { expect, test } from 'vitest';
import { startFixtureServer } from '../../sandbox/page/fixture-server.ts';
import type { Message } from '../../sandbox/page/client/wire.ts';
import { runMessage } from '../../src/views/run-message.ts';
import { at } from '../views/examples.ts';
import { run } from '../views/every-view.ts';
import { openBrowser } from './browser.ts';

test('on a phone the essential part of a request is in sight without scrolling', async () => {
  await using cleanup = new AsyncDisposableStack();
  const server = cleanup.use(await startFixtureServer());
  const request = runMessage(run({ is: 'waitsForApproval', needed: 1, approvers: 'SRE', people: ['U0LEAD', 'U0ONCALL'], ownerMissing: null, expiresAt: at('02:31') }, { approvals: [], now: at('02:16') }));
  server.post('C0DEPLOY', { ts: `${Math.floor(Date.now() / 1_000)}.000100`, userId: 'U0BOT', botId: 'B0', text: request.text, blocks: request.blocks } as unknown as Message);
  const browser = await openBrowser();
  cleanup.defer(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  page.setDefaultTimeout(60_000);
  await page.goto(`${server.url}/#/U0LEAD/C0DEPLOY`);
  const article = page.getByRole('main').getByRole('article').filter({ hasText: 'Approval: Roll back stock-service' });
  await article.waitFor();
  const top = (await article.boundingBox())!.y;
  const essential = [
    ...['namespace stock-service', 'v2.4.1 → v2.4.0', 'Asked by', '0 of 1 from SRE'].map((fact) => [fact, article.getByText(fact).first()] as const),
    ...['Approve', 'Deny…', 'See the whole plan', 'Withdraw'].map((label) => [label, article.getByRole('button', { name: label, exact: true })] as const),
  ];
  for (const [what, part] of essential) {
    const box = (await part.boundingBox())!;
    expect(box.y - top, what).toBeGreaterThan(0);
    // Less than the screen has between its bars.
    expect(box.y + box.height - top, what).toBeLessThan(600);
    expect([box.x >= 0, box.x + box.width <= 390], what).toEqual([true, true]);
  }
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  if (process.env['SCREENSHOT'] !== undefined) {
    await article.evaluate((element) => (element as unknown as { scrollIntoView(start: boolean): void }).scrollIntoView(true));
    await page.screenshot({ path: process.env['SCREENSHOT'] });
  }
});
