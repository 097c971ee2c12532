import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { claimData, DATA_FORMAT } from './data-format.ts'

test('data tells its form and who wrote it last; what a newer version left is not touched, damage is not guessed at', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-format-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const file = join(directory, 'format.json')
  const read = () => readFileSync(file, 'utf8')
  assert.equal(await claimData(directory, '0.1.0'), undefined)
  assert.deepEqual(JSON.parse(read()), { format: DATA_FORMAT, version: '0.1.0' })
  for (const version of ['0.2.0', '0.1.0']) {
    assert.equal(await claimData(directory, version), undefined, 'up and down within one form')
    assert.equal(JSON.parse(read()).version, version)
  }
  const newer = JSON.stringify({ format: DATA_FORMAT + 1, version: '3.0.0', more: true })
  writeFileSync(file, newer)
  assert.deepEqual(await claimData(directory, '0.1.0'), { format: DATA_FORMAT + 1, version: '3.0.0' })
  assert.equal(read(), newer)
  writeFileSync(file, '{"format":')
  await assert.rejects(claimData(directory, '0.1.0'), /is damaged/)
})
