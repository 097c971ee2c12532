import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { parse } from 'yaml'
import { IDENTITY, makeWorld, paperYaml } from './world.fixture.ts'

const VERBS = [
  'demo',
  'run',
  'init',
  'lint',
  'test',
  'check',
  'browse',
  'read',
  'watch',
  'suggest',
  'status',
  'why',
  'schema',
  'trust',
  'enroll',
  'node add',
  'node list',
  'node revoke',
  'doctor',
]

test('every verb explains itself in both languages', async () => {
  const world = makeWorld()
  for (const verb of VERBS) {
    const en = await world.run([...verb.split(' '), '--help'])
    const fr = await world.run([...verb.split(' '), '--help', '--lang', 'fr'])
    assert.equal(en.code, 0)
    assert.match(en.out, new RegExp(`Usage: ecluse ${verb}`))
    assert.match(fr.out, new RegExp(`Usage : ecluse ${verb}`))
    assert.match(en.out, /--output <FORM>/)
    assert.equal(en.err + fr.err, '')
    assert.notEqual(en.out, fr.out)
  }
  const all = await world.run([])
  assert.deepEqual([all.code, all.out], [1, ''])
  for (const verb of VERBS) assert.match(all.err, new RegExp(`^  ${verb.split(' ')[0]} `, 'm'))
})

test('a mistyped verb or option is answered with the nearest one, in the language of the environment', async () => {
  const world = makeWorld()
  const verb = await world.run(['lnt'])
  assert.deepEqual(verb, { code: 1, out: '', err: '✗ unknown command lnt\n  hint: did you mean lint?\n' })
  const option = await world.run(['lint', '--deny-warning'], { env: { LANG: 'fr_FR.UTF-8' } })
  assert.deepEqual(option, { code: 1, out: '', err: '✗ option inconnue --deny-warning\n  conseil : vouliez-vous dire --deny-warnings ?\n' })
  assert.match((await world.run(['demo', '--for', 'soon'])).err, /a duration is a number with/)
  assert.match((await world.run(['demo', '--scale', '0'])).err, /a whole number from 1 to 100/)
  assert.match((await world.run(['trust'])).err, /NAME is missing/)
  assert.match((await world.run(['demo', '--port'])).err, /--port <N> needs a value/)
  assert.match((await world.run(['lint', 'a', 'b'])).err, /too many arguments/)
  assert.match((await world.run(['lint', '-o', 'xml'])).err, /not a valid value: .*table, json, yaml/)
})

test('lint: what is wrong goes to stdout with 78, as text and as data', async () => {
  const world = makeWorld()
  const good = world.write('good.yaml', paperYaml({ 'plc-1': 'well' }))
  const typo = world.write('typo.yaml', paperYaml({ 'plc-1': 'well' }, 'histrian: {}'))
  const fine = await world.run(['lint', good])
  assert.equal(fine.code, 0)
  assert.match(fine.out, /^1 file\(s\), 1 connection\(s\): nothing wrong \(configuration [0-9a-f]{16}\)\n$/)
  assert.deepEqual(await world.run(['lint', typo]), {
    code: 78,
    out: `${typo}:3:1 E_UNKNOWN_KEY unknown key \`histrian\`\n  hint: did you mean \`historian\`?\n1 error(s), 0 warning(s)\n`,
    err: '',
  })
  const json = JSON.parse((await world.run(['lint', typo, '-o', 'json'])).out)
  assert.deepEqual([json.ok, json.errors, json.problems[0].line, json.problems[0].code], [false, 1, 3, 'E_UNKNOWN_KEY'])
  assert.equal(parse((await world.run(['lint', typo, '-o', 'yaml'])).out).problems[0].hint, 'did you mean `historian`?')
  assert.match(
    (await world.run(['lint', typo, '--lang', 'fr'])).out,
    /clé inconnue `histrian`\n {2}conseil : vouliez-vous dire `historian` \?/,
  )
})

