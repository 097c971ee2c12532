import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ConfigurationError } from '../core/errors.ts'
import { DECLARATION_LIMITS } from '../qualify/config.ts'
import { checkDeclarations } from './declarations.ts'
import { fakeConnectors } from './fake-connector.ts'
import { configWords, type LoadedConfig, lintFiles, lintText, loadConfig } from './index.ts'
import { CONFIG_LIMITS } from './limits.ts'

const folder = mkdtempSync(join(tmpdir(), 'ecluse-config-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let files = 0
const write = (text: string | Buffer): string => {
  const file = join(folder, `${files++}.conf`)
  writeFileSync(file, text)
  return file
}
const options = { connectors: fakeConnectors, env: {} }
const CONNECTION = 'plc-1: { kind: fake, endpoint: fake://a, signals: [{ id: a/b, address: 1 }] }'
const whole = (rest: string): string => `version: 1\nsite: { id: t2e }\n${rest}\n`

/** The parsed keys of the first connection. */
function ownKeys<Keys>(loaded: LoadedConfig): Keys {
  const [first] = loaded.connections
  assert.ok(first)
  return first.config as Keys
}

async function refusal(file: string, more: object = {}): Promise<ConfigurationError> {
  const error = await loadConfig(file, { ...options, ...more }).then(
    () => assert.fail('accepted'),
    (refused: unknown) => refused,
  )
  assert.ok(error instanceof ConfigurationError)
  return error
}

test('a configuration comes with defaults, milliseconds, bytes and an absolute data directory', async () => {
  const { config, connections, warnings } = await loadConfig(
    write(whole(`spool: { maxBytes: 64MiB, segmentBytes: 1MiB }\nconnections:\n  ${CONNECTION}`)),
    options,
  )
  assert.equal(config.node.id, 'node-1')
  assert.deepEqual(config.http, { host: '127.0.0.1', port: 8480, proxies: [], requestsPerSecond: 200 })
  assert.equal(config.data, join(folder, 'data'))
  assert.equal(config.spool.maxBytes, 64 * 2 ** 20)
  assert.equal(config.historian.compactAfter, 86_400_000)
  assert.equal('connections' in config, false)
  const [plc] = connections
  assert.deepEqual(
    [plc?.name, plc?.kind, plc?.label, plc?.silence],
    ['plc-1', 'fake', undefined, { uncertainAfter: 10_000, badAfter: 30_000 }],
  )
  assert.equal(plc && (plc.config as { period: number }).period, 1000)
  assert.deepEqual(warnings, [])
})

test('files that a connection names are relative to the folder of the file', async () => {
  const { connectors } = await import('../connectors/index.ts')
  const text = (ca: string) =>
    whole(`connections:
  broker: { kind: mqtt, format: plain, url: "mqtts://b.example", tls: { ca: ${ca} }, signals: [{ id: a/b, topic: a/b, expectedPeriod: 1s }] }
  aodb:
    kind: postgresql
    host: db.example
    database: d
    user: u
    password: '\${env:PASSWORD}'
    tls: { ca: ${ca} }
    records: [{ record: flight, query: SELECT id FROM flights, every: 10s, snapshot: true }]
records:
  flight: { key: [id], fields: { id: { type: text } } }`)
  const read = async (ca: string) => {
    const { connections } = await loadConfig(write(text(ca)), { connectors, env: { PASSWORD: 'x' } })
    return connections.map(({ config }) => (config as { tls?: { ca?: string } }).tls?.ca)
  }
  assert.deepEqual(await read('ca.pem'), [join(folder, 'ca.pem'), join(folder, 'ca.pem')])
  assert.deepEqual(await read('/etc/ca.pem'), ['/etc/ca.pem', '/etc/ca.pem'])
  const pem = '"-----BEGIN CERTIFICATE-----"'
  assert.deepEqual(await read(pem), ['-----BEGIN CERTIFICATE-----', '-----BEGIN CERTIFICATE-----'])
})

test('every problem is reported at once, not only the first', async () => {
  const { problems } = await refusal(write(whole('sites: 1\nhttp: { prt: 1 }\nconnections:\n  plc-1: { kind: x }')))
  assert.deepEqual(
    problems.map((problem) => problem.code),
    ['E_UNKNOWN_KEY', 'E_UNKNOWN_KEY', 'E_UNKNOWN_KIND'],
  )
})

test('a variable that is not set is an error for run, a warning for lint', async () => {
  const file = write(whole(`connections:\n  plc-1: { kind: fake, endpoint: "fake://\${env:HOST}", signals: [{ id: a, address: 1 }] }`))
  const { problems } = await refusal(file)
  assert.deepEqual([problems[0]?.code, problems[0]?.line, problems[0]?.column], ['E_ENV_MISSING', 4, 24])
  const linted = await lintFiles(file, options)
  assert.deepEqual([linted.ok, linted.problems[0]?.code, linted.problems[0]?.level], [true, 'W_ENV_MISSING', 'warning'])
  const loaded = await loadConfig(file, { ...options, env: { HOST: 'plc' } })
  assert.equal(ownKeys<{ endpoint: string }>(loaded).endpoint, 'fake://plc')
})

test('references become numbers where a number stands, and $${ stays text', async () => {
  const text = whole(
    `http: { port: "\${env:PORT}" }\nconnections:\n  plc-1: { kind: fake, endpoint: "fake://$\${x}", signals: [{ id: a, address: "\${env:PORT}" }] }`,
  )
  const { config, connections } = await loadConfig(write(text), { ...options, env: { PORT: '8481' } })
  assert.equal(config.http.port, 8481)
  assert.deepEqual(connections[0]?.config, {
    endpoint: 'fake://${x}',
    mode: 'polling',
    period: 1000,
    user: 'anonymous',
    signals: [{ id: 'a', address: 8481 }],
  })
  const { problems } = await refusal(write(text), { env: { PORT: 'many' } })
  assert.deepEqual(
    problems.map((problem) => problem.code),
    ['E_TYPE', 'E_TYPE'],
  )
})

const withPassword = whole(
  'connections:\n  plc-1: { kind: fake, endpoint: fake://a, user: { name: joe, password: "${file:pw}" }, signals: [{ id: a, address: 1 }] }',
)
const passwordOf = (loaded: LoadedConfig) => ownKeys<{ user: { password: string } }>(loaded).user.password

test('a secret is read beside the configuration, without its last newline, and takes no part in the version', async () => {
  writeFileSync(join(folder, 'pw'), 'hunter2\n')
  const file = write(withPassword)
  const first = await loadConfig(file, options)
  assert.equal(passwordOf(first), 'hunter2')
  const second = await loadConfig(file, { ...options, readSecret: () => 'other' })
  assert.equal(passwordOf(second), 'other')
  assert.equal(first.version, second.version)
  assert.match(first.version, /^[0-9a-f]{16}$/)
})

test('a secret that is empty, missing or too large is refused without being shown', async () => {
  const file = write(withPassword)
  assert.equal((await refusal(file, { readSecret: () => '' })).problems[0]?.code, 'E_VALUE')
  writeFileSync(join(folder, 'pw'), 's'.repeat(CONFIG_LIMITS.secretBytes + 1))
  const { problems, message } = await refusal(file)
  assert.equal(problems[0]?.code, 'E_SECRET_FILE')
  assert.doesNotMatch(message, /ssss/)
  rmSync(join(folder, 'pw'))
  assert.match((await refusal(file)).message, /E_SECRET_FILE .*ENOENT/)
})

test('the version follows the content, not its form', () => {
  const version = (text: string) => lintText(text, options).loaded?.version
  const a = version(whole(`connections:\n  ${CONNECTION}`))
  assert.ok(a)
  assert.equal(version(`# a comment\nconnections:\n  ${CONNECTION}\nsite:\n  id: "t2e"\nversion: 1\n`), a)
  assert.notEqual(version(whole(`connections:\n  ${CONNECTION.replace('address: 1', 'address: 2')}`)), a)
  assert.notEqual(version(whole(`data: ./elsewhere\nconnections:\n  ${CONNECTION}`)), a)
})

test('messages can be French', () => {
  const { problems } = lintText(whole('histrian: {}'), { ...options, language: 'fr' })
  assert.deepEqual(problems.find((problem) => problem.code === 'E_UNKNOWN_KEY')?.hint, 'vouliez-vous dire `historian` ?')
})

test('what cannot be read is said with its reason', async () => {
  assert.match((await refusal(join(folder, 'nowhere.yaml'))).message, /nowhere\.yaml:1:1 E_FILE /)
  assert.match((await refusal(mkdtempSync(join(folder, 'empty-')))).message, /E_NO_FILES/)
  assert.match((await refusal(write(Buffer.from([0x76, 0xff, 0xfe])))).message, /E_ENCODING/)
  assert.match((await refusal(write(Buffer.alloc(CONFIG_LIMITS.fileBytes + 1, 0x20)))).message, /E_FILE_TOO_LARGE/)
})

test('a directory of too many files is refused', async () => {
  const many = mkdtempSync(join(folder, 'many-'))
  for (let i = 0; i <= CONFIG_LIMITS.files; i++) writeFileSync(join(many, `${i}.yaml`), 'version: 1\n')
  assert.match((await refusal(many)).message, /E_NO_FILES/)
})

test('thousands of nested brackets end in an error, not in a crash', () => {
  const { problems } = lintText(`version: 1\nsite: ${'['.repeat(50_000)}`, options)
  assert.equal(problems.length, 1)
  assert.match(problems[0]?.code ?? '', /^E_YAML_/)
})

test('ten thousand signals load in a time that grows with their number', () => {
  const signals = Array.from({ length: 10_000 }, (_, i) => `      - { id: hall/unit-${i}/value, address: ${i}, unit: A }`).join('\n')
  const started = process.cpuUsage()
  const { loaded, problems } = lintText(
    whole(`connections:\n  plc-1:\n    kind: fake\n    endpoint: fake://a\n    signals:\n${signals}`),
    options,
  )
  const tookMs = process.cpuUsage(started).user / 1000
  assert.deepEqual(problems, [])
  assert.ok(loaded)
  assert.equal(ownKeys<{ signals: unknown[] }>(loaded).signals.length, 10_000)
  // About 1 s of CPU on an idle machine; the rest is for a slow one. What grows with the square would take minutes.
  assert.ok(tookMs < 5_000, `${Math.round(tookMs)} ms`)
})

test('more rules on one signal than the limit are refused with the place of the first too many, in a time that grows with their number', () => {
  const { models, peers: mostPeers, substitutes, perSignal } = DECLARATION_LIMITS
  const peers = Array.from({ length: mostPeers + 1 }, (_, i) => `  p${i}: { same: [a/1, a/2], tolerance: 1, within: 2s }`)
  const signals = '[{ id: a/1, address: 1 }, { id: a/2, address: 2 }]'
  const text = `version: 1\nsite: { id: t2e }\npeers:\n${peers.join('\n')}\nconnections:\n  plc: { kind: fake, endpoint: fake://a, signals: ${signals} }\n`
  const { problems } = lintText(text, { connectors: fakeConnectors, env: {} })
  assert.deepEqual(
    problems.map(({ code, line }) => [code, line]),
    [
      ['E_TOO_MANY', 4],
      ['E_TOO_MANY', 4 + perSignal],
      ['E_TOO_MANY', 4 + perSignal],
    ],
  )
  const codes = (counts: { models: number; substitutes: number }) => {
    const named = <T>(count: number, one: T) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${i}`, one]))
    const found: string[] = []
    const source = { file: 'ecluse.yaml', at: () => ({ line: 1, column: 1 }) }
    checkDeclarations(
      { models: named(counts.models, {}), peers: {}, substitutes: named(counts.substitutes, { of: 'a/1', use: [] }) } as never,
      {
        ...{ at: { source, offset: 0 }, isComplete: true, words: configWords.en, declared: new Map([['a/1', { source, offset: 0 }]]) },
        problems: { add: (_: unknown, code: string) => found.push(code) },
      } as never,
    )
    return found
  }
  // The substitutes are all of one signal, which is one thing too many by itself.
  assert.deepEqual(codes({ models, substitutes }), ['E_TOO_MANY'])
  assert.deepEqual(codes({ models: models + 1, substitutes }), ['E_TOO_MANY', 'E_TOO_MANY'])
  assert.deepEqual(codes({ models, substitutes: substitutes + 1 }), ['E_TOO_MANY', 'E_TOO_MANY'])
})
