import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parse } from 'yaml';

// What the routers' own schemas have at the top, of the things that are used here. The routers themselves can't run in these tests.
const KNOWN = {
  'router.yaml': [
    ...['authentication', 'authorization', 'csrf', 'headers', 'include_subgraph_errors', 'limits'],
    ...['preview_file_uploads', 'subscription', 'supergraph', 'traffic_shaping'],
  ],
  'cosmo.yaml': [
    ...[
      'authentication',
      'authorization',
      'execution_config',
      'file_upload',
      'graphql_path',
      'headers',
      'listen_addr',
    ],
    ...['security', 'subgraph_error_propagation', 'traffic_shaping', 'version'],
  ],
  'cosmo.compose.yaml': ['subgraphs', 'version'],
};

describe('The configurations of routers that do not run here', () => {
  for (const [file, known] of Object.entries(KNOWN)) {
    it(`${file} is YAML, with keys that its router knows`, () => {
      const keys = Object.keys(read(file));
      assert.deepEqual(
        keys.filter((key) => !known.includes(key)),
        [],
      );
      assert.ok(keys.length > 0);
    });
  }

  it('router.yaml is so with the licensed lines as well, which add to it', () => {
    const without = read('router.yaml');
    const whole = readLicensed();
    assert.deepEqual(
      Object.keys(whole).filter((key) => !KNOWN['router.yaml'].includes(key)),
      [],
    );
    assert.deepEqual(
      Object.keys(whole).filter((key) => !(key in without)),
      ['authentication', 'authorization', 'subscription'],
    );
    assert.equal(whole.limits.max_depth, 15);
  });

  it('pass nothing of a client’s headers on but who asks and in which language', () => {
    const passed = [read('router.yaml'), readLicensed()].map(({ headers }) =>
      [headers.all, ...Object.values<any>(headers.subgraphs)]
        .flatMap(({ request }: any) => request)
        .flatMap(({ propagate }: any) => propagate ?? []),
    );
    for (const rules of passed)
      assert.deepEqual(rules, [{ named: 'authorization' }, { named: 'accept-language' }]);
    const { headers } = read('cosmo.yaml');
    assert.deepEqual(
      [headers.all, ...Object.values<any>(headers.subgraphs)]
        .flatMap(({ request }: any) => request)
        .filter(({ op }: any) => op === 'propagate'),
      [
        { op: 'propagate', named: 'Authorization' },
        { op: 'propagate', named: 'Accept-Language' },
      ],
    );
  });
});

function read(file: string): any {
  return parse(textOf(file));
}

function readLicensed(): any {
  return parse(textOf('router.yaml').replaceAll('#: ', ''));
}

function textOf(file: string): string {
  return readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
}
