import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NodeView } from '../../core/node-view.ts'
import { SignalTable } from '../../core/signals.ts'
import { HOUR } from '../../core/time.ts'
import { CONTINUITY_LIMITS } from '../limits.ts'
import type { Below } from '../lineage/below.ts'
import { clocksOf, mayBeOffUs } from './clocks.ts'

test('times may be off by the measured offset and its uncertainty together', () => {
  const clock = { connection: 'plc', method: 'one-way' } as const
  assert.equal(mayBeOffUs({ ...clock, offsetUs: 4_100_000, uncertaintyUs: 100_000 }), 4_200_000)
  assert.equal(mayBeOffUs({ ...clock, offsetUs: -150, uncertaintyUs: 150 }), 300)
  assert.equal(mayBeOffUs({ ...clock, offsetUs: undefined, uncertaintyUs: 0 }), 0)
  assert.equal(mayBeOffUs({ ...clock, offsetUs: undefined, uncertaintyUs: undefined }), undefined)
})

test('of a time gone by so many clocks are looked up; of those beyond nothing is known, which no limit of a use lets pass', async () => {
  const most = CONTINUITY_LIMITS.clocks
  const names = Array.from({ length: most + 1 }, (_, i) => `plc-${i}`)
  const signals = new SignalTable()
  for (const connection of names) signals.define({ id: `t/${connection}`, connection, address: '', dataType: 'number' })
  const below = { signals: new Map(names.map((name) => [`t/${name}`, { signal: `t/${name}`, isOrphan: false }])) } as unknown as Below
  let asked = 0
  const view = {
    ...{ signals, site: { id: 't' }, clock: { now: () => 2 * HOUR } },
    connections: () => names.map((name) => ({ name, clockMethod: 'round-trip' })),
    historian: {
      series: async (query: { signals: readonly string[] }) => {
        asked = query.signals.length
        return query.signals.map(() => ({ count: 1, value: [0.001] }))
      },
    },
  } as unknown as NodeView
  const clocks = await clocksOf(below, HOUR, view)
  assert.equal(asked, 2 * most)
  assert.equal(clocks.length, most + 1)
  assert.deepEqual(
    clocks.filter((clock) => mayBeOffUs(clock) === undefined).map(({ connection }) => connection),
    [`plc-${most}`],
  )
})
