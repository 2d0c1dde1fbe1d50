import type { Parts } from './parts.ts';
import { workloadOf, workloadView } from './cluster-view.ts';

/** Something in the outside world that can be broken by hand, and mended again. */
export interface WorldFault {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** Breaks it; what it returns mends it. */
  begin(): () => void;
}

export function worldFaults(parts: Parts): readonly WorldFault[] {
  const { slack, kubernetes, pagerduty, alertmanager, prometheus, catalog } = parts;
  return [
    {
      id: 'pods-crash',
      title: 'Pods crash',
      description: 'Every running container of the first system runs out of memory.',
      begin: () => {
        const workload = catalog.systems.map((system) => workloadOf(system, [...system.environments.keys()][0] ?? '', null)).find((one) => one && workloadView(kubernetes, one));
        if (!workload) return () => undefined;
        kubernetes.breakPods({ ...workload, fault: 'oom' });
        return () => kubernetes.heal(workload);
      },
    },
    {
      id: 'slack-limits',
      title: 'Slack slows us down',
      description: 'Slack answers every post and edit with 429 and asks to come back in 5 s.',
      begin: () => {
        const armed = ['chat.postMessage', 'chat.update'].map((method) => slack.fail({ method, mode: 'ratelimited', retryAfter: 5, times: Number.MAX_SAFE_INTEGER }));
        return () => armed.forEach((fault) => fault.stop());
      },
    },
    {
      id: 'pagerduty-refuses',
      title: 'PagerDuty refuses',
      description: 'PagerDuty answers 503 to 19 of 20 pages.',
      begin: () => {
        pagerduty.fault({ kind: 'refuses', share: 0.95 });
        return () => pagerduty.fault(undefined);
      },
    },
    {
      id: 'monitoring-silent',
      title: 'Monitoring is silent',
      description: 'Alertmanager sends nothing and Prometheus answers nothing.',
      begin: () => {
        alertmanager.silent(true);
        prometheus.broken(true);
        return () => {
          alertmanager.silent(false);
          prometheus.broken(false);
        };
      },
    },
    {
      id: 'cluster-hangs',
      title: 'The cluster hangs',
      description: 'The Kubernetes API takes requests and answers none.',
      begin: () => {
        const armed = kubernetes.fail({ mode: 'timeout' });
        return () => armed.stop();
      },
    },
  ];
}
