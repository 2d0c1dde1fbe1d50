import type { Repository } from '../../../sandbox/github/github.ts';

/** The repository that the tests of the stand-in and of the connector share. */
export const stockService: Repository = {
  owner: 'example',
  name: 'stock-service',
  branches: ['main'],
  tags: ['v2.4.1'],
  workflows: [
    { id: 1, name: 'Deploy', file: 'deploy.yml', isDispatchable: true, inputs: { environment: { required: true, options: ['staging', 'production'] }, run_id: { required: false } } },
    { id: 2, name: 'Test', file: 'test.yml', isDispatchable: false, inputs: {} },
  ],
  files: { 'charts/values.yaml': 'replicaCount: 3\n' },
  checks: { main: [{ name: 'test', conclusion: 'success' }, { name: 'scan', conclusion: null }] },
};
