import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import type { CheckStep, SourceContext } from '../../core/connector.ts'
import type { OpcuaConfig } from './config.ts'
import { opcua } from './index.ts'
import { testConfig, testContext, testSimulator } from './test-bench.ts'

const never = () => AbortSignal.timeout(10_000)

async function check(config: OpcuaConfig, context: SourceContext): Promise<CheckStep[]> {
  const steps: CheckStep[] = []
  for await (const step of opcua.check(config, context, never())) steps.push(step)
  return steps
}
const outline = (steps: CheckStep[]) => steps.map(({ step, ok }) => `${step} ${ok ? 'ok' : 'failed'}`)
const one = [{ path: 'T', nodeId: 's=T', dataType: 'Double' as const, value: () => 3 }]
const nodeT = { id: 't', node: 'ns=1;s=T' }

test('all steps, each with its time', async (t) => {
  const context = await testContext(t)
  const simulator = await testSimulator(t, { variables: one })
  const steps = await check(testConfig(simulator.endpoint, [nodeT]), context)
  assert.deepEqual(outline(steps), ['tcp ok', 'endpoints ok', 'security ok', 'certificate ok', 'session ok', 'first read ok'])
  assert.ok(steps.every((step) => (step.latencyMs ?? -1) >= 0))
  assert.equal(steps.at(-1)?.detail, '1 of 1 signals read Good')
})

test('wrong port, not an OPC UA server, untrusted, wrong policy, wrong user, wrong node', async (t) => {
  const context = await testContext(t)
  const simulator = await testSimulator(t, { variables: one, policies: ['Basic256Sha256'], users: { operator: 'right' } })
  const at = (over: object, signals: unknown[] = [nodeT], endpoint = simulator.endpoint) =>
    check(testConfig(endpoint, signals, over), context)

  const free = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => free.once('listening', resolve))
  const { port } = free.address() as { port: number }
  free.on('connection', (socket) =>
    socket
      .on('error', () => {})
      .resume()
      .end('HTTP/1.1 400 Bad Request\r\n\r\n'),
  )
  const other = await at({}, [nodeT], `opc.tcp://127.0.0.1:${port}`)
  assert.deepEqual(outline(other), ['tcp ok', 'endpoints failed'])
  assert.match(other[1]?.hint ?? '', /OPC UA server/)
  await new Promise((resolve) => free.close(resolve))
  const closed = await at({}, [nodeT], `opc.tcp://127.0.0.1:${port}`)
  assert.deepEqual(outline(closed), ['tcp failed'])
  assert.match(`${closed[0]?.detail} ${closed[0]?.hint}`, /nothing listens.*check host and port/)

  const policy = await at({ security: { policy: 'Aes256_Sha256_RsaPss' } })
  assert.deepEqual(outline(policy).at(-1), 'security failed')
  assert.match(policy.at(-1)?.detail ?? '', /it offers none, sign Basic256Sha256, sign-and-encrypt Basic256Sha256/)

  const untrusted = await at({ security: {} })
  assert.deepEqual(outline(untrusted).at(-1), 'certificate failed')
  assert.match(untrusted.at(-1)?.hint ?? '', /ecluse trust line1/)

  const user = await at({ user: { name: 'operator', password: 'wrong' } })
  assert.deepEqual(outline(user).at(-1), 'session failed')
  assert.match(user.at(-1)?.hint ?? '', /user and password/)

  const node = await at({}, [{ id: 'x', node: 'ns=1;s=X' }])
  assert.deepEqual(outline(node).at(-1), 'first read failed')
  assert.match(node.at(-1)?.detail ?? '', /0 of 1 signals read Good; ns=1;s=X: BadNodeIdUnknown/)
})
