import type { Clock } from '../../src/support/clock.ts';
import type { Pace } from './api/method.ts';

export interface PostLimits {
  /** Posts per second and channel, in the long run. */
  readonly perSecond: number;
  /** How many may come at once after a quiet time. 1 is the letter of Slack's rule; Slack itself lets a few pass. */
  readonly burst: number;
  /** Posts per minute in the whole workspace. */
  readonly workspacePerMinute: number;
}

export type RateLimitOptions = 'none' | { readonly posts?: Partial<PostLimits>; readonly perMinute?: { readonly [method: string]: number } };

const usualPosts: PostLimits = { perSecond: 1, burst: 4, workspacePerMinute: 300 };

/** Counts calls as Slack does, per method and workspace, and posts per channel as well. */
export class RateLimits {
  readonly #clock: Clock;
  readonly #options: RateLimitOptions;
  readonly #calls = new Map<string, number[]>();
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

  constructor(clock: Clock, options: RateLimitOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /** Seconds to wait, as `Retry-After` says them, or `null` when the call may go on. A refused call does not count. */
  take(method: string, pace: Pace, channel: string): number | null {
    if (this.#options === 'none') return null;
    const nowMs = this.#clock.now().getTime();
    if (pace !== 'posts') return this.#window(method, this.#options.perMinute?.[method] ?? pace.perMinute, nowMs);
    const posts = { ...usualPosts, ...this.#options.posts };
    const wait = this.#bucket(channel, posts, nowMs);
    if (wait !== null) return wait;
    const workspaceWait = this.#window(method, posts.workspacePerMinute, nowMs);
    if (workspaceWait !== null) return workspaceWait;
    (this.#buckets.get(channel) as { tokens: number }).tokens -= 1;
    return null;
  }

  #window(method: string, limit: number, nowMs: number): number | null {
    const recent = (this.#calls.get(method) ?? []).filter((atMs) => atMs > nowMs - 60_000);
    this.#calls.set(method, recent);
    if (recent.length >= limit) return Math.max(1, Math.ceil(((recent[0] as number) + 60_000 - nowMs) / 1000));
    recent.push(nowMs);
    return null;
  }

  #bucket(channel: string, posts: PostLimits, nowMs: number): number | null {
    const bucket = this.#buckets.get(channel) ?? { tokens: posts.burst, atMs: nowMs };
    bucket.tokens = Math.min(posts.burst, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * posts.perSecond);
    bucket.atMs = nowMs;
    this.#buckets.set(channel, bucket);
    return bucket.tokens >= 1 ? null : Math.max(1, Math.ceil((1 - bucket.tokens) / posts.perSecond));
  }
}
