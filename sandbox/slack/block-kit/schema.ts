/**
 * A few combinators with which the shapes of Block Kit are written down as data. A check reports every problem it finds,
 * each with the JSON pointer that Slack names in `response_metadata.messages`, and never stops at the first.
 */
export type Report = (pointer: string, message: string) => void;
export type Check = (value: unknown, pointer: string, report: Report) => void;
export type JsonObject = { [key: string]: unknown };

export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Slack does not say what a character is; code points are what its limits hold for, emoji included. */
export const countCharacters = (text: string): number => {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
};

export function string({ min = 0, max = Infinity }: { min?: number; max?: number } = {}): Check {
  return (value, pointer, report) => {
    if (typeof value !== 'string') return report(pointer, 'must be a string');
    const length = countCharacters(value);
    if (length < min) report(pointer, `must be more than ${min - 1} characters`);
    if (length > max) report(pointer, `must be less than ${max + 1} characters`);
  };
}

/** An absolute http or https address; one that does not parse fails the whole message at Slack. */
export function url(max: number): Check {
  const length = string({ min: 1, max });
  return (value, pointer, report) => {
    length(value, pointer, report);
    if (typeof value !== 'string' || value === '') return;
    if (!/^(https?|mailto|slack):/i.test(value) || !URL.canParse(value)) report(pointer, 'must be a valid url');
  };
}

export const flag: Check = (value, pointer, report) => {
  if (typeof value !== 'boolean') report(pointer, 'must be a boolean');
};

export function number({ min = -Infinity, max = Infinity }: { min?: number; max?: number } = {}): Check {
  return (value, pointer, report) => {
    if (typeof value !== 'number' || !Number.isInteger(value)) return report(pointer, 'must be an integer');
    if (value < min) report(pointer, `must be at least ${min}`);
    if (value > max) report(pointer, `must be at most ${max}`);
  };
}

export function pattern(expression: RegExp, what: string): Check {
  return (value, pointer, report) => {
    if (typeof value !== 'string' || !expression.test(value)) report(pointer, `must be ${what}`);
  };
}

export function oneOf(...allowed: readonly string[]): Check {
  return (value, pointer, report) => {
    if (typeof value !== 'string' || !allowed.includes(value)) report(pointer, `must be a valid enum value, one of: ${allowed.join(', ')}`);
  };
}

export function list(item: Check, { min = 0, max = Infinity }: { min?: number; max?: number } = {}): Check {
  return (value, pointer, report) => {
    if (!Array.isArray(value)) return report(pointer, 'must be an array');
    if (value.length < min) report(pointer, `must have at least ${min} item${min === 1 ? '' : 's'}`);
    if (value.length > max) report(pointer, `no more than ${max} items allowed`);
    value.forEach((entry, index) => item(entry, `${pointer}/${index}`, report));
  };
}

type Fields = { readonly [name: string]: Check };
type Rule = (value: JsonObject, pointer: string, report: Report) => void;

/** An object with exactly these fields (`type` is always allowed), and rules that look at several of them at once. */
export function object({ required = {}, optional = {} }: { required?: Fields; optional?: Fields }, ...rules: readonly Rule[]): Check {
  return (value, pointer, report) => {
    if (!isObject(value)) return report(pointer, 'must be an object');
    for (const [name, check] of Object.entries(required)) {
      if (value[name] === undefined || value[name] === null) report(pointer, `missing required field: ${name}`);
      else check(value[name], `${pointer}/${name}`, report);
    }
    for (const [name, check] of Object.entries(optional)) {
      if (value[name] !== undefined && value[name] !== null) check(value[name], `${pointer}/${name}`, report);
    }
    for (const name of Object.keys(value)) {
      if (name !== 'type' && !Object.hasOwn(required, name) && !Object.hasOwn(optional, name)) report(pointer, `invalid additional property: ${name}`);
    }
    for (const rule of rules) rule(value, pointer, report);
  };
}

/** One of several shapes, told apart by `type`. */
export function byType(shapes: { readonly [type: string]: Check }): Check {
  return (value, pointer, report) => {
    if (!isObject(value)) return report(pointer, 'must be an object');
    if (typeof value['type'] !== 'string') return report(pointer, 'missing required field: type');
    const check = Object.hasOwn(shapes, value['type']) ? shapes[value['type']] : undefined;
    if (check === undefined) return report(pointer, `unsupported type: ${value['type']}`);
    check(value, pointer, report);
  };
}

export function exactlyOne(...names: readonly string[]): Rule {
  return (value, pointer, report) => {
    const present = names.filter((name) => value[name] !== undefined);
    if (present.length !== 1) report(pointer, `exactly one of these is required: ${names.join(', ')}`);
  };
}

export function atLeastOne(...names: readonly string[]): Rule {
  return (value, pointer, report) => {
    if (!names.some((name) => value[name] !== undefined)) report(pointer, `at least one of these is required: ${names.join(', ')}`);
  };
}
