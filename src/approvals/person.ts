/** Somebody in Slack, as far as rights go. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly email: string | null;
  readonly timezone: string | null;
  /** A full member of our own workspace; guests, strangers, bots and deactivated accounts are not. */
  readonly isFullMember: boolean;
  readonly kind: 'member' | 'guest' | 'stranger' | 'deactivated' | 'bot';
}

/** Where people and their groups are looked up. An answer that does not come is `null`, and `null` means no (T-05). */
export interface PeoplePort {
  person(userId: string): Promise<Person | null>;
  /** Members of every user group, by the group's handle. */
  groups(): Promise<ReadonlyMap<string, readonly string[]> | null>;
  /** The account with this address; `null` where there is none, or where the answer did not come. */
  userIdOf(email: string): Promise<string | null>;
}

/** Where it is looked up who is on call. Never rejects. */
export interface SchedulePort {
  onCall(scheduleId: string): Promise<{ readonly status: 'known'; readonly people: readonly { readonly email: string }[] } | { readonly status: 'unknown' }>;
}
