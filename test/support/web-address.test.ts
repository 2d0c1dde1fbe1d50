import { expect, test } from 'vitest';
import { parseWebAddress } from '../../src/support/web-address.ts';

/** Goal: an address is what somebody read, or none (T-11). Method: addresses as our files hold them, and what a parser would repair or read differently. */
for (const [why, text] of [
  ['https', 'https://prometheus.example.com/'],
  ['http, with a port and a path', 'http://127.0.0.1:9090/api/v1/query'],
  ['a host alone', 'https://shop.example.com'],
  ['a question right behind the host', 'https://shop.example.com?full=true'],
  ['a fragment right behind the host', 'https://shop.example.com#top'],
  ['an @ in the path', 'https://shop.example.com/@team'],
  ['the longest that is read', `https://shop.example.com/${'x'.repeat(2_023)}`],
  ['the first and the last character of those that are plain', 'https://shop.example.com/!~'],
  ['brackets, as an address of version 6 has them', 'http://[::1]:9090/'],
] as const)
  test(`${why} is an address`, () => expect(parseWebAddress(text)?.href).toBe(new URL(text).href));

for (const [why, text] of [
  ['nothing', ''],
  ['a user before the host', 'https://admin@shop.example.com/'],
  ['a password before the host', 'https://admin:secret@shop.example.com/'],
  ['an empty user before the host', 'https://@shop.example.com/'],
  ['no host', 'https:///etc'],
  ['no slashes, which a parser would add', 'https:shop.example.com'],
  ['one slash', 'https:/shop.example.com'],
  ['another scheme', 'ftp://shop.example.com/'],
  ['a scheme in capitals', 'HTTPS://shop.example.com/'],
  ['a program of the browser', 'javascript:alert(1)'],
  ['an address further back', 'see https://shop.example.com/'],
  ['an address behind another scheme', 'data:https://shop.example.com/'],
  ['a space before it', ' https://shop.example.com/'],
  ['a space in it', 'https://shop.example.com/a b'],
  ['a line break in it, which a parser would take out', 'https://shop.exa\nmple.com/'],
  ['a tab behind it', 'https://shop.example.com/\t'],
  ['a backslash, which a parser would turn round', 'https://shop.example.com\\@evil.test/'],
  ['a letter that looks alike', 'https://shоp.example.com/'],
  ['DEL', 'https://shop.example.com/\u007f'],
  ['a port that is none', 'https://shop.example.com:port/'],
  ['one character more than is read', `https://shop.example.com/${'x'.repeat(2_024)}`],
] as const)
  test(`${why} is no address`, () => expect(parseWebAddress(text)).toBeNull());
