import { createHash } from 'node:crypto';
import { stringify } from 'yaml';
import { sorted } from './values.ts';

/**
 * The part of Go's template language that plain charts use: values, pipelines, `if`/`else`, `with`, `range`, `define`/`include`
 * and the functions below. What it does not know is an error, never a guess.
 */
export function renderTemplate(source: string, data: TemplateData, partials: Map<string, readonly Node[]> = new Map()): string {
  return run(parseTemplate(source, partials), { dot: data, root: data, variables: new Map(), partials });
}

export interface TemplateData {
  readonly [name: string]: unknown;
}

type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly expression: string }
  | { readonly kind: 'assign'; readonly variable: string; readonly expression: string }
  | { readonly kind: 'if' | 'with' | 'range'; readonly expression: string; readonly body: readonly Node[]; readonly otherwise: readonly Node[] };

interface Scope {
  readonly dot: unknown;
  readonly root: TemplateData;
  readonly variables: Map<string, unknown>;
  readonly partials: Map<string, readonly Node[]>;
}

export function parseTemplate(source: string, partials: Map<string, readonly Node[]>): readonly Node[] {
  const tokens = tokenize(source);
  let at = 0;
  const block = (): { nodes: Node[]; end: string } => {
    const nodes: Node[] = [];
    while (at < tokens.length) {
      const token = tokens[at++] as Token;
      if (token.kind === 'text') {
        if (token.text !== '') nodes.push({ kind: 'text', text: token.text });
        continue;
      }
      const [word = '', ...rest] = token.text.split(/\s+/);
      const expression = rest.join(' ');
      if (token.text === 'end' || word === 'else') return { nodes, end: token.text };
      if (word === 'if' || word === 'with' || word === 'range') nodes.push(conditional(word, expression));
      else if (word === 'define') partials.set(JSON.parse(expression) as string, block().nodes);
      else if (word.startsWith('$') && (rest[0] === ':=' || rest[0] === '=')) nodes.push({ kind: 'assign', variable: word, expression: rest.slice(1).join(' ') });
      else if (!token.text.startsWith('/*')) nodes.push({ kind: 'value', expression: token.text });
    }
    return { nodes, end: '' };
  };
  const conditional = (kind: 'if' | 'with' | 'range', expression: string): Node => {
    const { nodes: body, end } = block();
    if (end === 'else') return { kind, expression, body, otherwise: block().nodes };
    if (end.startsWith('else if ')) return { kind, expression, body, otherwise: [conditional('if', end.slice('else if '.length))] };
    return { kind, expression, body, otherwise: [] };
  };
  return block().nodes;
}

type Token = { readonly kind: 'text' | 'action'; readonly text: string };

/** `{{-` eats the white space before it, `-}}` the white space after it. */
function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let last = 0;
  let trimNext = false;
  for (const match of source.matchAll(/\{\{(-?)\s*([\s\S]*?)\s*(-?)\}\}/g)) {
    const before = source.slice(last, match.index);
    const trimmedStart = trimNext ? before.trimStart() : before;
    tokens.push({ kind: 'text', text: match[1] === '-' ? trimmedStart.trimEnd() : trimmedStart }, { kind: 'action', text: match[2] as string });
    trimNext = match[3] === '-';
    last = match.index + match[0].length;
  }
  const rest = source.slice(last);
  tokens.push({ kind: 'text', text: trimNext ? rest.trimStart() : rest });
  return tokens;
}

function run(nodes: readonly Node[], scope: Scope): string {
  return nodes.map((node) => {
    switch (node.kind) {
      case 'text': return node.text;
      case 'value': return display(evaluate(node.expression, scope));
      case 'assign':
        scope.variables.set(node.variable, evaluate(node.expression, scope));
        return '';
      case 'if': return run(isTrue(evaluate(node.expression, scope)) ? node.body : node.otherwise, scope);
      case 'with': {
        const value = evaluate(node.expression, scope);
        return isTrue(value) ? run(node.body, { ...scope, dot: value }) : run(node.otherwise, scope);
      }
      case 'range': {
        const value = evaluate(node.expression, scope);
        const items = Array.isArray(value) ? value : Object.values((value ?? {}) as object);
        return items.length > 0 ? items.map((item) => run(node.body, { ...scope, dot: item })).join('') : run(node.otherwise, scope);
      }
    }
  }).join('');
}

