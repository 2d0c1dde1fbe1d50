/** Every value of a header, in order. Node joins some repeated headers and drops others; where one must be there once, all must be seen (T-01, T-02). */
export function headerValues(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}
