/** What the API server itself wrote down about the bot: a witness that none of our code can talk to. */
import { readFileSync } from 'node:fs';
import type { Asked } from '../harness/used-rights.ts';

export interface AuditedRequest extends Asked {
  readonly at: Date;
  /** As sent, with its query. */
  readonly uri: string;
  readonly isDryRun: boolean;
}

interface AuditEvent {
  readonly stage: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly requestReceivedTimestamp: string;
  readonly user: { readonly username: string };
  readonly impersonatedUser?: { readonly username: string };
  readonly objectRef?: { readonly apiGroup?: string; readonly resource?: string; readonly subresource?: string; readonly namespace?: string; readonly name?: string };
  readonly responseStatus?: { readonly code: number };
}

const account = /^system:serviceaccount:stockops:(stockops-(?:read|write))$/;

/** Every request of the bot's identities since `since`, in order. */
export function auditedRequests(path: string, since: Date): readonly AuditedRequest[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AuditEvent)
    .filter(({ stage, requestReceivedTimestamp }) => stage !== 'ResponseStarted' && new Date(requestReceivedTimestamp) >= since)
    .flatMap((event) => {
      const name = account.exec((event.impersonatedUser ?? event.user).username)?.[1];
      if (name === undefined) return [];
      const { apiGroup = '', resource = '', subresource, namespace = '', name: object = '' } = event.objectRef ?? {};
      return [{
        account: name, verb: event.verb, group: apiGroup, resource: subresource === undefined ? resource : `${resource}/${subresource}`, namespace, name: object,
        status: event.responseStatus?.code, at: new Date(event.requestReceivedTimestamp), uri: event.requestURI, isDryRun: new URL(event.requestURI, 'http://cluster').searchParams.has('dryRun'),
      }];
    });
}

export const changesSomething = ({ verb, isDryRun }: AuditedRequest): boolean => !['get', 'list', 'watch'].includes(verb) && !isDryRun;
