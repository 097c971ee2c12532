import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeWorld } from './world.fixture.ts'

const CASE =
  'direction: pull, transports: [paper], necessity: n, impact: i, owner: o, riskOwner: r, reviewBy: 2999-12-31, isolation: { by: [x] }'
const file = (signals: string, tests = '') => `version: 1
site: { id: t }
node: { id: n, zone: control }
zones: { field: { level: 1 }, control: { level: 2 }, office: { level: 4 } }
roles: { visitor: { grants: [{ direction: outward, may: [read], zones: [office] }] } }
conduits:
  poll: { from: field, to: control, signals: [${signals}], ${CASE} }
policyTests:
  - { name: visitors stay out, role: visitor, mayNot: read, zone: field }
${tests}connections:
  plc: { kind: paper, zone: field, signals: [{ id: pump/state }, { id: pump/secret }] }
`

test('policy explain: the line that decides, 0 when it may and 1 when not, in both languages', async () => {
  const world = makeWorld()
  const config = world.write('ecluse.yaml', file('pump/state'))
  const explain = (words: string, ...more: string[]) => world.run(['policy', 'explain', ...words.split(' '), '-c', config, ...more])
  const yes = await explain('plc send pump/state')
  assert.deepEqual([yes.code, /^yes/.test(yes.out), /ecluse\.yaml:7, conduits\.poll\.signals/.test(yes.out)], [0, true, true], yes.out)
  const no = await explain('plc send pump/secret')
  assert.deepEqual([no.code, /^no: the conduit does not name it \(poll\)/.test(no.out)], [1, true], no.out)
  assert.match((await explain('plc send pump/secret', '--lang', 'fr')).out, /^non : le conduit ne le nomme pas/)
  const role = await explain('visitor read office')
  assert.deepEqual([role.code, /roles\.visitor\.grants/.test(role.out)], [0, true], role.out)
  assert.equal((await explain('visitor read field')).code, 1)
  const unknown = await explain('plcc send pump/state')
  assert.deepEqual([unknown.code, /plc\b/.test(unknown.err)], [1, true], unknown.err)
  const told = async (words: string, ...more: string[]) => (await explain(words, ...more)).err
  assert.match(await told('visitr read office'), /no role is called visitr[\s\S]*did you mean visitor\? there are: .*visitor/)
  assert.match(await told('visitor raed office'), /raed is no action[\s\S]*did you mean read\?/)
  assert.match(await told('visitor read ofice'), /no zone, signal, record or result is called ofice[\s\S]*did you mean office\?/)
  assert.match(await told('visitor read pump/stat'), /did you mean pump\/state\?/)
  assert.match(await told('plc send pump/stat'), /is called pump\/stat[\s\S]*did you mean pump\/state\?/)
  assert.match(await told('pol send pump/state'), /no zone, conduit, connection or node is called pol[\s\S]*did you mean poll\?/)
  assert.match(await told('plc send office'), /the zone office is not at the other end[\s\S]*there are: control/)
  assert.match(await told('visitr read office', '--lang', 'fr'), /aucun rôle ne s’appelle visitr[\s\S]*vouliez-vous dire visitor \?/)
  const [answer] = JSON.parse((await explain('plc send pump/secret', '-o', 'json')).out)
  assert.deepEqual([answer.permitted, answer.reason, answer.conduit], [false, 'not-named', 'poll'])
})

test('policy matrix: zones by zones, roles by zones', async () => {
  const world = makeWorld()
  const config = world.write('ecluse.yaml', file('"**"'))
  const { code, out } = await world.run(['policy', 'matrix', '-c', config])
  assert.equal(code, 0)
  assert.match(out, /^FROM \\ TO +field +control +office\nfield +· +poll +-\n/)
  assert.match(out, /\nvisitor +- +- +\S/)
  const { cells } = JSON.parse((await world.run(['policy', 'matrix', '-c', config, '-o', 'json'])).out)
  assert.equal(cells.find(({ from, to }: { from: string; to: string }) => from === 'field' && to === 'control').conduits[0].name, 'poll')
})

test('policy test: 1 when one does not hold, with its name', async () => {
  const world = makeWorld()
  const good = world.write('ecluse.yaml', file('pump/state', '  - { conduit: poll, neverCarries: ["pump/secret"] }\n'))
  const holds = await world.run(['policy', 'test', '-c', good])
  assert.equal(holds.code, 0)
  assert.match(holds.out, /holds +visitors stay out\n/)
  assert.match(holds.out, /\b2 policy test\(s\) hold, 0 do not/)
  const bad = world.write('bad.yaml', file('"pump/**"', '  - { name: secrets stay, conduit: poll, neverCarries: ["pump/secret"] }\n'))
  const fails = await world.run(['policy', 'test', '-c', bad])
  assert.equal(fails.code, 1)
  assert.match(fails.out, /secrets stay/)
})

test('policy simulate: what another file would give and take', async () => {
  const world = makeWorld()
  const config = world.write('ecluse.yaml', file('"pump/**"'))
  const other = world.write('other.yaml', file('pump/state').replace('zones: [office]', 'zones: [office, control]'))
  const { out } = await world.run(['policy', 'simulate', other, '-c', config])
  assert.match(out, /poll +loses +1 +t\/pump\/secret/)
  assert.match(out, /visitor/)
  const same = await world.run(['policy', 'simulate', config, '-c', config])
  assert.match(same.out, /^nobody gains or loses anything, and no conduit says anything else$/m)
})
