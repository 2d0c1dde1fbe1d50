import type { Catalog } from '../../src/catalog/system.ts';
import type { Alertmanager } from '../alertmanager/alertmanager.ts';
import type { ShiftableClock } from '../clock.ts';
import type { KubernetesStandIn } from '../kubernetes/stand-in.ts';
import type { PagerDutyStandIn } from '../pagerduty/pagerduty.ts';
import type { PrometheusStandIn } from '../prometheus/prometheus.ts';
import type { Services } from '../services/services.ts';
import type { SlackStandIn } from '../slack/stand-in.ts';

/** What the world is made of. Of each stand-in it takes only what its stories and its panel need. */
export interface Parts {
  readonly clock: ShiftableClock;
  readonly catalog: Catalog;
  /** Where the systems' `alerts.yaml` are read. */
  readonly systemsDirectory: string;
  readonly slack: Pick<SlackStandIn, 'requests' | 'fail'>;
  readonly kubernetes: Pick<KubernetesStandIn, 'list' | 'breakPods' | 'heal' | 'fail'>;
  readonly docker?: Containers;
  readonly pagerduty: Pick<PagerDutyStandIn, 'incidents' | 'received' | 'fault'>;
  readonly prometheus: Pick<PrometheusStandIn, 'register' | 'showRules' | 'showTargets' | 'broken'>;
  readonly services: Pick<Services, 'show' | 'outside'>;
  readonly alertmanager: Pick<Alertmanager, 'fire' | 'resolve' | 'flap' | 'silent'>;
  /** Where the stories are kept over a restart. */
  readonly stateFile?: string;
}

/** Containers of the compose projects. */
export interface Containers {
  list(): readonly ContainerView[];
  /** Makes it unhealthy until it is started again. */
  break(name: string): void;
}

export interface ContainerView {
  readonly name: string;
  readonly state: string;
  readonly health: string;
  /** Changes whenever it is started. */
  readonly startedAt: string;
}
