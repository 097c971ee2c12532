import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { silent } from '../src/core/log.ts'
import type { NodeView } from '../src/core/node-view.ts'
import { HOUR, systemClock } from '../src/core/time.ts'
import { cases } from '../src/lib/thorough.fixture.ts'
import { startNode } from '../src/run/node.ts'
import { loadComputing, writeComputing } from './computing.ts'
import { oneLife } from './one-life.ts'

/** SIGKILL in the middle of computing, again and again: in the end every result is what computing it all anew comes to. */

const LIVES = cases(3, 40)
const EVER = { from: 0, to: 9e15 }

/** Until all that was stored is taken in, and nothing has been computed for so many looks. */
async function settled(view: NodeView): Promise<void> {
  const state = () => JSON.stringify([view.derivations().map(({ computed, published, withdrawn }) => [computed, published, withdrawn])])
  const since = view.clock.now()
  for (let quiet = 0, before = state(); quiet < 60; before = state()) {
    await systemClock.sleep(25)
    const isIdle =
      view.historianLag().records === 0 && view.derivations().every(({ dirty, watermark }) => watermark >= since && dirty === 0)
    quiet = isIdle && state() === before ? quiet + 1 : 0
  }
}

async function results(view: NodeView) {
  const signals = ['power', 'mean', 'most', 'mode'].flatMap((name) => ['line-1', 'line-2'].map((line) => `t/${line}/${name}`))
  const series = await view.historian.series({ signals, ...EVER, lookBackUs: 0 })
  const samples = series.map(({ signal, count, time, value, status, text }) => ({
    ...{ signal, count },
    rows: Array.from({ length: count }, (_, i) => `${time[i]} ${text?.get(i) ?? value[i]} ${status[i]}`),
  }))
  const facts = await Promise.all(
    ['high', 'around'].map(async (definition) => (await view.historian.facts({ definition, limit: 10_000 })).facts),
  )
  return {
    samples,
    facts: facts.flat().map(({ definition, key, revision, from, to, values }) => ({ definition, key, revision, from, to, values })),
  }
}

test(`killed ${LIVES} times while it computes: results are those of computing everything anew`, { timeout: 280_000 }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-kill-results-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const file = writeComputing(directory)
  for (let life = 0; life < LIVES; life++) await oneLife('results-child.ts', [file], 500 + Math.random() * 1_500)
  const loaded = await loadComputing(file)
  const node = await startNode({ ...loaded, connections: [] }, { clock: systemClock, log: silent, random: Math.random, version: 'test' })
  t.after(() => node.stop())
  const { view } = node
  await settled(view)
  const incremental = await results(view)
  assert.ok(incremental.facts.length > LIVES, `${incremental.facts.length} facts`)
  for (const { signal, count } of incremental.samples) assert.ok(count > LIVES, `${signal}: ${count} samples`)
  const computed = () => view.derivations().map(({ name, computed: units }) => [name, units] as const)
  const before = new Map(computed())
  await view.recompute({ from: view.startedTime - HOUR, to: view.clock.now() })
  while (computed().some(([name, units]) => units <= (before.get(name) as number))) await systemClock.sleep(25)
  await settled(view)
  assert.deepEqual(await results(view), incremental)
})
