import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse as parseYaml } from 'yaml';
import type { Metrics } from '../../src/observability/createMetrics.ts';
import { createMetrics } from '../../src/observability/createMetrics.ts';
import { labelNamesIn, metricsIn, selectorsIn, strayBracketsOf } from './promql.ts';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');
const operations = read('docs/operations.md');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: string };
  readonly annotations: {
    readonly summary: string;
    readonly description: string;
    readonly runbook_url: string;
  };
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly targets?: readonly { readonly refId: string; readonly expr: string }[];
}

interface Dashboard {
  readonly uid: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
  readonly annotations: { readonly list: readonly { readonly expr?: string }[] };
}

const { groups } = parseYaml(read('deploy/prometheus/alerts.yml')) as {
  groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
};
const rules = groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(read('deploy/grafana/parley.json')) as Dashboard;
const panels = dashboard.panels.filter(({ type }) => type !== 'row');
const expressions: readonly (readonly [where: string, expression: string])[] = [
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
  ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const)),
  ...dashboard.annotations.list.flatMap(({ expr }) =>
    expr === undefined ? [] : [['annotation', expr] as const],
  ),
];

/** Labels that Prometheus adds, and that of a histogram's buckets. */
const ADDED = ['job', 'instance'];

/** The table of metrics in docs/operations.md: names, with their labels. */
const documented = new Map(
  [...operations.matchAll(/^\| `(parley_\w+)` +\|([^|]*)\|/gm)].map(
    ([, name, labels]) =>
      [name!, [...labels!.matchAll(/`(\w+)`/g)].map(([, label]) => label!).sort()] as const,
  ),
);

/** Everything that is counted, each thing once. */
function countEverything(metrics: Metrics): void {
  const source = { provider: 'PACT', accountId: 'sales' } as const;
  metrics.operation({
    ...{ name: 'Inbox', type: 'query', outcome: 'errors', cost: 3, upstreamCalls: 2, duration: 0.1 },
    ...{ codes: ['PROVIDER_TIMEOUT'], viewerId: 'everybody', traceId: undefined },
  });
  metrics.refused('BAD_REQUEST');
  metrics.shed('operations');
  metrics.calls.call(source, { kind: 'read', code: 'OK', seconds: 0.1 });
  metrics.calls.retried(source);
  metrics.calls.shared(source, 'in_flight');
  metrics.calls.refused(source, 'rate');
  metrics.calls.lost(source, 'messages', 1);
  metrics.calls.breached(source);
  metrics.writes.sent(source, 'SENT');
  metrics.writes.uploaded(source, 'OK', 1);
  metrics.store.call('get', 'OK', 0.001);
  metrics.events.connected(source, true);
  metrics.events.event(source, 'MESSAGE', 'TAKEN');
  metrics.events.webhook('accepted');
  metrics.events.opened('websocket');
  metrics.events.closed('websocket', 'left');
  const none = { read: 0, send: 0, upload: 0 };
  metrics.watchAccounts(() => [
    { source, status: 'OPERATIONAL', circuit: 'closed', inFlight: none, queued: none },
  ]);
}

