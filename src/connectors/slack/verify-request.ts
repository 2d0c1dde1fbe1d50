import { createHmac, timingSafeEqual } from 'node:crypto';
import { headerValues } from '../../support/headers.ts';

/** How far off Slack's clock may be, either way: a stamp from the future would be valid for as long as it likes (T-02). */
const windowSeconds = 300;

/**
 * Why a request is not one of Slack's; `null`: it is. Signed are the bytes as they came, so nothing may have read or rewritten them before. There is no
 * exception, not for `ssl_check` either: an exception is what others were broken into by (P-11). The same request is valid again for as long
 * as its stamp is; what keeps it from having a second effect is the unique key in the database (P-12, T-03).
 */
export function whyNotFromSlack(request: { readonly rawHeaders: readonly string[]; readonly body: Uint8Array }, signingSecrets: readonly string[], now: Date): string | null {
  if (signingSecrets.length === 0 || signingSecrets.includes('')) return 'there is no signing secret';
  const [stamp, ...otherStamps] = headerValues(request.rawHeaders, 'x-slack-request-timestamp');
  const [signature, ...otherSignatures] = headerValues(request.rawHeaders, 'x-slack-signature');
  if (stamp === undefined || otherStamps.length > 0 || !/^\d{1,12}$/.test(stamp)) return 'the timestamp is missing, there twice, or not a number';
  if (Math.abs(now.getTime() / 1_000 - Number(stamp)) > windowSeconds) return 'the timestamp is off';
  if (signature === undefined || otherSignatures.length > 0 || !/^v0=[0-9a-f]{64}$/.test(signature)) return 'the signature is missing, there twice, or of another kind';
  const theirs = Buffer.from(signature.slice('v0='.length), 'hex');
  // Two are valid while one replaces the other (T-17).
  const isSigned = signingSecrets.some((secret) => timingSafeEqual(createHmac('sha256', secret).update(`v0:${stamp}:`).update(request.body).digest(), theirs));
  return isSigned ? null : 'the signature is wrong';
}
