import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { parse } from 'yaml'
import { makeWorld, paperYaml } from './world.fixture.ts'

const CONTRACT = `apiVersion: v3.1.0
kind: DataContract
id: motor
name: Motors
version: 1.0.0
status: active
schema:
  - name: motor
    properties:
      - name: current
        physicalName: a/current
        logicalType: number
        logicalTypeOptions: { minimum: 0, exclusiveMaximum: 9 }
        quality: [{ metric: nullValues, mustBe: 0 }]
slaProperties: [{ property: frequency, value: 1, unit: min }]
customProperties:
  - { property: otOwner, value: Maintenance }
  - { property: meaning, value: "Amps\\e[2J" }
  - { property: permittedUses, value: [planning] }
  - { property: forbiddenUses, value: [safety] }
`

/** A node that knows one contract. */
async function node(contracts: object[]): Promise<string> {
  const server = createServer((request, response) => {
    const id = new URL(request.url ?? '', 'http://node').searchParams.get('id')
    const found = contracts.filter((one) => (one as { id: string }).id === id)
    response.writeHead(found.length > 0 ? 200 : 404, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify(found.length > 0 ? { contracts: found } : { code: 'unknown-contract', message: 'there is no contract with this id' }),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const NOBODY = ['--url', 'http://127.0.0.1:1']
const kept = (version: string) => ({
  ...{ id: 'motor', version, status: 'active', enforced: true, file: 'motor.odcs.yaml', permittedUses: [], forbiddenUses: ['safety'] },
  ...{ properties: [], service: [] },
  violations: [
    {
      ...{ property: 'motor.current', kind: 'check', check: 'nullValues mustBe 0', count: 12, lastHour: 3 },
      ...{ firstTime: '2026-11-01T00:00:00.000Z', lastTime: '2026-11-02T00:00:00.000Z' },
      examples: [{ signal: 't2e/a/current', time: '2026-11-02T00:00:00.000Z', value: null }],
    },
  ],
})

test('contract show: a file by itself, in both languages and as data; nothing of it moves the terminal', async () => {
  const world = makeWorld()
  const file = world.write('motor.odcs.yaml', CONTRACT)
  const { code, out } = await world.run(['contract', 'show', file, ...NOBODY])
  assert.equal(code, 0)
  assert.match(out, /^Motors \(motor, version 1\.0\.0, active\)\n {2}OT owner {2}Maintenance\n {2}IT owner {2}nobody yet\n/)
  assert.match(out, /May be used for\n {2}- planning\nMust not be used for\n {2}- safety\n/)
  assert.match(
    out,
    /motor\.current +a\/current +number +- +≥ 0; < 9; at most 60 s late; at most 60 s of silence; each hour nullValues mustBe 0\n/,
  )
  assert.match(out, /Today: unknown/)
  assert.ok(!out.includes('\u001b'))
  assert.match((await world.run(['contract', 'show', file, ...NOBODY, '--lang', 'fr'])).out, /Ne doit pas servir à\n {2}- safety\n/)
  const json = JSON.parse((await world.run(['contract', 'show', file, ...NOBODY, '-o', 'json'])).out)
  assert.deepEqual([json.id, json.properties[0].maximum, json.today], ['motor', 9, null])
  assert.equal(parse((await world.run(['contract', 'show', file, ...NOBODY, '-o', 'yaml'])).out).otOwner, 'Maintenance')
})

test('contract show: with what broke it where a node runs, by file and by id', async () => {
  const world = makeWorld()
  const file = world.write('motor.odcs.yaml', CONTRACT)
  const url = await node([kept('0.9.0')])
  const { out } = await world.run(['contract', 'show', file, '--url', url])
  assert.match(out, /Today \(version 0\.9\.0, http:\/\/127\.0\.0\.1:\d+\):\nPROPERTY/)
  assert.match(out, /motor\.current +check nullValues mustBe 0 +12 +3 +2026-11-01T\S+ +2026-11-02T\S+ +- t2e\/a\/current/)
  const byId = await world.run(['contract', 'show', 'motor', '--url', url, '-o', 'json'])
  const json = JSON.parse(byId.out)
  assert.deepEqual([json.version, json.today.violations[0].count, json.violations], ['0.9.0', 12, undefined])
})

test('contract show: by id from the configuration when no node answers; what nobody knows and what cannot be read', async () => {
  const world = makeWorld()
  world.write('motor.odcs.yaml', CONTRACT.replace('        physicalName: a/current\n', ''))
  const config = world.write('ecluse.yaml', paperYaml({ 'plc-1': 'well' }, 'contracts: [motor.odcs.yaml]'))
  const found = await world.run(['contract', 'show', 'motor', '-c', config, ...NOBODY])
  assert.deepEqual([found.code, found.out.split('\n')[0]], [0, 'Motors (motor, version 1.0.0, active)'])
  assert.equal((await world.run(['contract', 'show', 'engine', '-c', config, ...NOBODY])).code, 1)
  const known = await node([kept('1')])
  assert.match((await world.run(['contract', 'show', 'engine', '--url', known])).err, /no contract with this id/)
  const broken = world.write('broken.odcs.yaml', CONTRACT.replace('status:', 'staus:'))
  assert.equal((await world.run(['contract', 'show', broken])).code, 78)
})
