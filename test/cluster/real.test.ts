/**
 * The contract, against a real control plane. Needs KUBECONFIG with the contexts `admin` and `outsider`, and HELM_BIN.
 * Run with `npm run test:cluster`.
 */
import { describeCluster, useCluster } from '../contract/cluster-contract.ts';
import { describeHelm } from '../contract/helm-contract.ts';

const { KUBECONFIG, HELM_BIN } = process.env;
if (KUBECONFIG === undefined || HELM_BIN === undefined) {
  throw new Error('KUBECONFIG and HELM_BIN must name a cluster and the Helm program, such as KUBECONFIG=~/.kube/config HELM_BIN=/usr/local/bin/helm.');
}

const cluster = useCluster(async () => ({ kubeconfigPath: KUBECONFIG, helmProgram: HELM_BIN, stop: async () => undefined }));

describeCluster(cluster);
describeHelm(cluster);
