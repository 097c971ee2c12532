import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { digestOf } from '../config/index.ts'
import { KEPT_LIMITS, keepConfiguration, keptConfigurations } from './configurations.ts'

const data = mkdtempSync(join(tmpdir(), 'ecluse-kept-'))
after(() => rmSync(data, { recursive: true, force: true }))
const source = (path: string, text: string, isContract = false) => ({ path, text, isContract })
const versionOf = (n: number) => n.toString(16).padStart(16, '0')

test('files are kept under the version, with paths relative to one another; the entry is the file, or the folder of several', async () => {
  const one = [source('/etc/plant/ecluse.yaml', 'a: ${env:SECRET}'), source('/etc/contracts/x.odcs.yaml', 'b', true)]
  await keepConfiguration(data, { version: versionOf(1), sources: one }, 1, 'approved')
  const several = [source('/etc/plant/a.yaml', 'a'), source('/etc/plant/b.yaml', 'b')]
  await keepConfiguration(data, { version: versionOf(2), sources: several }, 2)
  const kept = keptConfigurations(data)
  assert.deepEqual(await kept.read(versionOf(1)), {
    ...{ version: versionOf(1), keptTime: 1, entry: 'plant/ecluse.yaml', files: ['plant/ecluse.yaml', 'contracts/x.odcs.yaml'] },
    ...{ digest: digestOf({ sources: one }), approval: 'approved', texts: ['a: ${env:SECRET}', 'b'] },
  })
  assert.equal((await kept.read(versionOf(2)))?.entry, '.')
  assert.deepEqual(
    (await kept.list()).map(({ version }) => version),
    [versionOf(2), versionOf(1)],
  )
})

test('only what was kept is served: no other path, no foreign file', async () => {
  const kept = keptConfigurations(data)
  for (const version of ['..', '../../etc', versionOf(99)]) assert.equal(await kept.read(version), undefined)
  mkdirSync(join(data, 'config', versionOf(50)), { recursive: true })
  writeFileSync(join(data, 'config', versionOf(50), 'index.json'), '{}')
  assert.equal(await kept.read(versionOf(50)), undefined)
  assert.deepEqual(await keptConfigurations(join(data, 'nowhere')).list(), [])
})

test('of more than the limit the oldest goes; one that is too long is not kept', async () => {
  for (let n = 10; n < 15; n++)
    await keepConfiguration(data, { version: versionOf(n), sources: [source('/a.yaml', String(n))] }, n, undefined, {
      ...KEPT_LIMITS,
      versions: 3,
    })
  assert.deepEqual(
    (await keptConfigurations(data).list()).map(({ keptTime }) => keptTime),
    [14, 13, 12],
  )
  await assert.rejects(
    keepConfiguration(data, { version: versionOf(20), sources: [source('/a.yaml', '12345')] }, 20, undefined, {
      versions: 3,
      characters: 4,
    }),
  )
})
