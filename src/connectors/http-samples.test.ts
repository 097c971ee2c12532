import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { connectors } from './index.ts'

const root = join(import.meta.dirname, '..', '..')
const pages = ['rest', 'webhook', 'nats', 'kafka'].map((kind) => `src/connectors/${kind}/README.md`)

/** What stands for what a reference would bring. */
const PEM = '-----BEGIN CERTIFICATE-----'

for (const page of [...pages, 'docs/records-sources-http.md'])
  test(`the samples of ${page} are configurations`, () => {
    const text = readFileSync(join(root, page), 'utf8')
    const samples = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml = '']) => parse(yaml.replace(/\$\{\w+:[^}]*\}/g, PEM)))
    assert.ok(samples.length > 0)
    for (const { connections } of samples)
      for (const { kind, ...keys } of Object.values<{ kind: string }>(connections)) {
        const connector = connectors.find((one) => one.kind === kind)
        const config = connector?.config.parse(keys)
        assert.deepEqual(connector?.lint?.(config) ?? [], [])
      }
  })
