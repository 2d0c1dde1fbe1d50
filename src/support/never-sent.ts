/** What the system and the client say when a connection was never made: nothing of the request can have arrived. */
const codes = new Set([
  'STOOD_STILL',
  'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** A process that was stopped, and wakes, has not sent yet what it had in hand, and does not: another one may have taken it over (F-40). */
export class StoodStill extends Error {
  readonly code = 'STOOD_STILL';

  constructor() {
    super('The bot stood still just before it would have been sent.');
  }
}

export const meansNeverSent = (code: string | undefined): boolean => code !== undefined && codes.has(code);
