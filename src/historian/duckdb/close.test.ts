import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { silent } from '../../core/log.ts'
import { systemClock } from '../../core/time.ts'
import { openHistorian } from './historian.ts'

const SLOW = 'SELECT count(*) FROM range(300000000) a, range(100) b'

test('closing while queries run and more wait for their turn: every one of them is answered, and nothing breaks', async (t) => {
  for (let round = 0; round < 2; round++) {
    const directory = mkdtempSync(join(tmpdir(), 'ecluse-close-'))
    t.after(() => rmSync(directory, { recursive: true, force: true }))
    const options = { directory, memoryLimitBytes: 2 ** 28, clock: systemClock, log: silent, threads: 1 }
    const historian = await openHistorian({ ...options, limits: { queriesRunning: 1, sqlRunning: 1 } })
    const running = historian.sql(SLOW, { maxRows: 1, timeoutMs: 60_000 })
    const waiting = Array.from({ length: 20 }, (_, i) => historian.records({ kind: `k${i}`, limit: 10 }))
    const answers = Promise.allSettled([running, ...waiting])
    await historian.close()
    const [slow, ...others] = await answers
    assert.equal(slow?.status, 'rejected')
    assert.equal(others.length, 20)
  }
})
