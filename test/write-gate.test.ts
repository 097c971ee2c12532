import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { json, startFixture } from '../src/api/fixture.ts'
import { crc16 } from '../src/connectors/modbus/crc16.ts'
import { encodeRtu, encodeTcp, READ_FUNCTION } from '../src/connectors/modbus/frame.ts'
import { noAudit } from '../src/core/audit.ts'
import type { WriteIntent } from '../src/core/writes.ts'
import { openWriteGate } from '../src/gateway/write-gate/gate.ts'

/**
 * One place could ever write to a device, and it refuses. Shown in three ways: whoever may reach the gate is listed; whatever sends bytes to another program is listed
 * with the reason; and each protocol's part is searched for what writes in that protocol.
 */
const root = join(import.meta.dirname, '..')

/** What is shipped and runs: not tests, their fixtures and peers, nor the simulated devices. */
const shipped = globSync('src/**/*.ts', { cwd: root })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => !/(\.test|\.fixture|-child|\/fixture|\/contract(-\w+)*|test-bench|fake-connector)\.ts$|\/fixtures\//.test(file))
  .sort()
const devices = shipped.filter((file) => file.endsWith('/simulator.ts'))
const program = shipped.filter((file) => !devices.includes(file))

/** The code of a file without its comments; texts stay. */
const code = (file: string) =>
  readFileSync(join(root, file), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/[^\n]*/g, '$1')

const filesWith = (pattern: RegExp, files = program) => files.filter((file) => pattern.test(code(file)))

/** Says of each file what is not on the list, and what is on the list and no longer there. */
function listed(found: readonly string[], known: Readonly<Record<string, string>>): void {
  assert.deepEqual([...found].sort(), Object.keys(known).sort())
}

