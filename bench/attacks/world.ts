import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ModbusSimulator, startModbusSimulator } from '../../src/connectors/modbus/simulator.ts'
import { startDemoBroker } from '../../src/connectors/mqtt/simulator.ts'
import { startOpcuaSimulator } from '../../src/connectors/opcua/simulator.ts'
import { noAudit } from '../../src/core/audit.ts'
import { BatchBuilder } from '../../src/core/batch.ts'
import { SELF } from '../../src/core/flows.ts'
import { silent } from '../../src/core/log.ts'
import { type Micros, systemClock } from '../../src/core/time.ts'
import { CaptureWriter, type End, recordingProxy } from '../../src/gateway/flows/sensor/capture.fixture.ts'
import { Sensor } from '../../src/gateway/flows/sensor/sensor.ts'
import { FlowWatch, type WatchParts } from '../../src/gateway/flows/watch.ts'
import { signerOf } from '../../src/lib/signed.ts'

/** Addresses of the plant, as they are on its wire. */
export const PLANT = {
  hmi: '10.0.0.9',
  stranger: '10.0.0.66',
  modbus: { address: '10.0.0.5', port: 502 },
  opcua: { address: '10.0.0.6', port: 4840 },
  mqtt: { address: '10.0.0.7', port: 1883 },
  s7: { address: '10.0.0.8', port: 102 },
}
const TICK_MS = 250

export type World = Awaited<ReturnType<typeof openWorld>>

/** A watch over its own folder, that judges as a node's does; the clock is the caller's. */
export async function openWatch(clock: WatchParts['clock'], canaries: WatchParts['canaries'] = []) {
  const directory = await mkdtemp(join(tmpdir(), 'ecluse-attacks-'))
  const watch = await FlowWatch.open({
    ...{ directory, clock, log: silent, audit: noAudit, canaries, signer: signerOf(generateKeyPairSync('ed25519').privateKey) },
    ...{ isOwn: (address) => address === SELF, ownerOf: () => 'shift lead', resolveAfter: 86_400_000_000 },
    declared: {
      policy: { zones: [], conduits: [] },
      judge: () => ({
        crossing: { from: undefined, to: undefined, transport: '', direction: 'pull' },
        decision: { permitted: true, reason: 'no-zones', path: [] },
      }),
    },
  })
  return { watch, close: () => rm(directory, { recursive: true, force: true }) }
}

/**
 * A plant of real simulators whose wire is mirrored to a sensor: every client speaks through a proxy that writes down what is said, packet by packet. An HMI
 * polls, and its polling has been learned and accepted.
 */
export async function openWorld() {
  const closing: (() => unknown)[] = []
  const { watch, close } = await openWatch(systemClock, [
    { name: 'trap', host: PLANT.modbus.address, unit: 1, addresses: [900, 909] },
    { name: 'lure', signal: 'plant/lure' },
  ])
  const sensor = new Sensor({ name: 'span', observe: (seen) => watch.observe(seen), now: () => systemClock.now() })
  const writer = new CaptureWriter((bytes) => sensor.push(bytes))
  const stamp = () => {
    writer.time = systemClock.now() / 1e6
  }
  const registers = Array.from({ length: 1_000 }, (_, i) => i & 0xff)
  const device: ModbusSimulator = await startModbusSimulator({ units: { 1: { 'holding-register': registers, coil: [0, 1] } } })
  const opcua = await startOpcuaSimulator({ variables: [{ path: 'Line1/Speed', dataType: 'Double', value: () => 1 }] })
  const broker = await startDemoBroker()
  closing.push(
    () => device.stop(),
    () => opcua.stop(),
    () => broker.stop(),
    close,
  )
  const ports = new Map<End, number>([
    [PLANT.modbus, device.port],
    [PLANT.opcua, Number(new URL(opcua.endpoint).port)],
    [PLANT.mqtt, broker.port],
  ])
  /** A port of loopback behind which a device answers, as if `from` had dialled it over the wire. */
  const way = async (from: string, to: End): Promise<number> => {
    stamp()
    const proxy = await recordingProxy(ports.get(to) ?? 0, writer, to, from)
    closing.unshift(() => proxy.stop())
    return proxy.port
  }
  const world = {
    ...{ watch, writer, stamp, way, sensor, isQuiet: false },
    deliver: (name: string, values: readonly number[], sourceTime?: Micros, isTimeless = true) => {
      const now = systemClock.now()
      const batch = new BatchBuilder(values.length)
      for (const value of values) batch.push(0, sourceTime ?? now, value, 0)
      watch.deliver({ connection: 'line', batch: batch.build(now), nameOf: () => name, isTimeless })
    },
    close: async () => {
      clearInterval(ticking)
      for (const end of closing) await end()
    },
  }
  const ticking = setInterval(() => {
    stamp()
    void watch.tick()
  }, TICK_MS)
  return world
}

/** One client of Modbus TCP; waits for each answer, or a moment where none comes. */
export async function modbusClient(world: Pick<World, 'way' | 'stamp'>, from: string) {
  const socket: Socket = connect(await world.way(from, PLANT.modbus), '127.0.0.1')
  socket.on('error', () => {})
  return {
    ask: (pdu: string, unit = 1) =>
      new Promise<void>((resolve) => {
        world.stamp()
        const body = Buffer.from(pdu, 'hex')
        const head = Buffer.alloc(7)
        head.writeUInt16BE(body.length + 1, 4)
        head[6] = unit
        const settle = () => {
          clearTimeout(late)
          socket.removeListener('data', settle)
          resolve()
        }
        const late = setTimeout(settle, 100)
        socket.once('data', settle)
        socket.write(Buffer.concat([head, body]))
      }),
    end: () => socket.destroy(),
  }
}
