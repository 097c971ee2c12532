import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { lintFiles } from '../config/index.ts'
import { connectors } from '../connectors/index.ts'
import { makeWorld } from './world.fixture.ts'

test('init writes a file that lints clean but for its missing connections, and a schema beside it; never over what is there', async () => {
  const world = makeWorld()
  const folder = join(world.folder, 'Usine d’Écully 2')
  const { code, out } = await world.run(['init', folder])
  assert.equal(code, 0)
  assert.match(out, /ecluse lint .*ecluse\.yaml/)
  const file = join(folder, 'ecluse.yaml')
  assert.match(readFileSync(file, 'utf8'), /^site: \{ id: usine-d-ecully-2 \}$/m)
  assert.equal(JSON.parse(readFileSync(join(folder, 'ecluse.schema.json'), 'utf8')).type, 'object')
  const { problems } = await lintFiles(file, { connectors, env: {}, language: 'en' })
  assert.deepEqual(
    problems.map((one) => one.code),
    ['W_NO_CONNECTIONS'],
  )
  writeFileSync(file, 'mine')
  const again = await world.run(['init', folder, '--lang', 'fr'])
  assert.deepEqual([again.code, readFileSync(file, 'utf8')], [1, 'mine'])
  assert.match(again.err, /existe déjà.*\n.*ecluse init DOSSIER/)
})

for (const language of ['en', 'fr'])
  test(`what init writes as an example is right, ${language}: with the marks taken away it lints without an error or warning`, async () => {
    const world = makeWorld()
    assert.equal((await world.run(['init', world.folder, '--site', 'lyon', '--lang', language])).code, 0)
    const text = readFileSync(join(world.folder, 'ecluse.yaml'), 'utf8').replace(/^ {2}# ( {2}|(?=[\w-]+:$))/gm, '  $1')
    const file = world.write('whole.yaml', text)
    const { loaded, problems } = await lintFiles(file, { connectors, env: { PLC1_PASSWORD: 'x' }, language: language as 'en' })
    assert.deepEqual(problems, [])
    assert.deepEqual(
      loaded?.connections.map(({ kind }) => kind),
      ['opcua', 'modbus', 'mqtt'],
    )
  })

test('a site id that no signal could begin with is refused before anything is written', async () => {
  const world = makeWorld()
  const { code, err } = await world.run(['init', join(world.folder, 'new'), '--site', 'Lyon 1'])
  assert.deepEqual([code, existsSync(join(world.folder, 'new'))], [1, false])
  assert.match(err, /“Lyon 1” cannot be the id of a site/)
})
