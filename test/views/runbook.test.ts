import fc from 'fast-check';
import { expect, test } from 'vitest';
import { markdownParts } from '../../src/views/markdown.ts';
import { runbookModal, type RunbookModal } from '../../src/views/runbook-modal.ts';
import { objectsOf, textsOf, whatSlackRefusesInView } from './limits.ts';
import { parseControl } from '../../src/views/controls.ts';

const view = (body: string, commands: RunbookModal['section']['commands'], changes: Partial<RunbookModal> = {}): RunbookModal => ({
  systemId: 'stock-service',
  systemName: 'Stock Service',
  environment: 'production',
  incident: { id: 42, version: 3 },
  section: { id: 'scaling', title: 'Scaling', anchor: '#scaling', body, lead: '', commands },
  runbook: { url: 'https://runbooks.example.test/stock-service', version: '1.0', lastUpdated: '2026-01-01' },
  offered: new Map([['scale', { title: 'Scale', effect: 'write' }]]),
  ...changes,
});
const shown = (modal: RunbookModal) => textsOf(runbookModal(modal).blocks);

test('each command that the system can run has its button beside it, with the parameters it names', () => {
  const modal = runbookModal(
    view('Scale up:\n```bash\n# watch the database\nkubectl scale deployment/a \\\n  --replicas=10\nkubectl get pods\n```\nThen wait.', [
      { text: 'kubectl scale deployment/a --replicas=10', action: 'scale', parameters: { replicas: '10' }, note: 'through Helm' },
      { text: 'kubectl get pods', action: 'pods' },
    ]),
  );
  const [button] = objectsOf(modal.blocks, 'button');
  expect(parseControl(String(button?.['action_id']), String(button?.['value']))).toEqual({
    verb: 'runbook.run', actionId: 'scale', systemId: 'stock-service', environment: 'production', incidentId: 42, incidentVersion: 3, parameters: { replicas: '10' },
  });
  expect(textsOf(modal.blocks)).toEqual([
    '*Scaling*', 'Scale up:', '```\n# watch the database\n```', '```\nkubectl scale deployment/a --replicas=10\n```', 'Scale…',
    '⚠ The bot does this differently: through Helm', '```\nkubectl get pods\n```', 'Then wait.',
    '<https://runbooks.example.test/stock-service|Runbook 1.0, 2026-01-01> · a button with … asks before it does anything',
  ]);
});

test('a block that is one command is one button', () => {
  const sql = 'SELECT count(*)\nFROM stocks;';
  expect(shown(view(`\`\`\`sql\n${sql}\n\`\`\``, [{ text: sql, action: 'scale' }])).slice(1, 3)).toEqual([`\`\`\`\n${sql}\n\`\`\``, 'Scale…']);
});

test('a command that nobody may run here is only text', () => {
  expect(objectsOf(runbookModal(view('```bash\nkubectl scale x\n```', [{ text: 'kubectl scale x', action: 'scale' }], { offered: new Map() })).blocks, 'button')).toEqual([]);
});

test('Markdown reads as a person would write it in Slack', () => {
  const [part] = markdownParts('### Investigation\n1. **Check logs**: see `api` and [the board](https://a.test)\n   - nested *star*\n> careful\n| a | b |\n|---|---|\n| 1 | 2 |');
  expect(part?.kind === 'text' && part.text.source).toBe('*Investigation*\n1. *Check logs*: see `api` and <https://a.test/|the board>\n    • nested ∗star∗\n> careful\na · b\n1 · 2');
});

test('marks of ours in comments are not shown', () => {
  expect(shown(view('<!-- action: scale replicas=5 -->\nScale.', []))[1]).toBe('Scale.');
});

test('a section of any length and content fits a modal', () => {
  const line = fc.oneof(fc.constantFrom('```', '```bash', '# a', '- b', '| c |', '', '> d', '**e**', '<!-- x', '-->', '`f', '[g](h)', '[i](https://a.test/|<)'), fc.string());
  fc.assert(
    fc.property(fc.array(line, { maxLength: 300 }), (lines) => {
      expect(whatSlackRefusesInView(runbookModal(view(lines.join('\n'), [])) as unknown as Record<string, unknown>)).toEqual([]);
    }),
    { numRuns: 100 },
  );
});