test('lint --deny-warnings refuses what is only doubtful', async () => {
  const world = makeWorld()
  const file = world.write('empty.yaml', 'version: 1\nsite: { id: t2e }\n')
  assert.equal((await world.run(['lint', file])).code, 0)
  assert.equal((await world.run(['lint', file, '--deny-warnings'])).code, 78)
})

test('without a path the environment names the configuration', async () => {
  const world = makeWorld()
  const file = world.write('from-env.yaml', paperYaml({ a: 'well' }))
  assert.equal((await world.run(['lint'], { env: { ECLUSE_CONFIG: file } })).code, 0)
})

test('schema prints JSON Schema with the connectors there are', async () => {
  const schema = JSON.parse((await makeWorld().run(['schema'])).out)
  assert.equal(schema.properties.connections.additionalProperties.oneOf[0].properties.kind.const, 'paper')
})

test('the file may be given with -c too, and a connection where check wants a file is told how', async () => {
  const world = makeWorld()
  const config = world.write('ecluse.yaml', paperYaml({ 'plc-1': 'well' }))
  for (const name of ['lint', 'check', 'test', 'doctor']) assert.notEqual((await world.run([name, '-c', config])).code, 78, name)
  const named = await world.run(['check', 'plc-1'])
  assert.match(named.err, /no file or directory plc-1\n {2}hint: for one connection: `ecluse check --connection plc-1`/)
  assert.match((await world.run(['check', '--help'])).out, /default: 30s|default: "30s"/)
})

test('check: every step with its mark, its time and its hint; 1 when a device is not reached', async () => {
  const world = makeWorld()
  const well = world.write('well.yaml', paperYaml({ 'plc-1': 'well' }))
  assert.deepEqual(await world.run(['check', well]), {
    code: 0,
    out: 'plc-1 (paper)\n  ✓ tcp          reached (1.3 ms)\n  ✓ first read   3 values (12 ms)\n1 connection(s) reached\n',
    err: '',
  })
  const mixed = world.write('mixed.yaml', paperYaml({ a: 'refuses', b: 'drops', c: 'well' }))
  const outcome = await world.run(['check', mixed])
  assert.equal(outcome.code, 1)
  assert.match(outcome.out, /✗ security {5}BadCertificateUntrusted\n {4}hint: run `ecluse trust`\n/)
  assert.match(outcome.out, /✗ connect {6}the line was dropped\n {4}hint: look at the cable\n/)
  assert.match(outcome.out, /2 of 3 connection\(s\) need a look: see ✗ above\n$/)
  const french = await world.run(['check', mixed, '--lang', 'fr'])
  assert.match(french.out, /✗ security {5}plc:102 : rien n’écoute à cette adresse\n {4}conseil : l’appareil ou le serveur tourne-t-il/)
  const one = JSON.parse((await world.run(['check', mixed, '--connection', 'c', '-o', 'json'])).out)
  assert.deepEqual([one.ok, one.steps.length, one.steps[0].connection], [true, 2, 'c'])
  assert.match((await world.run(['check', mixed, '--connection', 'd'])).err, /no connection `d`.*\n {2}hint: connections: a, b, c\n/)
})

test('check: a device that never answers ends at the time-out, a bug in a connector is said to be one', async () => {
  const world = makeWorld()
  const never = await world.run(['check', world.write('never.yaml', paperYaml({ a: 'never' })), '--timeout', '20ms'])
  assert.equal(never.code, 1)
  assert.match(never.out, /✗ time {9}no end within 0\.02 s/)
  const breaks = await world.run(['check', world.write('breaks.yaml', paperYaml({ a: 'breaks' }))])
  assert.deepEqual([breaks.code, breaks.err.split('\n')[0]], [1, '✗ something went wrong inside ecluse: a bug'])
})

test('check refuses a bad configuration with 78 before it reaches for anything', async () => {
  const world = makeWorld()
  const { code, out, err } = await world.run(['check', world.write('bad.yaml', paperYaml({ a: 'maybe' }))])
  assert.deepEqual([code, out], [78, ''])
  assert.match(err, /bad\.yaml:4:29 E_VALUE must be one of well, refuses, drops, never, breaks\n/)
})

