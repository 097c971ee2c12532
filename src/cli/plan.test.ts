import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startFixture } from '../api/fixture.ts'
import { lintFiles } from '../config/index.ts'
import { keepConfiguration, keptConfigurations } from '../run/configurations.ts'
import { makeWorld, paperConnectors, paperYaml } from './world.fixture.ts'

const contract = `apiVersion: v3.1.0
kind: DataContract
id: motor
version: 1.0.0
status: active
schema:
  - { name: motor, properties: [{ name: total, physicalName: x, customProperties: [{ property: signal, value: a/total }] }] }
customProperties:
  - { property: otOwner, value: Maintenance }
  - { property: itOwner, value: Data team }
  - { property: forbiddenUses, value: [billing] }
`
const derive = (expression = 'one + two') =>
  `derive:\n  - { id: a/total, inputs: { one: a/one, two: a/two }, expression: ${expression}, tolerance: 10s, author: Ann }`
const file = (signals: string[], rest = derive()): string =>
  paperYaml({}, `${rest}\ncontracts: ['*.odcs.yaml']`) +
  `  plc: { kind: paper, signals: [${signals.map((id) => `{ id: ${id} }`).join(', ')}] }\n`

function made() {
  const world = makeWorld()
  world.write('motor.odcs.yaml', contract)
  const before = world.write('ecluse.yaml', file(['a/one', 'a/two']))
  return { ...world, before }
}

test('plan: what a file breaks, worst first, with who is to be told; 78 where lint refuses it too', async () => {
  const { run, write, before } = made()
  const after = write('next.yaml', file(['a/one']))
  const { code, out, err } = await run(['plan', after, '--against', before])
  assert.equal(code, 78)
  assert.match(out, /removed signal t2e\/a\/two/)
  assert.match(out, /signal +t2e\/a\/total/)
  assert.match(out, /contract +motor +depends on signal:t2e\/a\/total/)
  assert.match(out, /motor 1\.0\.0 +broken +Maintenance +Data team/)
  assert.match(out, /Ann +author +[12] +0/)
  assert.match(err, /E_UNKNOWN_SIGNAL/)
  const told = JSON.parse((await run(['plan', after, '--against', before, '-o', 'json'])).out)
  assert.deepEqual(told.breaks.map(({ kind, id }: { kind: string; id: string }) => `${kind}:${id}`).sort(), [
    'contract:motor',
    'derive:a/total',
    'signal:t2e/a/total',
  ])
  assert.match((await run(['plan', after, '--against', before, '--lang', 'fr'])).out, /retiré : signal t2e\/a\/two/)
})

test('plan: 0 when nothing breaks, 1 when something breaks that lint lets pass, 78 when nothing can be read', async () => {
  const { run, write, before } = made()
  const other = write('other.yaml', file(['a/one', 'a/two'], derive('one - two')))
  const changed = await run(['plan', other, '--against', before])
  assert.equal(changed.code, 0, changed.err)
  assert.match(changed.out, /nothing breaks/)
  assert.match(changed.out, /expression "one \+ two" → "one - two"/)
  assert.match(changed.out, /^a\/total$/m)
  assert.deepEqual((await run(['plan', before, '--against', before])).code, 0)
  const dropped = write('dropped.yaml', file(['a/one', 'a/two']).replace("contracts: ['*.odcs.yaml']", 'contracts: []'))
  assert.equal((await run(['plan', dropped, '--against', before])).code, 1)
  assert.equal((await run(['plan', write('bad.yaml', 'version: 2'), '--against', before])).code, 78)
})

test('plan: compared with what the node runs, by the files it kept when it started', async () => {
  const { run, write, folder } = makeWorld()
  for (const one of ['contracts', 'data']) mkdirSync(join(folder, one))
  write('contracts/motor.odcs.yaml', contract)
  const text = file(['a/one', 'a/two']).replace('*.odcs', 'contracts/*.odcs')
  const config = write('ecluse.yaml', text)
  const data = join(folder, 'data')
  const { loaded, problems } = await lintFiles(config, { connectors: paperConnectors, env: {} })
  assert.ok(loaded, JSON.stringify(problems))
  await keepConfiguration(data, loaded, 1)
  const fixture = await startFixture(0, { node: { configVersion: loaded.version, configurations: keptConfigurations(data) } })
  after(() => fixture.close())
  write('data/running.json', JSON.stringify({ url: fixture.url }))
  copyFileSync(join(fixture.directory, 'local-token'), join(data, 'local-token'))
  write('ecluse.yaml', text.replace('{ id: a/two }', '{ id: a/three }'))
  const { code, out, err } = await run(['plan', config])
  assert.equal(code, 78, err)
  assert.match(out, new RegExp(`^from ${loaded.version} to `))
  assert.match(out, /added signal t2e\/a\/three/)
  assert.match(out, /removed signal t2e\/a\/two/)
  assert.match(out, /contract +motor +depends on signal:t2e\/a\/total/)
})
