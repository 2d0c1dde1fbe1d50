import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import packaged, { inflate } from '@sparticuz/chromium';
import { chromium, type Browser } from 'playwright-core';

const systemBrowsers = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/**
 * A headless Chromium: the one that `CHROMIUM_BIN` names, else the one inside the npm package, which needs nothing of the system.
 * The package is for Linux on x64; elsewhere an installed browser is used, and none is an error that says so.
 */
export async function openBrowser(): Promise<Browser> {
  const named = process.env['CHROMIUM_BIN'];
  if (named !== undefined) return chromium.launch({ executablePath: named, args: ['--no-sandbox'] });

  if (process.platform === 'linux' && process.arch === 'x64') {
    const home = await unpack();
    return chromium.launch({
      executablePath: join(home, 'chromium'),
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--font-render-hinting=none'],
      env: {
        ...process.env,
        LD_LIBRARY_PATH: [process.env['LD_LIBRARY_PATH'], join(home, 'al2023', 'lib')].filter(Boolean).join(':'),
        // A system with fonts of its own has more of them, emoji among them.
        ...(existsSync('/etc/fonts/fonts.conf') ? {} : { FONTCONFIG_PATH: join(home, 'fonts') }),
      },
    });
  }

  const installed = systemBrowsers.find((path) => existsSync(path));
  if (installed === undefined) throw new Error('The browser tests need Chromium or Chrome here. Name one in CHROMIUM_BIN.');
  return chromium.launch({ executablePath: installed });
}

/** Unpacks browser, fonts and libraries once; the last step is a rename, so that two tests at once never see half a browser. */
async function unpack(): Promise<string> {
  const home = join(tmpdir(), 'stockops-browser');
  if (existsSync(home)) return home;

  const bin = join(dirname(fileURLToPath(import.meta.resolve('@sparticuz/chromium'))), '..', 'bin');
  const unfinished = await mkdtemp(`${home}-`);
  const before = process.env['TMPDIR'];
  // The package unpacks into the temporary directory, whatever it is told.
  process.env['TMPDIR'] = unfinished;
  try {
    await packaged.executablePath(bin);
    await inflate(join(bin, 'al2023.tar.br'));
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
  await rename(unfinished, home).catch(async () => rm(unfinished, { recursive: true, force: true }));
  return home;
}
