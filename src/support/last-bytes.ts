/** The last `maxBytes` of a text, 64 KiB unless told, begun at a whole line where there is one: of a log, the end says why. */
export function lastBytes(text: string, maxBytes = 64 * 1024): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  const end = bytes.subarray(bytes.length - maxBytes).toString();
  const firstBreak = end.indexOf('\n');
  return firstBreak === -1 || firstBreak === end.length - 1 ? end : end.slice(firstBreak + 1);
}
