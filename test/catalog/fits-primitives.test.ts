/**
 * Goal: what a system's file binds to a primitive is what the primitive takes.
 * Method: the real systems beside the real registry; every action's parameters, at the lowest and at the highest that its bounds allow, are parsed by its primitive.
 */
import { expect, test } from 'vitest';
import { primitives as registry } from '../../src/actions/registry.ts';
import { loadCatalog } from '../../src/catalog/load.ts';
import { checkParameters, parametersFor, resolveTarget } from '../../src/catalog/resolve.ts';
import type { ActionParameter } from '../../src/catalog/system.ts';
import { primitives } from './primitives.ts';

test('the table that these tests use says what the registry says', () => {
  expect(Object.fromEntries([...registry].map(([id, { effect, target }]) => [id, { effect, target }]))).toEqual(Object.fromEntries(primitives));
});

const loaded = await loadCatalog('systems', registry);
for (const system of loaded.ok ? loaded.catalog.systems : []) {
  for (const action of system.actions.values()) {
    for (const component of action.components.length === 0 ? [null] : action.components) {
      test(`${system.id} ${action.id}${component === null ? '' : ` ${component}`} fits ${action.use}`, () => {
        const primitive = registry.get(action.use)!;
        for (const end of ['lowest', 'highest'] as const) {
          const given = Object.fromEntries(parametersFor(system, action, component).map((parameter) => [parameter.name, sample(parameter, end)]));
          const checked = checkParameters(system, action, component, given);
          expect(checked, end).toMatchObject({ ok: true });
          expect(primitive.params.safeParse('ok' in checked ? checked.params : null).error?.issues, end).toBeUndefined();
        }
        for (const environment of action.environments.length === 0 ? system.environments.keys() : action.environments) {
          expect(resolveTarget(system, action, environment, component)).toMatchObject({ kind: primitive.target });
        }
      });
    }
  }
}

test('all systems are looked at', () => {
  expect(loaded.ok && loaded.catalog.systems.length).toBe(5);
});

function sample(parameter: ActionParameter, end: 'lowest' | 'highest'): string {
  if (parameter.kind === 'integer') return String((end === 'lowest' ? parameter.minimum : parameter.maximum) ?? 1);
  if (parameter.choices !== undefined) return parameter.choices.at(end === 'lowest' ? 0 : -1)!;
  return parameter.from === 'component.image' ? 'v1.2.3' : 'error';
}
