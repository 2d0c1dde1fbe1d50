import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeContext, encodeControl, parseContext, parseControl, verbs, type Control } from '../../src/views/controls.ts';

const short = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' });
const control: fc.Arbitrary<Control> = fc.record(
  {
    verb: fc.constantFrom(...verbs),
    incidentId: fc.integer({ min: 1 }),
    incidentVersion: fc.nat(),
    actionId: short,
    systemId: short,
    environment: short,
    requestId: short,
    sectionId: short,
    parameters: fc.dictionary(fc.constantFrom('replicas', 'tag'), short, { noNullPrototype: true }),
    rest: short,
  },
  { requiredKeys: ['verb'] },
);

test('what a button was made of is what the handler reads', () => {
  fc.assert(
    fc.property(control, (made) => {
      const { actionId, value } = encodeControl(made);
      expect(parseControl(actionId, value)).toEqual(made);
      expect(parseControl(`${actionId}:2`, value)).toEqual(made);
    }),
  );
});

for (const [why, actionId, value] of [
  ['a verb that does not exist', 'incident.delete', '{}'],
  ['a verb that only begins like one', 'incident.moreover', '{}'],
  ['text that is not JSON', 'incident.more', 'x'],
  ['a field that no button of ours has', 'incident.more', '{"admin":true}'],
  ['an id that is not a number', 'incident.more', '{"i":"42"}'],
  ['an id that no incident has', 'incident.more', '{"i":-1}'],
  ['a name without end', 'action.propose', JSON.stringify({ a: 'x'.repeat(121) })],
  ['a list', 'incident.more', '[]'],
] as const) {
  test(`T-03: a press with ${why} is not understood`, () => expect(parseControl(actionId, value)).toBeNull());
}

test('a modal carries the same facts', () => {
  expect(parseContext(encodeContext({ incidentId: 42, incidentVersion: 3 }))).toEqual({ incidentId: 42, incidentVersion: 3 });
  expect(parseContext('')).toBeNull();
});
