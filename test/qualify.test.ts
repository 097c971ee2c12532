import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { z } from 'zod'
import { startApi } from '../src/api/index.ts'
import { why } from '../src/api/quality-schemas.ts'
import { loadConfig } from '../src/config/index.ts'
import { BatchBuilder } from '../src/core/batch.ts'
import { signalBase, toDefinition } from '../src/core/config-parts.ts'
import type { Connector } from '../src/core/connector.ts'
import { silent } from '../src/core/log.ts'
import { SECOND, systemClock } from '../src/core/time.ts'
import { explain } from '../src/qualify/index.ts'
import { type RunningNode, startNode } from '../src/run/node.ts'

/** A whole node whose device says what it is told to: what the rules remember, and how they were declared, across restarts and changes. */
const config = z.strictObject({ signals: z.array(signalBase) })

function toldConnector() {
  const waiting: number[] = []
  let wake = () => {}
  const connector: Connector<z.infer<typeof config>> = {
    kind: 'told',
    label: { fr: 'dicté', en: 'told' },
    config,
    async *check() {},
    source: ({ signals: declared }, { signals, site, connection, clock }) => ({
      counters: { dropped: {} },
      connect: async () => {
        for (const one of declared)
          signals.define(toDefinition(one, { id: `${site}/${one.id}`, connection, address: one.id, dataType: 'number' }))
      },
      read: async (stop) => {
        while (waiting.length === 0) {
          stop.throwIfAborted()
          await new Promise<void>((resolve) => {
            wake = resolve
            stop.addEventListener('abort', () => resolve(), { once: true })
          })
        }
        const builder = new BatchBuilder()
        // Ten seconds pass from reading to reading, by the device's clock, in the last minute.
        for (const value of waiting.splice(0))
          builder.push(signals.indexOf('t/a') as number, clock.now() - 50 * SECOND + said++ * 10 * SECOND, value, 0)
        return { batch: builder.build(clock.now()) }
      },
      close: async () => wake(),
    }),
  }
  let said = 0
  return {
    connector,
    say: (...values: number[]) => {
      waiting.push(...values)
      wake()
    },
  }
}

async function withNode<T>(
  directory: string,
  signal: string,
  device: ReturnType<typeof toldConnector>,
  work: (node: RunningNode) => Promise<T>,
  more = '',
) {
  const file = join(directory, 'ecluse.yaml')
  const models = 'amps: { unit: A, range: [0, 9], flatLine: 15s, author: Camille Roy }'
  writeFileSync(
    file,
    `version: 1\nsite: { id: t }\nmodels: { ${models} }\nhistorian: { commitInterval: 20ms }\n${more}connections:\n  d: { kind: told, signals: [${signal}] }\n`,
  )
  const loaded = await loadConfig(file, { connectors: [device.connector], env: {} })
  const node = await startNode(loaded, { clock: systemClock, log: silent, random: Math.random, version: '0' })
  try {
    return await work(node)
  } finally {
    await node.stop()
  }
}

/** Waits until the historian holds so many readings of the device, and gives them. */
async function readings({ view }: RunningNode, count: number) {
  for (;;) {
    const now = view.clock.now()
    const {
      count: all,
      value,
      status,
      reasons,
      reasonSets,
      time,
    } = await view.historian.samples({ signal: 't/a', from: 0, to: now + SECOND * 3600, limit: 100 })
    const rows = Array.from({ length: all }, (_, i) => ({
      value: value[i],
      time: time[i] as number,
      status: status[i],
      reasons: reasonSets.get(reasons[i] as number) ?? [],
    }))
    const own = rows.filter(({ value }) => !Number.isNaN(value))
    if (own.length >= count) return own
    await new Promise((resolve) => setImmediate(resolve))
  }
}

for (const [how, forget] of [
  ['saved when it stopped', false],
  ['judged again from the log, the saved one being lost', true],
] as const) {
  test(`what the rules remember survives a restart: ${how}`, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'ecluse-qualify-'))
    after(() => rmSync(directory, { recursive: true, force: true }))
    const device = toldConnector()
    await withNode(directory, '{ id: a, model: amps }', device, async (node) => {
      device.say(5, 5)
      assert.deepEqual(
        (await readings(node, 2)).map((one) => one.reasons),
        [[], []],
      )
    })
    if (forget) rmSync(join(directory, 'data', 'qualify'), { recursive: true })
    await withNode(directory, '{ id: a, model: amps }', device, async (node) => {
      device.say(5)
      assert.deepEqual(
        (await readings(node, 3)).map((one) => one.reasons),
        [[], [], ['flat-line']],
        'the third reading at one value, 20 s after the first',
      )
    })
  })
}

