import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BatchBuilder } from '../../core/batch.ts'
import { ReasonSets } from '../../core/reasons.ts'
import { SignalTable } from '../../core/signals.ts'
import { rank } from '../../core/status.ts'
import { byRecord, NOTHING_DECLARED, Qualify, RecordWindows } from '../index.ts'

function node() {
  const [signals, reasons] = [new SignalTable(), new ReasonSets()]
  const windows = new RecordWindows('s', {
    maintenance: [{ record: 'order', signals: '**', only: { state: ['open'] } }],
    // One kind of record for both, told apart by a field.
    calibration: [
      { record: 'certificate', signals: 't*' },
      { record: 'order', signals: 't*', only: { state: ['calibrated'] } },
    ],
  })
  const qualify = new Qualify(signals, reasons, { ...NOTHING_DECLARED, site: 's', others: [byRecord(reasons, windows)] })
  const define = (id: string) => signals.define({ id, connection: 'c', address: id, dataType: 'number' })
  const judged = (...rows: readonly (readonly [id: string, time: number])[]) => {
    const builder = new BatchBuilder()
    for (const [id, time] of rows) builder.push(define(id), time, 1, 0)
    const { batch } = qualify.judge(builder.build(1_000))
    // That the same reading comes again is told, too.
    const why = (i: number) => reasons.names(batch.reasons[i] as number).filter((reason) => reason !== 'duplicate')
    return rows.map((_, i) => [rank(batch.status[i] as number), ...why(i)].join(' '))
  }
  return { windows, judged }
}

test('readings at and below the equipment of a record are under maintenance while it holds, wherever it goes', () => {
  const { windows, judged } = node()
  windows.tell('order', '1', { place: 'hall/belt', from: 100, to: 200, values: { state: 'open' } })
  const all = () => judged(['s/hall/belt/speed', 150], ['s/hall/belt', 100], ['s/hall/belt/speed', 200], ['s/hall/belt-2/speed', 150])
  assert.deepEqual(all(), ['1 under-maintenance', '1 under-maintenance', '0', '0'])
  windows.tell('order', '1', { place: 'hall/belt-2', from: 100, to: 200, values: { state: 'open' } })
  assert.deepEqual(all(), ['0', '0', '0', '1 under-maintenance'])
  windows.tell('order', '1', undefined)
  assert.deepEqual(all(), ['0', '0', '0', '0'])
  assert.equal(windows.isUsed, false)
})

test('where certificates are known and none holds, a reading is not accurate; where none is known nothing is said', () => {
  const { windows, judged } = node()
  const all = () => judged(['s/tank/t1', 50], ['s/tank/t1', 150], ['s/tank/level', 50], ['s/other/t1', 50])
  assert.deepEqual(all(), ['0', '0', '0', '0'])
  windows.tell('certificate', '1', { place: 'tank', from: 100, to: 200, values: { state: 'open' } })
  assert.deepEqual(all(), ['1 calibration-expired', '0', '0', '0'])
  windows.tell('certificate', '2', { place: 'tank', from: 0, to: 100, values: {} })
  assert.deepEqual(all(), ['0', '0', '0', '0'])
})

test('records of one kind count for the rule that wants them', () => {
  const { windows, judged } = node()
  windows.tell('order', '1', { place: 'tank', from: 100, to: 200, values: { state: 'calibrated' } })
  assert.deepEqual(judged(['s/tank/t1', 150], ['s/tank/t1', 250]), ['0', '1 calibration-expired'])
  windows.tell('order', '1', { place: 'tank', from: 300, to: 400, values: { state: 'closed' } })
  assert.deepEqual(judged(['s/tank/t1', 350]), ['0'])
})
