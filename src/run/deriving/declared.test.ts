import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { MemoryHistory } from '../../core/memory-history.fixture.ts'
import { SignalTable } from '../../core/signals.ts'
import { MINUTE, SECOND } from '../../core/time.ts'
import { processConfig } from '../../process/config.ts'
import { declaredDerivations } from './declared.ts'

const T = 1_800_000_000_000_000
const DECLARED = {
  derive: [
    { id: 'double', for: 'belt', inputs: { x: 'speed' }, expression: 'x * 2.0' },
    { id: 'open', for: 'belt', inputs: { x: { signal: 'count', tolerance: '1h' } }, expression: 'x + 1.0' },
  ],
  windows: [{ id: 'mean', for: 'belt', signal: 'speed', window: { tumbling: '1min' }, function: 'TimeAverage2' }],
}

test('what is computed is as often as lint takes it to be, and as unknown as its inputs', async () => {
  const signals = new SignalTable()
  const known = { connection: 'c', address: '', dataType: 'number' } as const
  signals.define({ ...known, id: 's/belt/speed', expectedPeriodUs: 10 * SECOND })
  signals.define({ ...known, id: 's/belt/count', isUnpaced: true })
  const history = new MemoryHistory()
  for (const id of ['speed', 'count']) history.sample(`s/belt/${id}`, T, 1)
  const config = z.strictObject(processConfig).parse(DECLARED)
  const rest = { site: { id: 's', label: undefined }, equipment: {}, correlations: {}, kpis: {} } as never as { equipment: never }
  const placeOf = () => undefined
  const { derivations } = declaredDerivations({
    ...{ config: { ...config, ...rest } as never, kinds: new Map(), placeOf, signals },
  })
  const range = { from: T, to: T + MINUTE }
  for (const one of derivations) {
    await one.compute(await one.within(range, history), history, { watermark: T + 10 * MINUTE, cause: 'first' })
  }
  const paceOf = (id: string) => {
    const { expectedPeriodUs, isUnpaced } = signals.at(signals.indexOf(`s/belt/${id}`) ?? -1) ?? {}
    return [expectedPeriodUs, isUnpaced]
  }
  assert.deepEqual(['double', 'mean', 'open'].map(paceOf), [
    [10 * SECOND, undefined],
    [MINUTE, undefined],
    [undefined, true],
  ])
})