test('a reading is explained by the rule as it was declared then, after the declaration has changed', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-why-'))
  after(() => rmSync(directory, { recursive: true, force: true }))
  const device = toldConnector()
  const first = await withNode(directory, '{ id: a, model: amps }', device, async (node) => {
    device.say(12)
    return (await readings(node, 1))[0]
  })
  await withNode(directory, '{ id: a, model: amps, range: [0, 20], author: Sam Petit }', device, async (node) => {
    device.say(13)
    await readings(node, 2)
    const api = await startApi(node.view, {
      host: '127.0.0.1',
      port: 0,
      directory: join(directory, 'data'),
      webDirectory: directory,
      log: silent,
    })
    try {
      const token = new URL(api.signInLink?.replace('/#/', '/') ?? '').searchParams.get('token')
      const body = JSON.stringify({ token, name: 'ana', password: 'a long enough password' })
      const signed = await fetch(`${api.url}/api/v1/accounts`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      const cookie = signed.headers.getSetCookie()[0]?.split(';')[0] ?? ''
      const ask = async (path: string) => (await fetch(`${api.url}/api/v1/${path}`, { headers: { cookie } })).json()
      const at = new Date((first?.time ?? 0) / 1000 + 1).toISOString()
      const then = why.parse(await ask(`why?signal=t/a&at=${at}`))
      assert.equal(then.sample?.value, 12)
      assert.equal(then.sample?.statusCode, 'UncertainEngineeringUnitsExceeded')
      const { version, ...rule } = then.rules[0] ?? { version: 0 }
      assert.deepEqual(rule, { reason: 'range', rule: 'range', parameters: { low: 0, high: 9 }, model: 'amps', author: 'Camille Roy' })
      assert.ok(version >= 1)
      const now = why.parse(await ask('why?signal=t/a'))
      assert.deepEqual([now.sample?.value, now.sample?.reasons, now.rules], [13, [], []])
      assert.equal(now.declaration?.author, 'Sam Petit')
      assert.deepEqual(now.applied.find((one) => one.rule === 'range')?.parameters, { low: 0, high: 20 })
      const quality = (await ask('quality?match=t/a&from=-2h')) as {
        rows: { anomalies: Record<string, number>; characteristics: { accuracy: number } }[]
      }
      assert.equal(quality.rows[0]?.anomalies['out-of-range'], 1)
      assert.ok((quality.rows[0]?.characteristics.accuracy ?? 1) < 1)
      assert.equal(((await ask('quality?from=2020-01-01T00:00:00Z')) as { code: string }).code, 'period-too-long')
    } finally {
      await api.close()
    }
  })
})

test('a maintenance window is explained as it was declared then, after it has gone from the file', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-window-'))
  after(() => rmSync(directory, { recursive: true, force: true }))
  const device = toldConnector()
  const window =
    "maintenance: [{ signals: '**', from: '2020-01-01T00:00:00Z', to: '2099-01-01T00:00:00Z', reason: new bearings, author: Lou Roux }]\n"
  const first = await withNode(
    directory,
    '{ id: a, model: amps }',
    device,
    async (node) => {
      device.say(5)
      return (await readings(node, 1))[0]
    },
    window,
  )
  assert.deepEqual(first?.reasons, ['under-maintenance'])
  await withNode(directory, '{ id: a, model: amps }', device, async ({ view }) => {
    const { ingest } = await view.historian.samples({ signal: 't/a', from: 0, to: (first?.time ?? 0) + 1, limit: 1 })
    const [row] = await view.historian.ingests([ingest[0] as number])
    assert.notEqual(row?.configVersion, view.configVersion)
    const declared = await view.historian.declared(row?.configVersion ?? '')
    const definition = (await view.historian.definitions('t/a'))[0]?.definition
    assert.ok(definition)
    const { version: _, ...said } = explain('under-maintenance', definition, declared, first?.time) ?? { version: 0 }
    const parameters = { from: '2020-01-01T00:00:00Z', to: '2099-01-01T00:00:00Z', reason: 'new bearings' }
    assert.deepEqual(said, { reason: 'under-maintenance', rule: 'maintenance', parameters, author: 'Lou Roux' })
    assert.deepEqual((await view.historian.declared(view.configVersion))?.maintenance, [])
  })
})