test('browse lists in the form the configuration wants, and lets nothing control the terminal', async () => {
  const world = makeWorld()
  const file = world.write('browse.yaml', paperYaml({ 'plc-1': 'well' }))
  const { code, out, err } = await world.run(['browse', 'plc-1', '-c', file])
  assert.equal(code, 0)
  assert.equal(
    out,
    [
      'PATH            ADDRESS   TYPE      VALUE  UNIT  NOTE',
      'Line1/Temp      ns=2;s=T  Double     21.5  Cel',
      'Line1/Evil?[2J  ns=2;s=E  Double[]               an array',
      '',
    ].join('\n'),
  )
  assert.equal(err, '2 found\n')
  assert.equal((await world.run(['browse', 'plc-1', '-c', file, '--match', 'nothing'])).code, 1)
  assert.match((await world.run(['browse', 'plc-1', '-c', file, '--limit', '1'])).err, /stopped after 1 entries/)
})

test('trust: never silently; by a person who says yes, or by the right fingerprint', async () => {
  const world = makeWorld()
  const file = world.write('trust.yaml', paperYaml({ 'plc-1': 'well' }))
  const trust = (more: string[], answer?: string) =>
    world.run(['trust', 'plc-1', '-c', file, ...more], answer === undefined ? {} : { answer })

  const alone = await trust([])
  assert.equal(alone.code, 1)
  assert.match(alone.err, /nobody is there to answer: nothing was trusted\n {2}hint: .*--fingerprint 01:23:45:67:89:AB/)
  assert.match(alone.out, /SHA-256 {5}01:23:45:67:89:AB/)
  assert.equal((await trust([], 'no')).code, 1)
  assert.equal((await trust([], '')).code, 1)
  const other = await trust(['--fingerprint', '00:23:45:67:89:AB'])
  assert.match(other.err, /the fingerprint is not the one given: nothing was trusted/)
  assert.equal((await trust(['--fingerprint', ''])).code, 1)
  assert.equal(world.trusted.size, 0)

  assert.equal((await trust(['--fingerprint', 'sha256:0123456789ab'])).code, 0)
  assert.deepEqual(world.trusted.get('plc-1'), IDENTITY)
  world.trusted.clear()
  const asked = await trust([], 'yes')
  assert.match(asked.err, /Compare the fingerprint .*\nTrust this certificate for `plc-1`\? Type yes or no: trusted for `plc-1`/)
  assert.equal(world.trusted.size, 1)
  assert.match((await trust([])).err, /already trusted/)
})

test('doctor: a line for each thing looked at, and nothing left behind', async () => {
  const world = makeWorld()
  const file = world.write('doctor.yaml', paperYaml({ a: 'well' }, 'http: { port: 0 }'))
  const { code, out } = await world.run(['doctor', file, '-o', 'json'])
  const findings: { check: string; result: string; detail: string }[] = JSON.parse(out)
  assert.equal(code, 0)
  assert.deepEqual(
    findings.map((finding) => finding.check),
    [
      'runtime',
      'configuration',
      'data directory',
      'disk space',
      'fsync',
      'port',
      'clock',
      'historian',
      'security functions',
      'role',
      'spool',
    ],
  )
  assert.deepEqual(readdirSync(world.folder), ['doctor.yaml'])
  const bad = await world.run(['doctor', world.write('bad.yaml', 'version: 3\n'), '--lang', 'fr'])
  assert.equal(bad.code, 1)
  assert.match(bad.out, /configuration +échec +.*2 erreur\(s\)\n {2}conseil : `ecluse lint .*bad\.yaml` les liste/)
  const other = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', () => resolve()))
  after(() => other.close())
  const { port } = other.address() as { port: number }
  const taken = world.write('taken.yaml', paperYaml({ a: 'well' }, `http: { port: ${port} }`))
  const away = await world.run(['run', world.write('away.yaml', paperYaml({ a: 'well' }, 'http: { host: 192.0.2.1, port: 8480 }'))])
  assert.match(away.err, /nobody can listen at 192\.0\.2\.1:8480 on this machine: EADDRNOTAVAIL\n {2}hint: `http\.host` is an address/)
  assert.match((await world.run(['doctor', taken])).out, /port +failed +127\.0\.0\.1:\d+ is used by another program/)
  mkdirSync(join(world.folder, 'data'))
  writeFileSync(join(world.folder, 'data', 'running.json'), JSON.stringify({ url: `http://127.0.0.1:${port}` }))
  assert.match((await world.run(['doctor', taken])).out, /port +ok +127\.0\.0\.1:\d+ is used by a node of this configuration/)
  assert.match((await world.run(['doctor', taken])).out, /nodes +warning +no node answers at http/)
  const blocked = world.write('file', '')
  const unwritable = await world.run(['doctor', world.write('data.yaml', paperYaml({ a: 'well' }, `data: ${join(blocked, 'x')}`))])
  assert.equal(unwritable.code, 1)
  assert.match(unwritable.out, /data directory +failed +.*ENOTDIR/)
  for (const data of [blocked, join(blocked, 'x'), ...(existsSync('/proc/self') ? ['/proc/self/x'] : [])]) {
    const refused = await world.run(['run', world.write('data.yaml', paperYaml({ a: 'well' }, `data: ${data}\nhttp: { port: 0 }`))])
    assert.equal(refused.code, 1)
    assert.match(refused.err, /^✗ \S+ cannot be written: E(NOTDIR|NOENT)\n {2}hint: give the account that runs ecluse the right/)
  }
})

