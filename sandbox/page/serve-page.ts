import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { FastifyPluginAsync, FastifyReply } from 'fastify';

export interface PageOptions {
  /** Origin of the server that answers `/sandbox/*`; empty when it is the one that serves the page. */
  readonly slackUrl: string;
  /** Origin of the server that answers `/world/*`; empty when it is the one that serves the page. */
  readonly worldUrl: string;
  /** The id of the user that a first-time visitor is. */
  readonly firstPerson?: string;
}

/**
 * Serves the sandbox's page: `/`, `/page.js` and `/page.css`, bundled once in memory when the plugin is registered. It answers
 * nothing else and proxies nothing. The page needs no network beyond the two origins; its policy forbids everything else.
 */
export function servePage(options: PageOptions): FastifyPluginAsync {
  return async (server) => {
    const bundle = await bundlePage();
    const connect = ["'self'", ...new Set([options.slackUrl, options.worldUrl].filter((url) => url !== '').map((url) => new URL(url).origin))];
    const policy = [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      `connect-src ${connect.join(' ')}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; ');

    function send(reply: FastifyReply, content: Content): FastifyReply {
      return reply
        .header('content-type', content.type)
        .header('content-security-policy', policy)
        .header('x-content-type-options', 'nosniff')
        .header('referrer-policy', 'no-referrer')
        .header('cache-control', 'no-cache')
        .header('etag', content.etag)
        .send(content.text);
    }

    const html = contentOf('text/html; charset=utf-8', pageHtml(options));
    const script = contentOf('text/javascript; charset=utf-8', bundle.script);
    const style = contentOf('text/css; charset=utf-8', bundle.style);

    for (const [path, content] of [['/', html], ['/page.js', script], ['/page.css', style]] as const) {
      server.get(path, (request, reply) => {
        if (request.headers['if-none-match'] === content.etag) return reply.code(304).send();
        return send(reply, content);
      });
    }
  };
}

interface Content {
  readonly type: string;
  readonly text: string;
  readonly etag: string;
}

function contentOf(type: string, text: string): Content {
  return { type, text, etag: `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"` };
}

async function bundlePage(): Promise<{ script: string; style: string }> {
  const result = await build({
    entryPoints: ['./client/main.tsx', './client/styles/page.css'].map((path) => fileURLToPath(new URL(path, import.meta.url))),
    outdir: '/',
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    charset: 'utf8',
    target: 'es2023',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    logLevel: 'silent',
  });
  const textOf = (extension: string): string => {
    const file = result.outputFiles.find((output) => output.path.endsWith(extension));
    if (file === undefined) throw new Error(`The page's bundle has no ${extension} file.`);
    return file.text;
  };
  return { script: textOf('.js'), style: textOf('.css') };
}

// A speech bubble with a pulse line; the same mark stands before the bot's messages.
const favicon =
  'data:image/svg+xml,' +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0e6d82"/>' +
      '<path d="M5 17h6l3-8 5 14 3-6h5" fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round"/></svg>',
  );

function pageHtml(options: PageOptions): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<meta name="slack-url" content="${escapeAttribute(options.slackUrl)}">
<meta name="world-url" content="${escapeAttribute(options.worldUrl)}">
<meta name="first-person" content="${escapeAttribute(options.firstPerson ?? 'U0ONCALL')}">
<title>StockOps sandbox</title>
<link rel="icon" href="${favicon}">
<link rel="stylesheet" href="/page.css">
<script type="module" src="/page.js"></script>
</head>
<body>
<div id="page"><p class="starting">Opening the workspace…</p></div>
<noscript>This page is a chat client and needs JavaScript.</noscript>
</body>
</html>
`;
}

function escapeAttribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
