import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { readNamespaces } from './namespaces.ts'
import type { Session } from './services.ts'
import { testContext } from './test-bench.ts'

const UA = 'http://opcfoundation.org/UA/'
const server = (...names: string[]) => ({ read: async () => [{ value: { value: [UA, 'urn:server', ...names] } }] }) as unknown as Session

test('an index keeps meaning the namespace it first meant', async (t) => {
  const context = await testContext(t)
  assert.deepEqual((await readNamespaces(server('urn:line', 'urn:tools'), context, [1, 2])).byIndex(2), { index: 2 })
  const shifted = await readNamespaces(server('urn:other', 'urn:line'), context, [1, 2, 3])
  assert.deepEqual([shifted.byIndex(2), shifted.byUri('urn:line')], [{ index: 3 }, { index: 3 }])
  assert.deepEqual([0, 1, 9].map(shifted.byIndex), [{ index: 0 }, { index: 1 }, { index: 9 }])
})

test('where its namespace is gone an index means nothing, whoever has the number now', async (t) => {
  const context = await testContext(t)
  await readNamespaces(server('urn:line'), context, [2])
  const other = await readNamespaces(server('urn:line:v2'), context, [2])
  assert.deepEqual(other.byIndex(2), {
    problem: 'namespace 2 was urn:line and is urn:line:v2 now; write nsu=URI; for the one that is meant',
  })
  assert.deepEqual(
    [other.byUri('urn:line:v2'), other.byUri('urn:line')],
    [{ index: 2 }, { problem: 'the server has no namespace urn:line' }],
  )
})

test('what was known and cannot be read is not guessed', async (t) => {
  const context = await testContext(t)
  await writeFile(join(context.directory, 'namespaces.json'), '{"2": ')
  await assert.rejects(readNamespaces(server('urn:line'), context, [2]), /nobody knows which namespaces/)
})
