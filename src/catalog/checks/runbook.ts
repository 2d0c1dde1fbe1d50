import { suggestion } from '../did-you-mean.ts';
import { namesIn, type SystemSource } from '../system-source.ts';

/** The sections that the file names are in `runbook.md`, and whatever `runbook.md` offers to run exists. */
export function checkRunbook(source: SystemSource): void {
  const { file, report, sections } = source;
  const anchors = [...sections.keys()];
  for (const [id, anchor] of Object.entries(file.runbook.sections)) {
    if (!sections.has(anchor)) report(['runbook', 'sections', id], `runbook.md has no heading ${anchor}.`, suggestion(anchor, anchors));
  }
  const actions = [...namesIn(source, 'actions'), ...namesIn(source, 'procedures')];
  const seen = new Set<string>();
  for (const { commands } of sections.values()) {
    for (const command of commands) {
      // A command of a subsection is part of the section around it too.
      const key = `${command.line} ${command.text}`;
      if (command.action === undefined || seen.has(key)) continue;
      seen.add(key);
      if (!actions.includes(command.action)) {
        source.reportRunbook(command.line, `There is no action "${command.action}".`, suggestion(command.action, actions));
        continue;
      }
      const action = file.actions[command.action];
      if (action === undefined) continue;
      for (const [name, value] of Object.entries(command.parameters ?? {})) {
        if (name === 'component') {
          const components = action.component === undefined ? (action.components ?? []) : [action.component];
          if (!components.includes(value)) source.reportRunbook(command.line, `"${command.action}" does not act on a component "${value}".`, suggestion(value, components));
        } else if (name === 'environment') {
          if (!namesIn(source, 'environments').includes(value)) source.reportRunbook(command.line, `There is no environment "${value}".`, suggestion(value, namesIn(source, 'environments')));
        } else if (!Object.hasOwn(action.parameters, name)) {
          source.reportRunbook(command.line, `"${command.action}" has no parameter "${name}".`, suggestion(name, Object.keys(action.parameters)));
        }
      }
    }
  }
}
