import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseCommand, parseHomeOpened, parsePress, parseSubmission } from '../../../src/connectors/slack/parse-interaction.ts';

/** Goal: what Slack sends is read once, at the door; the same act has the same key wherever it arrives, and another act another one (T-03). */
const pressBody = (change: Record<string, unknown> = {}) => ({
  type: 'block_actions',
  team: { id: 'T0HARBOR' },
  user: { id: 'U0ONCALL', team_id: 'T0HARBOR' },
  trigger_id: '1.2.abc',
  channel: { id: 'C0ALERTS' },
  message: { ts: '1700000000.000100' },
  container: { type: 'message', message_ts: '1700000000.000100', channel_id: 'C0ALERTS' },
  actions: [{ action_id: 'incident.acknowledge', action_ts: '1700000001.1', value: '{"i":1}' }],
  ...change,
});

test('a press on a message', () => {
  expect(parsePress(pressBody())).toMatchObject({ kind: 'press', userId: 'U0ONCALL', teamId: 'T0HARBOR', actionId: 'incident.acknowledge', value: '{"i":1}', channelId: 'C0ALERTS', messageTs: '1700000000.000100', viewId: null });
});

for (const [why, type, expected] of [
  ['a modal can be gone on with', 'modal', 'V1'],
  ['a Home tab cannot', 'home', null],
] as const) {
  test(`a press in a view: ${why}`, () => {
    const body = pressBody({ channel: null, message: null, view: { id: 'V1', type }, container: { type: 'view', view_id: 'V1' } });
    expect(parsePress(body)?.viewId).toBe(expected);
  });
}

for (const [why, change, isSame] of [
  ['delivered again', {}, true],
  ['pressed again by the same person', { actions: [{ action_id: 'incident.acknowledge', action_ts: '1700000002.1', value: '{"i":1}' }], trigger_id: '1.3.abc' }, false],
  ['pressed by another person', { user: { id: 'U0APPROVER', team_id: 'T0HARBOR' } }, false],
  ['another button', { actions: [{ action_id: 'incident.resolve', action_ts: '1700000001.1', value: '{"i":1}' }] }, false],
  ['on another message', { message: { ts: '1700000009.000100' } }, false],
] as const) {
  test(`the key of a press: ${why} is ${isSame ? 'the same act' : 'another act'}`, () => {
    expect(parsePress(pressBody(change))?.key === parsePress(pressBody())?.key).toBe(isSame);
  });
}

for (const [why, change] of [
  ['no user', { user: undefined }],
  ['a user that is no id', { user: { id: '<script>' } }],
  ['no actions', { actions: [] }],
  ['a channel that is a path', { channel: { id: '../C0' } }],
  ['a value without end', { actions: [{ action_id: 'a', value: 'x'.repeat(2_001) }] }],
] as const) {
  test(`a press is refused: ${why}`, () => expect(parsePress(pressBody(change))).toBeNull());
}

test('what was chosen and typed is found by the name of its input, and no name can reach an object’s own', () => {
  const submission = parseSubmission({
    type: 'view_submission',
    user: { id: 'U0ONCALL' },
    team: { id: 'T0HARBOR' },
    view: { id: 'V1', hash: 'h', callback_id: 'parameters.give', private_metadata: '{}', state: { values: { replicas: { replicas: { value: '5' } }, revision: { revision: { selected_option: { value: '7' } } }, constructor: { constructor: { value: 'x' } }, empty: { empty: { value: null } } } } },
  });
  expect(submission?.values['replicas']).toBe('5');
  expect(submission?.values['revision']).toBe('7');
  expect(submission?.values['toString']).toBeUndefined();
  expect(submission?.values['empty']).toBeUndefined();
});

test('no body of any shape makes the door throw', () => {
  const anything = fc.oneof(fc.anything(), fc.record({ type: fc.constantFrom('block_actions', 'view_submission'), user: fc.anything(), actions: fc.anything(), view: fc.anything(), container: fc.anything(), trigger_id: fc.anything() }, { requiredKeys: [] }));
  fc.assert(
    fc.property(anything, (body) => {
      for (const parse of [parsePress, parseCommand, parseSubmission, parseHomeOpened]) parse(body);
    }),
    { numRuns: 2_000 },
  );
});
