import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFolder } from './make-folder.ts'

test('a folder is made with those above it; what is in the way is said, and a system that refuses does not hold it up', async (t) => {
  const base = mkdtempSync(join(tmpdir(), 'ecluse-folder-'))
  t.after(() => rmSync(base, { recursive: true, force: true }))
  assert.equal(await makeFolder(join(base, 'a/b/c')), join(base, 'a'))
  assert.equal(await makeFolder(join(base, 'a/b/c')), undefined)
  assert.ok(statSync(join(base, 'a/b/c')).isDirectory())
  writeFileSync(join(base, 'file'), '')
  await assert.rejects(makeFolder(join(base, 'file')), { code: 'ENOTDIR' })
  await assert.rejects(makeFolder(join(base, 'file/x')), { code: 'ENOTDIR' })
  // proc(5) answers ENOENT to mkdir, though its own folder is there.
  if (existsSync('/proc/self')) await assert.rejects(makeFolder('/proc/self/x/y'), { code: 'ENOENT' })
})
