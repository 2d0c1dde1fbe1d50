import { z } from 'zod';
import { isObject } from '../block-kit/schema.ts';
import { post, readBlocks } from '../posting.ts';
import type { StoredFile } from '../state.ts';
import { existingMessage, isMember, postableChannel } from './channels.ts';
import { count, defineMethod, invalidArguments, json, optionalText, Refusal, text, tier4 } from './method.ts';
import { fileObject } from './objects.ts';

const maximumSnippetBytes = 1_048_576;
const maximumAltText = 1000;

export const fileMethods = [
  defineMethod({
    name: 'files.getUploadURLExternal',
    scopes: ['files:write'],
    pace: tier4,
    // The client sends `alt_text`, which Slack does not know and passes over.
    args: z.strictObject({ filename: text, length: count, alt_txt: optionalText, alt_text: optionalText, snippet_type: optionalText }),
    answer: (args, desk) => {
      if (args.length === undefined || args.length <= 0) throw invalidArguments('[ERROR] must be greater than 0 [json-pointer:/length]');
      if ((args.alt_txt ?? '').length > maximumAltText) throw new Refusal('alt_txt_too_large');
      if (args.snippet_type !== undefined && args.length > maximumSnippetBytes) throw new Refusal('snippet_too_large');
      const file: StoredFile = {
        id: desk.workspace.nextId('F'),
        name: args.filename,
        sizeBytes: args.length,
        title: args.filename,
        altText: args.alt_txt ?? null,
        snippetType: args.snippet_type ?? null,
        contentBase64: null,
        isComplete: false,
        channelIds: [],
      };
      desk.workspace.state.files.push(file);
      return { upload_url: desk.uploadUrl(file.id), file_id: file.id };
    },
  }),

  defineMethod({
    name: 'files.completeUploadExternal',
    scopes: ['files:write'],
    pace: tier4,
    args: z.strictObject({ files: json, channel_id: optionalText, channels: optionalText, thread_ts: optionalText, initial_comment: optionalText, blocks: json }),
    answer: (args, desk) => {
      const { workspace } = desk;
      if (!Array.isArray(args.files) || args.files.length === 0 || !args.files.every(isObject)) throw invalidArguments('[ERROR] must provide at least one file [json-pointer:/files]');
      if (args.initial_comment !== undefined && args.blocks !== undefined) throw invalidArguments('[ERROR] initial_comment and blocks exclude each other');
      const files = args.files.map((wanted) => {
        const file = workspace.state.files.find((stored) => stored.id === wanted['id']);
        if (!file || file.contentBase64 === null || file.isComplete) throw new Refusal('file_not_found');
        return { file, title: wanted['title'] };
      });
      const addresses = [args.channel_id, ...(args.channels ?? '').split(',')].filter((id): id is string => id !== undefined && id !== '');
      if (addresses.length > 100) throw new Refusal('channels_limit_exceeded');
      const channels = addresses.map((id) => postableChannel(desk, id));
      // Unlike a text, a file cannot be put into a public channel from outside.
      if (!channels.every((channel) => isMember(desk, channel))) throw new Refusal('not_in_channel');
      const blocks = args.blocks === undefined ? null : readBlocks(workspace, args.blocks);
      const parent = args.thread_ts === undefined || !channels[0] ? null : existingMessage(desk, channels[0], args.thread_ts);
      for (const { file, title } of files) {
        file.isComplete = true;
        file.title = typeof title === 'string' ? title : file.name;
        file.channelIds = channels.map((channel) => channel.id);
      }
      for (const channel of channels) {
        post(workspace, desk.events, {
          channel,
          userId: workspace.state.app.botUserId,
          botId: workspace.state.app.botId,
          content: { text: args.initial_comment ?? '', blocks, attachments: null },
          threadTs: parent?.ts ?? null,
          fileIds: files.map(({ file }) => file.id),
        });
      }
      return { files: files.map(({ file }) => fileObject(workspace, file)) };
    },
  }),
];
