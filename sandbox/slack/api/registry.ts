import { chatMethods } from './chat.ts';
import { connectionMethods } from './connection.ts';
import { conversationMethods } from './conversations.ts';
import { fileMethods } from './files.ts';
import { markMethods } from './marks.ts';
import type { Method } from './method.ts';
import { peopleMethods } from './people.ts';
import { viewMethods } from './views.ts';

const all: readonly Method[] = [...connectionMethods, ...chatMethods, ...viewMethods, ...conversationMethods, ...peopleMethods, ...markMethods, ...fileMethods];

/** Every method that the stand-in answers; any other is `unknown_method`. */
export const methods: ReadonlyMap<string, Method> = new Map(all.map((method) => [method.name, method]));
