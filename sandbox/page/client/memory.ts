/** What the browser remembers between visits. Private windows may forbid it; then the page forgets and works. */
export function recall<T>(key: string, otherwise: T): T {
  try {
    const text = localStorage.getItem(`stockops.${key}`);
    return text === null ? otherwise : (JSON.parse(text) as T);
  } catch {
    return otherwise;
  }
}

export function remember(key: string, value: unknown): void {
  try {
    localStorage.setItem(`stockops.${key}`, JSON.stringify(value));
  } catch {
    // Nothing is lost that matters.
  }
}
