import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { parseTemplate, renderTemplate } from './template.ts';
import { mergeValues, type Values } from './values.ts';

/** A chart as it is kept in a release: names and contents in base64, as Helm writes them. */
export interface Chart {
  readonly metadata: { readonly name: string; readonly version: string; readonly appVersion?: string; readonly [field: string]: unknown };
  readonly lock: null;
  readonly templates: readonly { readonly name: string; readonly data: string }[];
  readonly values: Values;
  readonly schema: null;
  readonly files: null;
}

/** An object of a manifest. */
export interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Values; readonly annotations?: Values };
  readonly [field: string]: unknown;
}

export function loadChart(directory: string): Chart {
  if (!existsSync(directory)) throw new Error(`path ${JSON.stringify(directory)} not found`);
  if (!statSync(directory).isDirectory() || !existsSync(join(directory, 'Chart.yaml'))) throw new Error('Chart.yaml file is missing');
  const templates = join(directory, 'templates');
  return {
    metadata: parse(readFileSync(join(directory, 'Chart.yaml'), 'utf8')) as Chart['metadata'],
    lock: null,
    templates: readdirSync(templates).filter((name) => /\.(yaml|tpl)$/.test(name)).sort()
      .map((name) => ({ name: `templates/${name}`, data: readFileSync(join(templates, name)).toString('base64') })),
    values: existsSync(join(directory, 'values.yaml')) ? ((parse(readFileSync(join(directory, 'values.yaml'), 'utf8')) as Values | null) ?? {}) : {},
    schema: null,
    files: null,
  };
}

/** The order in which Helm installs kinds; what is not named comes last. */
const INSTALL_ORDER = ['Namespace', 'NetworkPolicy', 'PodDisruptionBudget', 'ServiceAccount', 'Secret', 'ConfigMap', 'Role', 'RoleBinding', 'Service', 'Pod', 'ReplicaSet', 'Deployment', 'HorizontalPodAutoscaler', 'StatefulSet', 'Job', 'CronJob', 'Ingress'];

/** The manifest that a chart makes of values: one YAML text, ordered by kind. */
export function renderChart(chart: Chart, release: { name: string; namespace: string; revision: number; isInstall: boolean }, config: Values): string {
  const data = {
    Values: mergeValues(chart.values, config),
    Release: { Name: release.name, Namespace: release.namespace, Revision: release.revision, IsInstall: release.isInstall, IsUpgrade: !release.isInstall, Service: 'Helm' },
    Chart: { Name: chart.metadata.name, Version: chart.metadata.version, AppVersion: chart.metadata.appVersion },
    Capabilities: { KubeVersion: { Version: 'v1.35.0' } },
  };
  const partials = new Map();
  for (const { name, data: text } of chart.templates) if (name.endsWith('.tpl')) parseTemplate(decode(text), partials);
  const documents = chart.templates.filter(({ name }) => name.endsWith('.yaml')).flatMap(({ name, data: text }) => {
    const rendered = renderTemplate(decode(text), data, partials);
    return rendered.split(/^---\s*$/m).filter((document) => document.trim() !== '').map((document) => ({ source: `${chart.metadata.name}/${name}`, text: document.trim() }));
  });
  const rank = (document: { text: string }) => {
    const index = INSTALL_ORDER.indexOf(/^kind:\s*(\S+)/m.exec(document.text)?.[1] ?? '');
    return index === -1 ? INSTALL_ORDER.length : index;
  };
  return documents.sort((a, b) => rank(a) - rank(b)).map(({ source, text }) => `---\n# Source: ${source}\n${text}\n`).join('');
}

export function objectsOf(manifest: string): Rendered[] {
  return parseAllDocuments(manifest).map((document) => document.toJS() as Rendered | null).filter((object) => object !== null);
}

const decode = (base64: string): string => Buffer.from(base64, 'base64').toString();
