/**
 * An http(s) address as our own files give it, or `null`: printable ASCII without `\`, and without a user or a password in front of the host. A parser repairs much
 * (line breaks, backslashes, look-alike letters), and what was repaired is not what somebody read and agreed to (T-11).
 */
export function parseWebAddress(text: string): URL | null {
  const isPlain = text.length <= 2_048 && /^[\x21-\x5b\x5d-\x7e]+$/.test(text) && /^https?:\/\/[^@/?#]+(?:[/?#]|$)/.test(text);
  return isPlain ? URL.parse(text) : null;
}