describe('what is there to watch Parley with', () => {
  const metrics = createMetrics();
  /** What is served: names with their types, and with the labels of their figures. */
  const types = new Map<string, string>();
  const served = new Map<string, readonly string[]>([
    // Has no figures before any has been collected.
    ['nodejs_gc_duration_seconds', ['kind']],
  ]);

  beforeAll(async () => {
    countEverything(metrics);
    const url = await metrics.listen('127.0.0.1', 0, () => ({ ready: true, body: { status: 'ready' } }));
    const text = await (await fetch(url)).text();
    for (const [, name, type] of text.matchAll(/^# TYPE (\w+) (\w+)$/gm)) types.set(name!, type!);
    for (const [, figure, labels = ''] of text.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)) {
      const names = [...labels.matchAll(/(\w+)="/g)].map(([, label]) => label!);
      served.set(familyOf(figure!), names.filter((name) => name !== 'le').sort());
    }
  });
  afterAll(() => metrics.close());

  /** The metric that a figure belongs to: a histogram has three kinds of them. */
  function familyOf(figure: string): string {
    const family = figure.replace(/_(bucket|sum|count)$/, '');
    return types.get(family) === 'histogram' ? family : figure;
  }

  it('is documented metric by metric, label by label, and nothing else is', () => {
    const ours = [...types.keys()].filter((name) => name.startsWith('parley_'));
    expect(ours.length).toBeGreaterThan(20);
    expect(Object.fromEntries(documented)).toEqual(
      Object.fromEntries(ours.map((name) => [name, served.get(name)])),
    );
  });

  it('asks only for metrics that are served', () => {
    const asked = expressions.flatMap(([where, expr]) =>
      metricsIn(expr).map((name) => [where, name] as const),
    );
    const variables = dashboard.templating.list.flatMap(({ name, definition = '' }) =>
      [...definition.matchAll(/label_values\((\w+), (\w+)\)/g)].map(([, metric]) => [name, metric!] as const),
    );
    expect(asked.length).toBeGreaterThan(80);
    expect(variables.map(([name]) => name)).toEqual(['instance', 'account']);
    for (const [where, name] of [...asked, ...variables]) {
      if (name === 'up') continue;
      expect([where, name, types.has(familyOf(name))]).toEqual([where, name, true]);
    }
  });

  it('shows every metric of Parley, or rings for it', () => {
    const asked = new Set(expressions.flatMap(([, expr]) => metricsIn(expr).map(familyOf)));
    expect([...documented.keys()].filter((name) => !asked.has(name))).toEqual([]);
  });

  it('asks for labels that there are, in well-formed words', () => {
    for (const [where, expr] of expressions) {
      expect([where, strayBracketsOf(expr)]).toEqual([where, '']);
      for (const { metric, labels } of selectorsIn(expr)) {
        const known = [...ADDED, ...(served.get(familyOf(metric)) ?? [])];
        for (const label of labels)
          expect([metric, known]).toEqual([metric, expect.arrayContaining([label])]);
      }
      const known = metricsIn(expr).flatMap((name) => served.get(familyOf(name)) ?? []);
      for (const label of labelNamesIn(expr))
        expect([where, [...ADDED, 'le', ...known]]).toEqual([where, expect.arrayContaining([label])]);
    }
  });

  it('asks a histogram for its buckets, and counters for how fast they rise', () => {
    for (const [where, expr] of expressions) {
      for (const { metric, before } of selectorsIn(expr)) {
        const type = types.get(familyOf(metric));
        if (type === 'histogram')
          expect([where, metric]).toEqual([where, expect.stringMatching(/_(bucket|sum|count)$/)]);
        const isCounted = type === 'counter' || type === 'histogram';
        // Where there was no series before, a counter itself is how much it has risen.
        if (isCounted && !expr.includes(' unless '))
          expect([where, metric, before]).toEqual([
            where,
            metric,
            expect.stringMatching(/\b(rate|increase|max_over_time)\($/),
          ]);
      }
    }
  });
});

describe('the alerts', () => {
  it('have names of their own, and all that whoever is woken needs', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { alert, labels, annotations, ...rule } of rules) {
      expect(alert).toMatch(/^Parley[A-Z]\w+$/);
      expect(rule.for).toMatch(/^[1-9]\d*m$/);
      expect(['critical', 'warning']).toContain(labels.severity);
      expect(annotations.summary).not.toMatch(/\.$/);
      expect(annotations.description).toMatch(/\.$/);
      expect(annotations.runbook_url).toBe(`docs/operations.md#${alert.toLowerCase()}`);
    }
  });

  it('are explained one by one, as what they are', () => {
    const [, chapter] = /\n## Alerts\n([\s\S]*?)\n## /.exec(operations)!;
    const explained = [...chapter!.matchAll(/^### (\w+)\n\n\*\*(\w+)\.\*\*/gm)].map(
      ([, name, severity]) => [name, severity!.toLowerCase()] as const,
    );
    expect(explained).toEqual(rules.map(({ alert, labels }) => [alert, labels.severity]));
    for (const part of chapter!.split('\n### ').slice(1))
      for (const what of ['Users', 'Look', 'Do']) expect(part).toContain(`\n- ${what}: `);
  });

  it('tell only what they know', () => {
    for (const { alert, expr, annotations } of rules) {
      const told = Object.values(annotations).flatMap((text) =>
        [...text.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label!),
      );
      const known = [...ADDED, ...labelNamesIn(expr)];
      for (const label of told) expect([alert, known]).toEqual([alert, expect.arrayContaining([label])]);
    }
  });

  it('are found by the example of a configuration, for the job that they ask for', () => {
    const { rule_files, scrape_configs } = parseYaml(read('deploy/prometheus/prometheus.yml')) as {
      rule_files: readonly string[];
      scrape_configs: readonly { readonly job_name: string }[];
    };
    for (const file of rule_files) expect(existsSync(new URL(`deploy/prometheus/${file}`, ROOT))).toBe(true);
    const jobs = expressions.flatMap(([, expr]) => [...expr.matchAll(/job="(\w+)"/g)].map(([, job]) => job));
    expect([...new Set(jobs)]).toEqual(scrape_configs.map(({ job_name }) => job_name));
  });
});

describe('the dashboard', () => {
  it('is one that Grafana takes, for any data source, process and account', () => {
    expect(dashboard).toMatchObject({ uid: 'parley', schemaVersion: 42 });
    expect(dashboard.templating.list.map(({ name }) => name)).toEqual(['datasource', 'instance', 'account']);
    for (const { title, datasource, targets = [] } of panels) {
      expect([title, datasource?.uid]).toEqual([title, '${datasource}']);
      for (const { expr } of targets) expect(expr).toContain('instance=~"$instance"');
    }
  });

  it('says of every panel what it shows, and in what', () => {
    for (const { title, description = '', fieldConfig, targets = [] } of panels) {
      expect([title, description]).toEqual([title, expect.stringMatching(/^[A-Z9].{20,}\.$/)]);
      expect([title, fieldConfig?.defaults.unit]).toEqual([title, expect.any(String)]);
      expect([title, targets.length]).not.toEqual([title, 0]);
    }
  });

  it('has a place for every panel', () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) => {
      expect(x + w).toBeLessThanOrEqual(24);
      return Array.from({ length: w * h }, (_, at) => `${x + (at % w)} ${y + Math.floor(at / w)}`);
    });
    expect(new Set(cells).size).toBe(cells.length);
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });
});

it('deploy/README.md has no link into nothing', () => {
  const links = [...read('deploy/README.md').matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, link]) => link!);
  expect(links.length).toBeGreaterThan(3);
  for (const link of links)
    expect([link, existsSync(new URL(link, new URL('deploy/', ROOT)))]).toEqual([link, true]);
});
