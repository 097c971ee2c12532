import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Change, Derivation } from '../../core/derivation.ts'
import { type Fact, versionBy } from '../../core/facts.ts'
import { silent } from '../../core/log.ts'
import { MemoryHistory } from '../../core/memory-history.fixture.ts'
import { DAY } from '../../core/time.ts'
import { createEngine } from './engine.ts'

const NOW = 10 * DAY
const AT = NOW - 100

/** One fact over all samples of a signal: their sum, times something that no history says. */
function summing(version: string, factor: number): Derivation {
  const unit = { definition: 'sum', key: 'all', from: AT, to: AT + 50 }
  return {
    ...{ name: 'sum', version, facts: 'keyed', inputs: { signals: ['site/a'], records: [], facts: [] } },
    touched: async () => [unit],
    within: async () => [unit],
    compute: async (_units, history, { cause }) => {
      const [series] = await history.series({ signals: ['site/a'], from: AT, to: AT + 50, lookBackUs: 0 })
      const { value = [], count = 0, ingest = [] } = series ?? {}
      const fact: Fact = {
        ...{ definition: 'sum', type: 'join', version, key: 'all', from: AT, to: AT + 50, cause },
        values: { value: { value: factor * [...value].reduce((a, b) => a + b, 0), status: 0, coverage: 1 } },
        inputs: [{ signal: 'site/a', from: AT, to: AT + 50, samples: count, newestIngest: Math.max(0, ...ingest) }],
      }
      return [{ unit, facts: [fact], samples: [] }]
    },
  }
}

test('a revision says what made it: late samples, the declaration, what computes it, or what is known of its signals', async () => {
  const history = new MemoryHistory()
  let version = versionBy('abc', 'correlate@1')
  let factor = 1
  const run = async (changes: readonly Change[]) => {
    const derivations = [summing(version, factor)]
    const idle = { version: before, isStopped: false, units: [], ranges: [], late: { count: 0, ranges: [] } }
    const engine = createEngine(
      {
        ...{ history, derivations, horizonUs: DAY, now: () => NOW, watermark: () => NOW, log: silent },
        publish: async (_name, facts) => {
          for (const { fact } of facts) history.publish(fact)
          return {}
        },
      },
      { sum: idle },
    )
    await engine.absorb(changes)
    while (await engine.step());
    before = version
    return history.published.at(-1)?.cause
  }
  let before = version
  const change: Change = { signal: 'site/a', from: AT, to: AT }
  history.sample('site/a', AT, 1)
  assert.equal(await run([change]), 'first')
  history.sample('site/a', AT + 1, 1)
  assert.equal(await run([change]), 'late-samples')
  factor = 2
  assert.equal(await run([change]), 'definition', 'the same samples, and another result: they mean something else now')
  factor = 3
  version = versionBy('abc', 'correlate@2')
  assert.equal(await run([]), 'engine')
  factor = 4
  version = versionBy('def', 'correlate@2')
  assert.equal(await run([]), 'declaration')
  history.sample('site/a', AT + 2, 1)
  assert.equal(await run([{ ...change, anew: 'declaration' }]), 'declaration', 'a computed signal that it reads is declared otherwise')
  assert.equal(history.published.length, 6)
})