const isTrue = (value: unknown): boolean => {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
};

const display = (value: unknown): string => (value === undefined || value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value));

function evaluate(expression: string, scope: Scope): unknown {
  const [first = '', ...stages] = splitOutside(expression, '|');
  return stages.reduce((value: unknown, stage) => call(words(stage), scope, [value]), call(words(first), scope, []));
}

function call(parts: readonly string[], scope: Scope, piped: readonly unknown[]): unknown {
  const [head = '', ...rest] = parts;
  const known = functions[head];
  if (known) return known([...rest.map((part) => operand(part, scope)), ...piped], scope);
  if (rest.length > 0 || piped.length > 0) throw new Error(`function "${head}" not defined`);
  return operand(head, scope);
}

function operand(text: string, scope: Scope): unknown {
  if (text.startsWith('(')) return evaluate(text.slice(1, -1), scope);
  if (text.startsWith('"')) return JSON.parse(text);
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (text === 'true' || text === 'false') return text === 'true';
  if (text === 'nil') return undefined;
  if (text === '.') return scope.dot;
  if (text === '$') return scope.root;
  const [start, path] = text.startsWith('$.') ? [scope.root, text.slice(2)] as const
    : text.startsWith('$') ? [scope.variables.get(text.split('.')[0] as string), text.split('.').slice(1).join('.')] as const
    : text.startsWith('.') ? [scope.dot, text.slice(1)] as const
    : undefinedFunction(text);
  return path === '' ? start : path.split('.').reduce<unknown>((value, key) => (value as { [key: string]: unknown } | undefined | null)?.[key], start);
}

function undefinedFunction(name: string): never {
  throw new Error(`function "${name}" not defined`);
}

const indent = (count: number, text: string): string => text.split('\n').map((line) => (line === '' ? line : ' '.repeat(count) + line)).join('\n');

const functions: { readonly [name: string]: (values: readonly unknown[], scope: Scope) => unknown } = {
  quote: ([value]) => JSON.stringify(display(value)),
  squote: ([value]) => `'${display(value)}'`,
  toYaml: ([value]) => stringify(sorted(value), { lineWidth: 0, indentSeq: false }).trimEnd(),
  toJson: ([value]) => JSON.stringify(sorted(value)),
  indent: ([count, text]) => indent(Number(count), String(text)),
  nindent: ([count, text]) => `\n${indent(Number(count), String(text))}`,
  sha256sum: ([text]) => createHash('sha256').update(String(text)).digest('hex'),
  trunc: ([count, text]) => String(text).slice(0, Number(count)),
  trimSuffix: ([suffix, text]) => (String(text).endsWith(String(suffix)) ? String(text).slice(0, -String(suffix).length) : text),
  default: ([fallback, value]) => (isTrue(value) ? value : fallback),
  required: ([message, value]) => {
    if (value === undefined || value === '') throw new Error(String(message));
    return value;
  },
  not: ([value]) => !isTrue(value),
  and: (values) => values.find((value) => !isTrue(value)) ?? values.at(-1),
  or: (values) => values.find(isTrue) ?? values.at(-1),
  eq: ([a, ...others]) => others.some((b) => a === b),
  ne: ([a, b]) => a !== b,
  int: ([value]) => Math.trunc(Number(value)),
  printf: ([format, ...values]) => {
    let next = 0;
    return String(format).replaceAll(/%[sdv]/g, () => display(values[next++]));
  },
  include: ([name, data], scope) => {
    const partial = scope.partials.get(String(name));
    if (!partial) throw new Error(`template: no template "${String(name)}" associated with template "gotpl"`);
    return run(partial, { ...scope, dot: data });
  },
};

/** Words of a command: strings and parentheses stay whole. */
function words(text: string): string[] {
  return splitOutside(text.trim(), ' ').map((word) => word.trim()).filter((word) => word !== '');
}

function splitOutside(text: string, separator: string): string[] {
  const parts: string[] = [''];
  let depth = 0;
  let quoted = false;
  for (const character of text) {
    if (character === '"') quoted = !quoted;
    else if (!quoted && character === '(') depth++;
    else if (!quoted && character === ')') depth--;
    if (character === separator && depth === 0 && !quoted) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts.map((part) => part.trim());
}
