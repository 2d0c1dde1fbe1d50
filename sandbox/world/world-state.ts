import { deploymentsIn } from './cluster-view.ts';
import { releasesIn } from './releases.ts';
import type { World } from './world.ts';

const shownCalls = 100;
const shownEvents = 100;

/** Everything that the panel shows, as `GET /world/state` answers it. */
export function worldState(world: World) {
  const { clock, catalog, slack, kubernetes, docker, pagerduty } = world.parts;
  return {
    now: clock.now().toISOString(),
    offsetMs: clock.offsetMs(),
    systems: catalog.systems.map((system) => ({
      id: system.id,
      name: system.name,
      alerts: system.alerts.rules.map((rule) => ({
        name: rule.name,
        severity: rule.severity ?? system.severityMap.default,
        summary: rule.sentence?.replaceAll(/\s*\{value\}\s*/g, ' … ').trim() ?? rule.name,
        firing: world.stories().some((story) => story.system === system.id && story.alert === rule.name),
        flapping: world.isFlapping(system.id, rule.name),
      })),
    })),
    cluster: places(world).map(({ context, namespace }) => ({
      context,
      namespace,
      deployments: deploymentsIn(kubernetes, context, namespace).map(({ name, image, desired, pods }) => ({ name, image, desired, pods })),
    })),
    releases: places(world).flatMap(({ context, namespace }) => releasesIn(kubernetes, context, namespace)),
    compose: docker?.list().map(({ name, state, health }) => ({ name, state, health })) ?? [],
    pagerduty: {
      incidents: pagerduty.incidents().map(({ dedupKey, summary, status, severity, openedAt }) => ({ dedupKey, summary, status, severity, openedAt })),
      events: pagerduty.received.slice(-shownEvents).map(({ at, action, summary, status }) => ({ at, action, summary, status })),
    },
    faults: world.faults.map(({ id, title, description }) => ({ id, title, description, active: world.isActive(id) })),
    slackCalls: slack.requests.slice(-shownCalls).map(({ at, method, status, answer, fault }) => {
      const ok = answer?.['ok'] === true;
      const error = ok ? undefined : typeof answer?.['error'] === 'string' ? answer['error'] : (fault ?? (status === null ? 'no answer yet' : `status ${status}`));
      return { at: at.toISOString(), method, ok, ...(error !== undefined && { error }) };
    }),
  };
}

/** Each namespace once, also where two systems share one. */
function places(world: World): readonly { readonly context: string; readonly namespace: string }[] {
  const named = new Map<string, { readonly context: string; readonly namespace: string }>();
  for (const system of world.parts.catalog.systems) {
    for (const environment of system.environments.values()) {
      if (environment.platform === 'kubernetes') named.set(`${environment.context}/${environment.namespace}`, { context: environment.context, namespace: environment.namespace });
    }
  }
  return [...named.values()];
}
