import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectAsync } from 'mqtt'
import { until, withNode } from '../bench/node.ts'
import { startDemoBroker } from '../src/connectors/mqtt/simulator.ts'
import type { NodeView } from '../src/core/node-view.ts'
import { statusName } from '../src/core/status.ts'

const LIMIT_MS = 20_000

test('a publisher that goes quiet while its broker lives: the signal with an expected period turns Uncertain, then Bad; its neighbour stays as it was', async () => {
  const broker = await startDemoBroker()
  const silence = '{ uncertainAfter: 1500ms, badAfter: 3s }'
  const signals = '[{ id: paced, topic: paced, expectedPeriod: 500ms }, { id: free, topic: free }]'
  const yaml = `  c: { kind: mqtt, url: '${broker.url}', protocolVersion: 4, keepAlive: 1s, silence: ${silence}, format: plain, signals: ${signals} }\n`
  const publisher = await connectAsync(broker.url, { protocolVersion: 4 })
  try {
    await withNode(yaml, async (view) => {
      const paced: string[] = []
      view.subscribe((batch) => {
        for (let row = 0; row < batch.count; row++) {
          if (view.signals.at(batch.signal[row] as number)?.id !== 'b/paced') continue
          const value = batch.value[row] as number
          paced.push(`${value} ${statusName(batch.status[row] as number)} ${view.reasons.names(batch.reasons[row] as number).join(' ')}`)
        }
      })
      const say = (topic: string, text: string) => publisher.publishAsync(topic, text, { qos: 1 })
      await until('connected', LIMIT_MS, () => view.connections()[0]?.state === 'connected')
      await say('free', '1')
      await say('paced', '7')
      const spoke = performance.now()
      await until('Good', LIMIT_MS, () => paced.length > 0)
      await until('Uncertain', LIMIT_MS, () => paced.length > 1)
      const uncertainMs = performance.now() - spoke
      await until('Bad', LIMIT_MS, () => paced.length > 2)
      const badMs = performance.now() - spoke
      assert.deepEqual(paced, ['7 Good ', '7 UncertainLastUsableValue overdue', 'NaN BadNoCommunication overdue'])
      assert.ok(uncertainMs >= 1_400 && badMs >= 2_900, `not before its limits: ${uncertainMs} ms, ${badMs} ms`)
      assert.equal(view.connections()[0]?.liveness, 'live', 'the broker was heard all the while')
      assert.equal(view.connections()[0]?.gaps, 0)
      assert.equal(now(view, 'b/free'), '1 Good')
      await say('paced', '8')
      await until('Good again', LIMIT_MS, () => now(view, 'b/paced') === '8 Good')
    })
  } finally {
    await publisher.endAsync(true)
    await broker.stop()
  }
})

function now({ signals, last }: NodeView, id: string): string {
  const index = signals.indexOf(id) ?? -1
  return `${last.value[index]} ${statusName(last.status[index] as number)}`
}
