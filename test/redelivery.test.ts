import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { connectAsync } from 'mqtt'
import { until } from '../bench/node.ts'
import { loadConfig } from '../src/config/index.ts'
import { connectors } from '../src/connectors/index.ts'
import { startMosquitto, withoutMosquitto } from '../src/connectors/mqtt/brokers.fixture.ts'
import { encodePayload } from '../src/connectors/mqtt/sparkplug/encode.ts'
import { SparkplugType } from '../src/connectors/mqtt/sparkplug/types.ts'
import { silent } from '../src/core/log.ts'
import { systemClock } from '../src/core/time.ts'
import { startNode } from '../src/run/node.ts'

const LIVES = 3
const LIMIT_MS = 20_000

/** An edge node whose only metric counts up: every message can be told from every other. */
async function countingEdgeNode(url: string) {
  const client = await connectAsync(url, { protocolVersion: 5 })
  let seq = 0
  let count = 0
  const say = (type: string, metrics: Parameters<typeof encodePayload>[0]['metrics']) =>
    client.publishAsync(`spBv1.0/g/${type}/n`, encodePayload({ timeMs: Date.now(), seq: seq++ % 256, metrics }), { qos: 1 })
  await say('NBIRTH', [{ name: 'count', alias: 1, type: SparkplugType.Int64, value: count }])
  return {
    /** Resolves when the broker has it; the number said. */
    async next(): Promise<number> {
      await say('NDATA', [{ alias: 1, type: SparkplugType.Int64, value: ++count }])
      return count
    },
    close: () => client.endAsync(),
  }
}

test('a node killed between its disk and the PUBACK, again and again, stores every message once', { skip: withoutMosquitto }, async () => {
  const broker = await startMosquitto(['max_queued_messages 0'])
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-redelivery-'))
  const file = join(directory, 'ecluse.yaml')
  // As fast as the machine goes is no flood here.
  const signals = "[{ metric: 'g/n//count', id: count, maxSamplesPerSecond: 1000000 }]"
  const connection = `  c: { kind: mqtt, url: '${broker.url}', format: sparkplug, groups: [g], rebirthTimeout: 1h, signals: ${signals} }`
  writeFileSync(file, `version: 1\nsite: { id: t }\nconnections:\n${connection}\n`)
  const start = async () => {
    const loaded = await loadConfig(file, { connectors, env: process.env })
    return startNode(loaded, { clock: systemClock, log: silent, random: Math.random, version: 'test' })
  }
  let edge: Awaited<ReturnType<typeof countingEdgeNode>> | undefined
  try {
    // The broker keeps messages for a session it knows.
    const first = await start()
    await until('connected', LIMIT_MS, () => first.view.connections()[0]?.state === 'connected')
    await first.stop()
    edge = await countingEdgeNode(broker.url)
    for (let life = 0; life < LIVES; life++) {
      const child = spawn(process.execPath, [join(import.meta.dirname, 'redelivery-child.ts'), file, String(3 + life * 2)], {
        stdio: 'inherit',
      })
      const ended = new Promise<string | null>((resolve) => child.once('exit', (_code, signal) => resolve(signal)))
      let alive = true
      void ended.then(() => {
        alive = false
      })
      while (alive) await edge.next()
      assert.equal(await ended, 'SIGKILL', 'the child ended by itself')
    }
    const node = await start()
    try {
      const said = await edge.next()
      await until('the last number', LIMIT_MS, () => node.view.last.value[node.view.signals.indexOf('t/count') ?? 0] === said)
      await until('stored', LIMIT_MS, () => node.view.historianLag().records === 0)
      const query =
        "SELECT count(*), count(DISTINCT value), min(value), max(value) FROM samples WHERE signal = 't/count' AND value IS NOT NULL"
      const { rows } = await node.view.historian.sql(query, { maxRows: 1, timeoutMs: 5_000 })
      assert.deepEqual(rows[0]?.map(Number), [said + 1, said + 1, 0, said], 'samples, different values, first, last')
      const redelivered = node.view.connections()[0]?.dropped.redelivered ?? 0
      assert.ok(redelivered > 0, 'the last life was given again what the one before could not acknowledge')
    } finally {
      await node.stop()
    }
  } finally {
    await edge?.close()
    await broker.stop()
    rmSync(directory, { recursive: true, force: true })
  }
})
