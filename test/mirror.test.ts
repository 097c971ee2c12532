import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { startModbusSimulator } from '../src/connectors/modbus/simulator.ts'
import type { Observation } from '../src/core/flows.ts'
import { silent } from '../src/core/log.ts'
import { systemClock } from '../src/core/time.ts'
import { startSensor } from '../src/gateway/flows/sensor/live.ts'

/** A real exchange with a Modbus device, captured live from the loopback interface, as from a mirror port. */

const READ_TWO = Buffer.from('000100000006010300000002', 'hex')
const WRITE_ONE = Buffer.from('000200000006010600010007', 'hex')

/** Why a program cannot capture here; false when it can. */
function cannot(program: string): string | false {
  try {
    execFileSync(program, ['-i', 'lo', '-L'], { stdio: 'pipe', timeout: 10_000 })
    return false
  } catch (error) {
    const { code, stderr } = error as NodeJS.ErrnoException & { stderr?: Buffer }
    return code === 'ENOENT' ? `${program} is not installed` : `${program} may not capture here: ${stderr?.toString().trim().slice(0, 200)}`
  }
}

function watch(t: TestContext, program: 'tcpdump' | 'dumpcap', device: string) {
  const seen: Observation[] = []
  const stop = new AbortController()
  const observe = (one: Observation) => seen.push(one)
  const config = { interface: device, program }
  const sensor = startSensor({ name: 'span', config, observe, clock: systemClock, log: silent, stop: stop.signal })
  t.after(async () => {
    stop.abort()
    await sensor.done
  })
  return { seen, sensor, stop }
}

for (const program of ['tcpdump', 'dumpcap'] as const)
  test(`a mirror port read by ${program}: what is asked of a device and what it answers`, {
    skip: cannot(program),
    timeout: 60_000,
  }, async (t) => {
    const device = await startModbusSimulator({ units: { 1: { 'holding-register': [1, 2, 3, 4] } } })
    t.after(() => device.stop())
    const { seen, sensor, stop } = watch(t, program, 'lo')
    const services = () => new Set(seen.flatMap(({ port, service }) => (port === device.port && service !== undefined ? [service] : [])))
    // The program says nothing when it has begun: the exchange is repeated until it is seen, over a line of its own each time, and never so fast that
    // a busy machine loses it.
    while (services().size < 2) {
      const socket = connect(device.port, '127.0.0.1')
      await once(socket, 'connect')
      for (const request of [READ_TWO, WRITE_ONE]) {
        socket.write(request)
        await once(socket, 'data')
      }
      socket.destroy()
      await systemClock.sleep(20)
    }
    assert.deepEqual([...services()].sort(), ['3', '6'])
    assert.equal(sensor.view().state, 'running')
    stop.abort()
    await sensor.done
    assert.deepEqual([sensor.view().state, sensor.view().problem], ['ended', undefined])
  })

test('an interface that is not there: the sensor has failed, says why, and the node goes on', { skip: cannot('tcpdump') }, async (t) => {
  const stop = new AbortController()
  const { promise: failed, resolve } = Promise.withResolvers<unknown>()
  const log = { ...silent, warn: (values: unknown) => resolve(values) }
  const config = { interface: 'ecluse-none', program: 'tcpdump' } as const
  const sensor = startSensor({ name: 'span', config, observe: () => {}, clock: systemClock, log, stop: stop.signal })
  t.after(async () => {
    stop.abort()
    await sensor.done
  })
  await failed
  const { state, problem } = sensor.view()
  assert.equal(state, 'failed')
  assert.match(problem ?? '', /tcpdump on ecluse-none: .*No such device/)
})