describe('who reaches the write gate', () => {
  test('one file makes it, one route asks it, one file counts it', () => {
    listed(filesWith(/\bopenWriteGate\b/), {
      'src/gateway/write-gate/gate.ts': 'the gate',
      'src/gateway/index.ts': 'names it',
      'src/run/node-view.ts': 'makes the only one of a node',
    })
    listed(filesWith(/view\.writes\b|\bWriteGate\b/), {
      'src/core/writes.ts': 'its shape',
      'src/core/node-view.ts': 'its shape',
      'src/gateway/write-gate/gate.ts': 'the gate',
      'src/api/metric-values.ts': 'counts what it refused',
      'src/api/writes.ts': 'the route',
    })
    assert.deepEqual(filesWith(/\bwrites\s*\.\s*ask\b/), ['src/api/writes.ts'])
  })

  test('CVE-2026-25939, CVE-2026-47721 (FUXA): no connector, rule, derivation or schedule is given it', () => {
    assert.deepEqual(
      filesWith(
        /core\/writes|write-gate/,
        program.filter((file) => /^src\/(connectors|qualify|process|correlate|govern|continuity|historian|config)\//.test(file)),
      ),
      [],
    )
  })

  test('of all routes, called by somebody who may do everything, one reaches it', async () => {
    const asked: string[] = []
    const real = openWriteGate({ audit: noAudit, isSignal: () => true })
    let route = ''
    const ask = (intent: WriteIntent) => {
      asked.push(route)
      return real.ask(intent, {})
    }
    const writes = { ...real, ask }
    const api = await startFixture(3, { node: { writes } })
    try {
      await api.signIn()
      for (const { method, url } of api.routes) {
        if (method === 'HEAD' || (url.startsWith('/api/v1/session') && method === 'DELETE') || url === '/api/v1/live') continue
        route = `${method} ${url}`
        const body = {
          signal: 't/line-0/m0',
          value: 1,
          token: 'x',
          name: 'x',
          password: 'x',
          sql: 'SELECT 1',
          from: '-1h',
          ids: ['x'],
          reason: 'x',
        }
        const answer = await api.call(url, method === 'GET' ? {} : json(body)).catch(() => undefined)
        await answer?.body?.cancel()
      }
      route = 'POST /api/v1/writes'
      const answer = await api.call('/api/v1/writes', json({ signal: 't/line-0/m0', value: 1 }))
      assert.equal(answer.status, 403)
      assert.equal(((await answer.json()) as { code: string }).code, 'writes-off')
      assert.deepEqual([...new Set(asked)], ['POST /api/v1/writes'])
      assert.match(await (await api.call('/metrics')).text(), /ecluse_write_attempts_refused_total\{reason="writes-off"\} 1/)
    } finally {
      await api.close()
    }
  })

  test('a wish that is too long, of another shape or without the permission does not reach it', async () => {
    const api = await startFixture(1)
    try {
      const post = async (body: unknown, headers = {}) =>
        (await api.call('/api/v1/writes', { ...json(body), headers: { 'content-type': 'application/json', ...headers } })).status
      const token = readFileSync(join(api.directory, 'local-token'), 'utf8').trim()
      assert.equal(await post({ signal: 'x', value: 1 }), 401)
      assert.equal(await post({ signal: 'x', value: 1 }, { authorization: `Bearer ${token}` }), 403)
      await api.signIn()
      assert.equal(await post({ signal: 'x', value: 'v'.repeat(257) }), 400)
      assert.equal(await post({ signal: 'x'.repeat(641), value: 1 }), 400)
      assert.equal(await post({ signal: 'x', value: { a: 1 } }), 400)
      assert.equal(await post({ signal: 'x', value: 1, force: true }), 400)
      assert.equal(api.view.writes.refused()['writes-off'], 0)
    } finally {
      await api.close()
    }
  })
})

describe('what sends anything to another program', () => {
  test('each file that opens a connection, listens or runs a program is listed with its reason', () => {
    const opens =
      /from '(node:(net|tls|http|https|http2|dgram|child_process)|[./]+lib\/http\.ts)'|getBuiltinModule|\bfetch\(|import\('(node-opcua[\w-]*|mqtt|pg|mysql2[\w/]*|tedious|aedes|@nats-io\/[\w-]+|@platformatic\/kafka)'\)/
    const values = (file: string) =>
      code(file)
        .replace(/import type [^\n]*/g, '')
        // Types, and what only looks at addresses and certificates.
        .replace(/import \{ ((type \w+|isIP|isIPv[46]|checkServerIdentity)(, )?)+ \} from[^\n]*/g, '')
    const found = program.filter((file) => opens.test(values(file)))
    listed(found, {
      'src/api/people/reserved.ts': 'listens for who administers',
      'src/cli/client.ts': 'the commands ask the node of this machine',
      'src/cli/demo.ts': 'opens the browser of the person who starts the demo',
      'src/cli/pinned.ts': 'the same over TLS',
      'src/cli/plant.ts': 'starts the simulated plant of the demo',
      'src/cli/ports.ts': 'tries whether a port is free',
      'src/connectors/kafka/client.ts': 'reads topics; test below',
      'src/connectors/modbus/line.ts': 'the four reads of Modbus; test below',
      'src/connectors/mqtt/dial.ts': 'the socket of src/connectors/mqtt/session.ts',
      'src/connectors/mqtt/session.ts': 'subscriptions; what it publishes: test below',
      'src/connectors/nats/consume.ts': 'pulls and acknowledges; test below',
      'src/connectors/nats/link.ts': 'the connection of consume.ts',
      'src/connectors/opcua/check.ts': 'tries whether the port answers',
      'src/connectors/opcua/library.ts': 'services that read; test below',
      'src/connectors/rest/http.ts': 'GET, and the form of a sign-in; test below',
      'src/connectors/sql/mariadb.ts': 'one SELECT in a read-only transaction; test below',
      'src/connectors/sql/postgresql.ts': 'one SELECT in a read-only transaction; test below',
      'src/connectors/sql/sqlserver.ts': 'one SELECT in a transaction that is rolled back; test below',
      'src/connectors/webhook/listener.ts': 'listens; answers with a status',
      'src/continuity/audit/send.ts': 'audit entries to a log server',
      'src/gateway/diode/socket.ts': 'datagrams to the next node',
      'src/gateway/flows/detectors/new-egress.ts': 'compares addresses; opens nothing',
      'src/gateway/flows/sensor/live.ts': 'runs tcpdump or dumpcap, which listen to a mirror port',
      'src/gateway/link/dial.ts': 'the link to the next node, where that node dials',
      'src/gateway/link/listen.ts': 'listens for nodes',
      'src/gateway/link/tls-connect.ts': 'the link to the next node',
      'src/gateway/policy/peers.ts': 'compares addresses; opens nothing',
      'src/lib/http.ts': 'Node’s own modules, for those that import it',
      'src/run/self-test.ts': 'looks at the settings of TLS; opens nothing',
      'src/run/open-lineage.ts': 'events to a lineage server',
    })
  })

  test('nothing runs code that it was given', () => {
    assert.deepEqual(filesWith(/\beval\(|\bnew Function\b|from 'node:vm'|\bvm2\b|process\.binding|\bdlopen\b/), [])
    // `import()` of a place that is not a literal.
    listed(filesWith(/\bimport\((?!['"`][^$'"`]+['"`]\))/), { 'src/cli/demo.ts': 'the simulated terminal, in the program’s own folder' })
  })
})

describe('Modbus', () => {
  test('the function codes of requests are the four reads, whatever is asked', () => {
    assert.deepEqual(Object.values(READ_FUNCTION).sort(), [1, 2, 3, 4])
    for (const table of Object.keys(READ_FUNCTION) as (keyof typeof READ_FUNCTION)[]) {
      for (const count of [0, 1, 125, 2000]) {
        const request = { unitId: 1, table, address: 0xffff, count }
        assert.equal(encodeTcp(request, 0xffff)[7], READ_FUNCTION[table])
        const rtu = encodeRtu(request)
        assert.equal(rtu[1], READ_FUNCTION[table])
        assert.equal(crc16(rtu, 0, 6), rtu.readUInt16LE(6))
      }
    }
  })

  test('one line of one file puts bytes on the wire, and they come from the two encoders', () => {
    const modbus = program.filter((file) => file.startsWith('src/connectors/modbus/'))
    assert.deepEqual(filesWith(/\.write\(|\.end\(/, modbus), ['src/connectors/modbus/line.ts'])
    const lines = code('src/connectors/modbus/line.ts')
      .split('\n')
      .filter((line) => /\.write\(|\.end\(/.test(line))
    assert.deepEqual(
      lines.map((line) => line.trim()),
      ['socket.write(rtu ? encodeRtu(request) : encodeTcp(request, this.#transaction))'],
    )
    assert.deepEqual(filesWith(/writeUInt8\(/, modbus), ['src/connectors/modbus/frame.ts'])
  })
})

describe('OPC UA', () => {
  const opcua = program.filter((file) => file.startsWith('src/connectors/opcua/'))

  test('requests that are made are those that read; sessions and channels are the library’s own', () => {
    const made = opcua.flatMap((file) => [...code(file).matchAll(/new (?:\w+\.)*(\w+Request)\b/g)].map((match) => match[1] as string))
    assert.deepEqual([...new Set(made)].sort(), [
      'BrowseNextRequest',
      'BrowseRequest',
      'CreateMonitoredItemsRequest',
      'CreateSubscriptionRequest',
      'PublishRequest',
      'ReadRequest',
      'RepublishRequest',
      'TranslateBrowsePathsToNodeIdsRequest',
    ])
    assert.deepEqual(filesWith(/performMessageTransaction/, opcua), ['src/connectors/opcua/services.ts'])
  })

  test('none of the library’s own functions that change a server is named', () => {
    const changes =
      /\bWriteRequest|\bCallRequest|HistoryUpdate|AddNodes|DeleteNodes|AddReferences|DeleteReferences|\.(write|writeSingleNode|call|callMethod|historyUpdate|addNodes|deleteNodes|setTriggering|transferSubscriptions|acknowledgeCondition|confirmCondition|addCommentCondition)\(/
    assert.deepEqual(filesWith(changes, opcua), [])
  })
})

describe('messages', () => {
  test('MQTT: what is published is the request for a rebirth and this host’s own state', () => {
    const mqtt = program.filter((file) => file.startsWith('src/connectors/mqtt/'))
    const lines = mqtt.flatMap((file) =>
      code(file)
        .split('\n')
        .filter((line) => /\bpublish\(/.test(line))
        .map((line) => `${file.slice(20)}: ${line.trim()}`),
    )
    assert.deepEqual(
      lines,
      [
        // The session's own method, and the goodbye of a primary host on its STATE topic (Sparkplug 3.0.0, tck-id-host-topic-phid-death-payload).
        'session.ts: publish(topic: string, payload: Uint8Array | string, options: { qos: 0 | 1; retain: boolean }): void {',
        "session.ts: this.#client.publish(topic, typeof payload === 'string' ? payload : Buffer.from(payload), options, () => {})",
        'session.ts: if (farewell) this.#client.publish(farewell.topic, farewell.payload, { qos: 1, retain: true }, () => {})',
        // Rebirth requests: NCMD with the one metric `Node Control/Rebirth`.
        'browse.ts: const publish = (topic: string, payload: Uint8Array) => session.publish(topic, payload, { qos: 0, retain: false })',
        'source.ts: const publish = (topic: string, payload: Uint8Array) => this.#session?.publish(topic, payload, { qos: 0, retain: false })',
        // This host's STATE.
        'source.ts: if (primary) session.publish(primary, statePayload(true, this.#sessionMs), { qos: 1, retain: true })',
        'source.ts: if (state?.online === false && primary) this.#session?.publish(primary, statePayload(true, this.#sessionMs), { qos: 1, retain: true })',
        'sparkplug/rebirths.ts: this.#parts.publish(`${NAMESPACE}/${group}/NCMD/${node}`, encodePayload({ timeMs, metrics: [metric] }))',
      ].sort((a, b) => mqtt.indexOf(`src/connectors/mqtt/${a.split(':')[0]}`) - mqtt.indexOf(`src/connectors/mqtt/${b.split(':')[0]}`)),
    )
    assert.deepEqual(
      filesWith(
        /\bNCMD\b/,
        mqtt.filter((file) => /publish|encode/.test(code(file))),
      ),
      ['src/connectors/mqtt/sparkplug/rebirths.ts'],
    )
    assert.deepEqual(
      filesWith(
        /\bDCMD\b/,
        mqtt.filter((file) => /publish\(/.test(code(file))),
      ),
      [],
    )
    // The one metric that a command may hold.
    assert.match(
      code('src/connectors/mqtt/sparkplug/rebirths.ts'),
      /const metric = \{ name: 'Node Control\/Rebirth', type: SparkplugType\.Boolean, value: true, timeMs \}/,
    )
    listed(filesWith(/\bencodePayload\(/, mqtt), {
      'src/connectors/mqtt/sparkplug/rebirths.ts': 'the request for a rebirth',
      'src/connectors/mqtt/sparkplug/encode.ts': 'the encoder',
    })
  })

  test('NATS and Kafka: nothing is published or produced', () => {
    const nats = program.filter((file) => file.startsWith('src/connectors/nats/'))
    assert.deepEqual(
      filesWith(
        /\.(publish|request|respond|purge|delete(Message|Msg)?|update)\(/,
        nats.filter((file) => !/\bdelete\(/.test(code(file))),
      ),
      [],
    )
    const kafka = program.filter((file) => file.startsWith('src/connectors/kafka/'))
    assert.deepEqual(filesWith(/\bProducer\b|\bAdmin\b|\.send\(|\.produce\(/, kafka), [])
  })
})

describe('IT systems', () => {
  test('SQL: statements beside the file’s own SELECT are those of the session and its read-only transaction', () => {
    const sql = program.filter((file) => file.startsWith('src/connectors/sql/') && !/query\.ts$/.test(file))
    const verbs = /['"`](?:IF [^'"`]*)?\s*(INSERT|UPDATE|DELETE|MERGE|DROP|ALTER|CREATE|TRUNCATE|GRANT|REVOKE|EXEC|CALL|COPY|LOAD|COMMIT)\b/
    // What a hint tells people to do is not sent.
    const hints = /\['(query|sign-in|tcp|tls)', '[^']*'\]/g
    assert.deepEqual(
      sql.filter((file) => verbs.test(code(file).replace(hints, ''))),
      [],
    )
    assert.match(code('src/connectors/sql/postgresql.ts'), /'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'/)
    assert.match(code('src/connectors/sql/mariadb.ts'), /'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY'/)
    assert.match(code('src/connectors/sql/sqlserver.ts'), /IF @@TRANCOUNT > 0 ROLLBACK/)
    assert.match(code('src/connectors/sql/sqlite-thread.ts'), /readOnly: true/)
    assert.match(code('src/connectors/sql/duckdb.ts'), /READ_ONLY/i)
  })

  test('HTTP: one place sends, with GET, or with POST for the form of a sign-in', () => {
    const rest = program.filter((file) => file.startsWith('src/connectors/rest/'))
    const methods = rest.flatMap((file) =>
      [...code(file).matchAll(/['"](GET|POST|PUT|PATCH|DELETE|MERGE)['"]/g)].map((match) => `${file}: ${match[1]}`),
    )
    assert.deepEqual([...new Set(methods)], ['src/connectors/rest/http.ts: GET', 'src/connectors/rest/http.ts: POST'])
    assert.deepEqual(
      filesWith(
        /\bform:|\{ form\b/,
        rest.filter((file) => !file.endsWith('/http.ts')),
      ),
      ['src/connectors/rest/auth.ts'],
    )
  })

  test('files: what is read is never opened for writing; a file that was taken is moved aside where the file says so', () => {
    const files = program.filter((file) => file.startsWith('src/connectors/files/'))
    assert.deepEqual(filesWith(/\b(writeFile|appendFile|unlink|truncate|createWriteStream|replaceFile)\b|\brm\(/, files), [])
    listed(filesWith(/\brename\b/, files), { 'src/connectors/files/folder.ts': '`done:` of a folder connection' })
  })
})