test('examples beside the configuration are run through the rules; what does not hold is said, as JUnit too', async () => {
  const world = makeWorld()
  const config = world.write('ecluse.yaml', paperYaml({ plc: 'well' }, 'models: { amps: { range: [0, 9], flatLine: 5s } }'))
  assert.match((await world.run(['test', config])).err, /no examples in .*tests/)
  mkdirSync(join(world.folder, 'tests'))
  const good = '- { name: in range, signal: { model: amps }, series: [1, 10], expect: [Good, Uncertain range] }'
  world.write('tests/amps.yaml', good)
  assert.deepEqual(await world.run(['test', config]), { code: 0, out: '1 example(s) hold, 0 do not\n', err: '' })
  world.write('tests/wrong.yaml', '- { name: "a < b", signal: { range: [0, 1] }, series: [0, 2], expect: [Good, Good] }')
  const failed = await world.run(['test', config, '--lang', 'fr'])
  assert.equal(failed.code, 1)
  assert.match(failed.out, /✗ .*wrong.yaml: a < b\n {4}mesure 2: attendu Good, obtenu UncertainEngineeringUnitsExceeded range/)
  const { out } = await world.run(['test', config, '--junit', '-'])
  assert.match(out, /<testsuite name="ecluse" tests="2" failures="1">/)
  assert.match(
    out,
    /name="a &lt; b" time="[0-9.]+"><failure message="reading 2: expected Good, got UncertainEngineeringUnitsExceeded range">/,
  )
  const readings = 'signals: { x: { readings: [[0s, 1]] } }, derive: [{ id: y, inputs: { x: x }, expression: x * 2, tolerance: 1s }]'
  world.write(
    'tests/wrong.yaml',
    `- { name: twice, ${readings}, expect: { y: [0s 2 Good] } }\n- { name: thrice, ${readings}, expect: { y: [0s 3 Good] } }`,
  )
  assert.match((await world.run(['test', config])).out, /✗ .*wrong.yaml: thrice\n {4}y, line 1: expected 0s 3 Good, got 0s 2 Good\n2 ex/)
  world.write('tests/wrong.yaml', `- { name: twice, ${readings}, expect: { y: [] }, evets: [] }`)
  assert.match((await world.run(['test', config])).err, /wrong.yaml: 0: .*evets/)
  world.write('tests/wrong.yaml', '- { name: x, signal: { rnage: [0, 1] }, series: [0], expect: [Good] }')
  assert.match((await world.run(['test', config])).err, /wrong.yaml: 0.signal: .*rnage/)
  world.write('tests/wrong.yaml', '- { name: x, signal: { model: volts }, series: [0], expect: [Good] }')
  assert.match((await world.run(['test', config])).err, /there is no model volts/)
})
