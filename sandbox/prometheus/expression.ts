/**
 * Whether a text could be PromQL. The stand-in evaluates nothing, but a query that the real one would not even parse must fail here too.
 * It checks the words, the brackets and that operands and operators take turns; not types, not functions.
 */
export type Expression = { readonly status: 'well-formed' } | { readonly status: 'broken'; readonly at: number; readonly reason: string };

const wordPattern = /\s+|#[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`|\[[^\]]*\]|(?:\d+(?:ms|[smhdwy]))+|0x[0-9a-f]+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|[a-z_:][\w:]*|=~|!~|==|!=|>=|<=|[-+*/%^<>=(){},@]/giy;
const infixWords = new Set(['and', 'or', 'unless', 'atan2']);
const closing: Readonly<Record<string, string>> = { '(': ')', '{': '}' };
/** `[5m]`, or `[1h:]` and `[1h:5m]` of a subquery. */
const range = /^\[\s*(\d+(ms|[smhdwy]))+\s*(:\s*((\d+(ms|[smhdwy]))+)?\s*)?\]$/;

export function readExpression(text: string): Expression {
  const words = split(text);
  if ('status' in words) return words;
  if (words.length === 0) return { status: 'broken', at: 0, reason: 'no expression found in input' };
  const open: string[] = [];
  let expects: 'operand' | 'operator' = 'operand';
  for (const [index, { word, at }] of words.entries()) {
    const unexpected = { status: 'broken', at: at + 1, reason: `unexpected ${JSON.stringify(word)}` } as const;
    const before = words[index - 1]?.word.toLowerCase();
    if (word in closing) {
      // `sum by (pod) (…)` and `metric{…}` follow an operand; `(…)` may begin one.
      if (word === '(' && expects === 'operator' && !isWord(before) && before !== ')') return unexpected;
      open.push(word);
      expects = 'operand';
      continue;
    }
    if (word.startsWith('[')) {
      if (expects === 'operand' || !range.test(word)) return unexpected;
      continue;
    }
    if (word === ')' || word === '}') {
      const opener = open.pop();
      if (opener === undefined || closing[opener] !== word) return unexpected;
      const isEmpty = words[index - 1]?.word === opener;
      if (expects === 'operand' && !isEmpty && before !== ',') return unexpected;
      expects = 'operator';
      continue;
    }
    const isModifier = ['by', 'without', 'on', 'ignoring', 'group_left', 'group_right', 'offset', 'bool'].includes(word.toLowerCase());
    if (isModifier) {
      if (index === 0) return unexpected;
      expects = words[index + 1]?.word === '(' ? 'operator' : 'operand';
      continue;
    }
    if (infixWords.has(word.toLowerCase()) && expects === 'operator') {
      expects = 'operand';
      continue;
    }
    if (/^[\w"'`:.]/.test(word)) {
      const followsGrouping = before === ')' && isGroupingBefore(words, index);
      if (expects === 'operator' && !followsGrouping) return unexpected;
      expects = 'operator';
      continue;
    }
    // What is left are operators. A sign may begin an operand.
    if (expects === 'operand' && !['-', '+'].includes(word)) return unexpected;
    expects = 'operand';
  }
  if (open.length > 0) return { status: 'broken', at: text.length, reason: `unclosed left ${open.at(-1) === '(' ? 'parenthesis' : 'brace'}` };
  if (expects === 'operand') return { status: 'broken', at: text.length, reason: 'unexpected end of input' };
  return { status: 'well-formed' };
}

function split(text: string): readonly { readonly word: string; readonly at: number }[] | Extract<Expression, { status: 'broken' }> {
  const words: { word: string; at: number }[] = [];
  wordPattern.lastIndex = 0;
  while (wordPattern.lastIndex < text.length) {
    const at = wordPattern.lastIndex;
    const match = wordPattern.exec(text);
    if (!match) return { status: 'broken', at: at + 1, reason: `unexpected character: ${JSON.stringify(text[at])}` };
    if (!/^(\s|#)/.test(match[0])) words.push({ word: match[0], at });
  }
  return words;
}

function isWord(word: string | undefined): boolean {
  return word !== undefined && /^[a-z_:]/i.test(word);
}

/** Whether the bracket that ends before `index` belongs to `on (…)` and its like, after which an operand may stand: `a / on (pod) b`. */
function isGroupingBefore(words: readonly { readonly word: string }[], index: number): boolean {
  let depth = 0;
  for (let position = index - 1; position >= 0; position -= 1) {
    const word = words[position]?.word;
    if (word === ')') depth += 1;
    if (word === '(') depth -= 1;
    if (depth === 0) return ['on', 'ignoring', 'group_left', 'group_right'].includes(words[position - 1]?.word.toLowerCase() ?? '');
  }
  return false;
}

/** White space outside of quotes means nothing to PromQL, so the same query may be written in many ways. */
export function sameShape(text: string): string {
  const words = split(text);
  return 'status' in words ? text : words.map(({ word }) => word).join(' ');
}
