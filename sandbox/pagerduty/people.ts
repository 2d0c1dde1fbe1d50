export interface PagerDutyUser {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

/** Who is on call on which schedule, by user id; the first has the turn now. */
export type Schedules = Readonly<Record<string, readonly string[]>>;

export const sandboxUsers: readonly PagerDutyUser[] = [
  { id: 'PUSER01', name: 'On-call engineer', email: 'ona@example.com' },
  { id: 'PUSER02', name: 'SRE approver', email: 'avi@example.com' },
  { id: 'PUSER03', name: 'Engineering manager', email: 'mana@example.com' },
  { id: 'PUSER04', name: 'StockOps', email: 'stockops@example.com' },
];

export const sandboxSchedules: Schedules = { PSCHED1: ['PUSER01', 'PUSER02'] };
