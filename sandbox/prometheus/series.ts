import { createHash } from 'node:crypto';

/** A number over time that can be bent: it stays at its baseline, and moves to each new value over the time that was given. */
export interface Series {
  valueAt(atMs: number): number;
  /** From `atMs` on it moves to `value`, and is there after `overMs`. */
  bend(value: number, atMs: number, overMs?: number): void;
}

/** `wobble`: how far it strays from its value, as a part of it; the same at every look, so a graph of the past does not change. */
export function createSeries(name: string, baseline: number, wobble = 0): Series {
  const bends: { readonly from: number; readonly to: number; readonly atMs: number; readonly overMs: number }[] = [];
  const steadyAt = (atMs: number) => {
    const last = bends.findLast((bend) => bend.atMs <= atMs);
    if (!last) return baseline;
    const done = last.overMs === 0 ? 1 : Math.min(1, (atMs - last.atMs) / last.overMs);
    return last.from + (last.to - last.from) * done;
  };
  return {
    valueAt: (atMs) => steadyAt(atMs) * (1 + (wobble === 0 ? 0 : wobble * strayAt(name, atMs))),
    bend: (value, atMs, overMs = 0) => {
      bends.push({ from: steadyAt(atMs), to: value, atMs, overMs });
    },
  };
}

const scrapeMs = 15_000;

/** Between -1 and 1, another one for each scrape. */
function strayAt(name: string, atMs: number): number {
  const digest = createHash('sha256').update(`${name} ${Math.floor(atMs / scrapeMs)}`).digest();
  return digest.readUInt16BE(0) / 32_767.5 - 1;
}
