import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { parse } from 'yaml'
import { lintOpcua, opcuaConfig } from './config.ts'

const minimal = { endpoint: 'opc.tcp://127.0.0.1:4840', signals: [{ id: 'a', node: 'ns=2;s=A' }] }
const problemsOf = (config: unknown) =>
  opcuaConfig.safeParse(config).error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) ?? []
const withSignal = (signal: object) => problemsOf({ ...minimal, signals: [signal] })

test('what is not said is safe', () => {
  const config = opcuaConfig.parse(minimal)
  assert.deepEqual(config.security, { mode: 'sign-and-encrypt', policy: 'Basic256Sha256' })
  assert.equal(config.user, 'anonymous')
  assert.equal(config.subscription.publishingInterval, 1000)
  assert.equal(config.subscription.samplingInterval, 500)
  assert.equal(config.subscription.queueSize, 10)
  assert.deepEqual(lintOpcua(config), [])
})

test('the sample configuration of the README is a configuration', async () => {
  const readme = await readFile(new URL('README.md', import.meta.url), 'utf8')
  const yaml = /```yaml\n(.*?)```/s.exec(readme)?.[1] ?? ''
  const { connections } = parse(yaml) as { connections: Record<string, Record<string, unknown>> }
  const sample = connections['plc-1'] ?? {}
  const { kind, ...keys } = sample
  assert.equal(kind, 'opcua')
  const config = opcuaConfig.parse(keys)
  assert.equal(config.signals.length, 3)
  assert.deepEqual(lintOpcua(config), [])
})

test('wrong keys and values are named', () => {
  assert.match(withSignal({ id: 'a', node: 'ns=2;s=A', quueSize: 3 }).join(), /quueSize/)
  assert.match(withSignal({ id: 'a' }).join(), /give node or browse/)
  assert.match(withSignal({ id: 'a', node: 'ns=2;s=A', browse: 'Objects/*' }).join(), /give node or browse/)
  assert.match(withSignal({ id: 'a', node: 'Temp1' }).join(), /a node id looks like/)
  assert.match(withSignal({ id: 'a b', node: 'ns=2;s=A' }).join(), /an id is segments/)
  assert.match(withSignal({ id: 'a', browse: 'Objects/*' }).join(), /template/)
  assert.match(withSignal({ id: 'a b/{name}', browse: 'Objects/*' }).join(), /does not make an id/)
  assert.match(withSignal({ id: '{name}', browse: 'Line1/*' }).join(), /begins at Objects/)
  assert.match(withSignal({ id: 'a', node: 'i=5', deadband: {} }).join(), /absolute or percent/)
  assert.match(problemsOf({ ...minimal, endpoint: 'http://x' }).join(), /opc\.tcp/)
  assert.match(problemsOf({ ...minimal, endpoint: 'opc.tcp://user:pw@host:4840' }).join(), /opc\.tcp/)
  assert.deepEqual(withSignal({ id: 'a', node: 'nsu=urn:maker:line;s=A.B' }), [])
})

test('lint warns of no security and refuses what is said twice', () => {
  const open = opcuaConfig.parse({ ...minimal, security: { mode: 'none' }, user: { name: 'u', password: 'p' } })
  assert.deepEqual(
    lintOpcua(open).map(({ code, level }) => `${level} ${code}`),
    ['warning W_OPCUA_NO_SECURITY', 'warning W_OPCUA_PASSWORD_EXPOSED'],
  )
  const twice = opcuaConfig.parse({ ...minimal, signals: [...minimal.signals, { id: 'a', node: 'ns=2;s=B' }] })
  assert.deepEqual(
    lintOpcua(twice).map(({ code, path }) => [code, path]),
    [['E_OPCUA_TWICE', ['signals', 1, 'id']]],
  )
})
