import { validate as isCron } from 'node-cron';
import type { SystemSource } from '../system-source.ts';

/** Severities worst first, each rank once; escalation steps in the order of time; schedules that a clock can follow. */
export function checkOrder(source: SystemSource): void {
  const { file, report } = source;
  const severities = file.severities ?? [];
  severities.forEach((severity, index) => {
    const before = severities[index - 1];
    if (before !== undefined && severity.rank <= before.rank) report(['severities', index, 'rank'], `Rank ${severity.rank} does not come after rank ${before.rank}; severities stand worst first, each with a rank of its own.`);
    if (severities.findIndex(({ label }) => label === severity.label) !== index) report(['severities', index, 'label'], `There are two severities "${severity.label}".`);
  });
  const steps = file.escalation?.steps ?? [];
  steps.forEach((step, index) => {
    const before = steps[index - 1];
    if (before !== undefined && step.after < before.after) report(['escalation', 'steps', index, 'after'], 'This step is due before the one above it.');
  });
  const phases = file.comms?.phases ?? [];
  phases.forEach((phase, index) => {
    const before = phases[index - 1];
    if (before !== undefined && phase.until <= before.until) report(['comms', 'phases', index, 'until'], 'This phase ends before the one above it.');
  });
  const hours = file.businessHours;
  if (hours !== undefined && hours.from >= hours.to) report(['businessHours', 'to'], 'The hours end before they begin.');
  file.schedules.forEach((schedule, index) => {
    if (schedule.cron !== undefined && (schedule.cron.trim().split(/\s+/).length !== 5 || !isCron(schedule.cron))) report(['schedules', index, 'cron'], `"${schedule.cron}" is not a cron expression of five fields.`, 'minute hour day month weekday, like "0 9 * * 1"');
    if (file.schedules.findIndex(({ id }) => id === schedule.id) !== index) report(['schedules', index, 'id'], `There are two schedules "${schedule.id}".`);
  });
  const ruleNames = file.alerts.rules.map(({ name }) => name);
  ruleNames.forEach((name, index) => {
    if (ruleNames.indexOf(name) !== index) report(['alerts', 'rules', index, 'name'], `There are two rules "${name}".`);
  });
}
