import { expect, test } from 'vitest';
import { parseRunbook, slug } from '../../src/catalog/runbook.ts';

for (const [title, anchor] of [
  ['P1: Service down', 'p1-service-down'],
  ['API returns 503 "Model not loaded"', 'api-returns-503-model-not-loaded'],
  ['Key metrics & alerts', 'key-metrics--alerts'],
  ['The `scale` action', 'the-scale-action'],
  ['Größe und Menge', 'größe-und-menge'],
] as const) {
  test(`gives "${title}" the anchor that Git hosts give it`, () => {
    expect(slug(title)).toBe(anchor);
  });
}

const runbook = `# Title

## Scaling

Between *3* and 20 pods, see [the table](#capacity). Scaling with \`kubectl\` is temporary. A third sentence.

### Up

1. Do it:

   <!-- action: scale component=api replicas=5 -->
   <!-- note: Shows the autoscaler first. -->
   \`\`\`bash
   # a comment is no command
   kubectl scale \\
     --replicas=5

   kubectl get pods
   \`\`\`

\`\`\`yaml
## not a heading: true
\`\`\`

### Up

Again.

## Next

\`\`\`bash script
set -e
if true; then echo; fi
\`\`\`
`;

test('cuts a section from its heading to the next of the same level, subsections included', () => {
  const section = parseRunbook(runbook).get('#scaling')!;
  expect(section.title).toBe('Scaling');
  expect(section.body.startsWith('Between')).toBe(true);
  expect(section.body).toContain('Again.');
  expect(section.body).not.toContain('Next');
});

test('a heading inside a fence is no heading, and a second heading of one name has an anchor of its own', () => {
  expect([...parseRunbook(runbook).keys()]).toEqual(['#title', '#scaling', '#up', '#up-1', '#next']);
});

test('quotes the first two sentences, without Markdown', () => {
  expect(parseRunbook(runbook).get('#scaling')!.lead).toBe('Between 3 and 20 pods, see the table. Scaling with kubectl is temporary.');
  expect(parseRunbook('## A\n\n- only a list\n').get('#a')!.lead).toBe('');
  expect(parseRunbook('## A\n\nUp to 2.5 s on api.example.com is fine. Really.\n').get('#a')!.lead).toBe('Up to 2.5 s on api.example.com is fine. Really.');
});

test('takes each command line with what the bot does for it, and where the mark stands', () => {
  expect(parseRunbook(runbook).get('#scaling')!.commands).toEqual([
    { text: 'kubectl scale --replicas=5', action: 'scale', parameters: { component: 'api', replicas: '5' }, note: 'Shows the autoscaler first.', line: 11 },
    { text: 'kubectl get pods', action: 'scale', parameters: { component: 'api', replicas: '5' }, note: 'Shows the autoscaler first.', line: 11 },
  ]);
});

test('a script is one command', () => {
  expect(parseRunbook(runbook).get('#next')!.commands.map(({ text }) => text)).toEqual(['set -e\nif true; then echo; fi']);
});

test('a mark belongs to the next fence only', () => {
  const commands = parseRunbook('## A\n<!-- action: pods -->\nSome words between.\n```bash\nkubectl get pods\n```\n').get('#a')!.commands;
  expect(commands).toEqual([{ text: 'kubectl get pods', line: 5 }]);
});

test('a fence that is never closed ends with the file', () => {
  expect(parseRunbook('## A\n```bash\nkubectl get pods').get('#a')!.commands.map(({ text }) => text)).toEqual(['kubectl get pods']);
});
