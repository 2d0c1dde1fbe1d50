import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBytes, sendJson } from './body.ts';
import type { Workspace } from '../workspace-model.ts';

/** Slack's upload address takes the bytes as they are, or as a form with one file in it. */
export async function receiveUpload(workspace: Workspace, fileId: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const file = workspace.state.files.find((stored) => stored.id === fileId && !stored.isComplete);
  if (!file || request.method !== 'POST') return sendJson(response, 404, { ok: false, error: 'file_not_found' });
  const body = await readBytes(request);
  const type = request.headers['content-type'] ?? 'application/octet-stream';
  const content = type.startsWith('multipart/form-data') ? await fileInForm(body, type) : body;
  file.contentBase64 = content.toString('base64');
  response.writeHead(200, { 'content-type': 'text/plain' }).end(`OK - ${content.length}`);
}

async function fileInForm(body: Buffer, type: string): Promise<Buffer> {
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
  for (const [, value] of form) if (typeof value !== 'string') return Buffer.from(await value.arrayBuffer());
  return Buffer.alloc(0);
}
