/** The contract, against the stand-ins of the sandbox. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKubernetesStandIn } from '../../sandbox/kubernetes/stand-in.ts';
import { systemClock } from '../../src/support/clock.ts';
import { describeCluster, useCluster } from './cluster-contract.ts';
import { describeHelm } from './helm-contract.ts';

const cluster = useCluster(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stockops-contract-'));
  const standIn = await startKubernetesStandIn({ clock: systemClock });
  const kubeconfigPath = join(folder, 'kubeconfig');
  standIn.writeKubeconfig(kubeconfigPath);
  return {
    kubeconfigPath,
    helmProgram: join(import.meta.dirname, '../../sandbox/bin/helm'),
    stop: async () => {
      await standIn.close();
      await rm(folder, { recursive: true });
    },
  };
});

describeCluster(cluster);
describeHelm(cluster);
