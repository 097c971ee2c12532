import assert from 'node:assert/strict'
import { test } from 'node:test'
import { killRun } from './kill-run.ts'

test('kill -9 at random moments under load: nothing acknowledged is lost, nothing is stored twice, and the ledger closes', async () => {
  const kills = Number(process.env.ECLUSE_KILLS ?? 4)
  const report = await killRun(kills, Math.random)
  assert.ok(report.acknowledged > 1_000, `only ${report.acknowledged} samples were acknowledged`)
  assert.deepEqual([report.lost, report.twice, report.unclosed], [0, 0, []])
  assert.ok(Math.max(...report.readyMs) < 5_000, `ready after ${Math.max(...report.readyMs)} ms`)
})
