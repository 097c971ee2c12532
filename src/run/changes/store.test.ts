import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { CHANGE_LIMITS } from '../../continuity/index.ts'
import type { ConfigurationChange } from '../../core/changes.ts'
import { signerOf } from '../../lib/signed.ts'
import { openChangeStore } from './store.ts'

const data = mkdtempSync(join(tmpdir(), 'ecluse-changes-'))
after(() => rmSync(data, { recursive: true, force: true }))
const signer = signerOf(generateKeyPairSync('ed25519').privateKey)
const digestOf = (n: number) => n.toString(16).padStart(64, '0')
const change = (n: number): ConfigurationChange => ({
  ...{ digest: digestOf(n), before: 'v', proposed: { who: 'ana', isAccount: true, reason: 'r', time: n }, approvals: [] },
})

test('changes are kept over a start, newest first, the oldest make room; what another key signed, or is too large, counts for nothing', async () => {
  const store = await openChangeStore(data, signer)
  for (let n = 1; n <= CHANGE_LIMITS.changes + 2; n++)
    await store.put(change(n), { entry: 'e.yaml', files: [{ name: 'e.yaml', text: String(n) }] })
  const again = await openChangeStore(data, signer)
  assert.deepEqual(again.list(), store.list())
  assert.deepEqual(
    [again.list().length, again.list()[0]?.digest, again.foreign],
    [CHANGE_LIMITS.changes, digestOf(CHANGE_LIMITS.changes + 2), []],
  )
  assert.equal((await again.files(digestOf(3)))?.files[0]?.text, '3')
  assert.equal(await again.files(digestOf(1)), undefined)
  assert.equal(readdirSync(join(data, 'changes')).length, 2 * CHANGE_LIMITS.changes)

  writeFileSync(join(data, 'changes', `${digestOf(4)}.json`), Buffer.alloc(CHANGE_LIMITS.filesBytes + 1))
  assert.equal(await again.files(digestOf(4)), undefined)
  writeFileSync(join(data, 'changes', `${digestOf(5)}.signed`), Buffer.alloc(CHANGE_LIMITS.recordBytes + 1))
  const other = await openChangeStore(data, signerOf(generateKeyPairSync('ed25519').privateKey))
  assert.deepEqual([other.list().length, other.foreign.length], [0, CHANGE_LIMITS.changes])
  assert.deepEqual((await openChangeStore(data, signer)).foreign, [`${digestOf(5)}.signed`])
})
