import { setTimeout as delay } from 'node:timers/promises'
import mqtt from 'mqtt'
import { AttributeIds, type ClientSession, DataType, OPCUAClient } from 'node-opcua'
import type { FindingCode } from '../../src/core/flows.ts'
import { systemClock } from '../../src/core/time.ts'
import type { End } from '../../src/gateway/flows/sensor/capture.fixture.ts'
import { modbusClient, PLANT, type World } from './world.ts'

export interface Scenario {
  readonly name: string
  /** Technique of ATT&CK for ICS that it imitates. */
  readonly technique: string
  /** Any of these is the alert that has to come. */
  readonly codes: readonly FindingCode[]
  /** `socket`: against a real simulator over real sockets; `wire`: frames written into the capture; `values`: what a source would deliver. */
  readonly by: 'socket' | 'wire' | 'values'
  run(world: World): Promise<void>
}

const { hmi, stranger } = PLANT

/** The same requests, from one address, to the Modbus device. */
const modbus =
  (from: string, pdus: readonly string[], unit?: (i: number) => number) =>
  async (world: World): Promise<void> => {
    const client = await modbusClient(world, from)
    for (const [i, pdu] of pdus.entries()) await client.ask(pdu, unit?.(i))
    client.end()
  }

const hex = (...bytes: number[]): string => Buffer.from(bytes).toString('hex')

/** Said and answered over the wire of a device that no simulator here speaks for. */
const s7 =
  (from: string, data: string, answer?: string) =>
  async ({ writer, stamp }: World): Promise<void> => {
    stamp()
    const client = { address: from, port: 41_000 + Math.floor(performance.now() % 10_000) }
    const cotp = (text: string) => {
      const body = Buffer.from(`02f080${text}`, 'hex')
      const head = Buffer.of(3, 0, 0, 0)
      head.writeUInt16BE(body.length + 4, 2)
      return Buffer.concat([head, body])
    }
    writer.handshake(client, PLANT.s7)
    writer.tcp(client, PLANT.s7, cotp(data))
    if (answer !== undefined) writer.tcp(PLANT.s7, client, cotp(answer))
  }
const S7_READ = '320100000002000e00000401120a10020004000184000050'

const opcua =
  (from: string, act: (session: ClientSession) => Promise<unknown>) =>
  async (world: World): Promise<void> => {
    const client = OPCUAClient.create({ endpointMustExist: false, connectionStrategy: { maxRetry: 0 } })
    await client.connect(`opc.tcp://127.0.0.1:${await world.way(from, PLANT.opcua)}`)
    const session = await client.createSession()
    await act(session).catch(() => {})
    await session.close()
    await client.disconnect()
  }

const publish =
  (from: string, topic: string) =>
  async (world: World): Promise<void> => {
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${await world.way(from, PLANT.mqtt)}`, {
      protocolVersion: 4,
      clientId: 'panel',
    })
    await client.publishAsync(topic, Buffer.of(8, 1), { qos: 1 })
    await client.endAsync()
  }

/** A conversation of which only the beginning matters. */
const opened =
  (from: string, to: End, payload: string) =>
  async ({ writer, stamp }: World): Promise<void> => {
    stamp()
    const client = { address: from, port: 42_000 }
    writer.handshake(client, to)
    writer.tcp(client, to, Buffer.from(payload, 'hex'))
  }

/** The device's own answer to Read Device Identification, with another version. */
const identification =
  (version: string) =>
  async ({ writer, stamp }: World): Promise<void> => {
    stamp()
    const client = { address: hmi, port: 43_000 + version.length }
    const text = Buffer.from(version).toString('hex')
    const objects = `02${hex(version.length)}${text}`
    const pdu = `2b0e0101000001${objects}`
    const frame = (unit: string) => Buffer.from(`00010000${hex(0, 1 + unit.length / 2)}01${unit}`, 'hex')
    writer.handshake(client, PLANT.modbus)
    writer.tcp(client, PLANT.modbus, frame('2b0e0100'))
    writer.tcp(PLANT.modbus, client, frame(pdu))
  }

const WAVE = Array.from({ length: 80 }, (_, i) => 50 + 10 * Math.sin(i / 5) + ((i * 7919) % 101) / 30)

/** What the plant does every day, and what is learned of it. */
export async function teach(world: World): Promise<void> {
  const poller = await modbusClient(world, hmi)
  const poll = async () => {
    while (!world.isQuiet) {
      await poller.ask('0300000010')
      await delay(100)
    }
    poller.end()
  }
  void poll()
  await opcua(hmi, (session) => session.read({ nodeId: 'i=2258', attributeId: AttributeIds.Value }))(world)
  await publish(hmi, 'plant/line1/speed')(world)
  await s7(hmi, S7_READ)(world)
  await identification('2.10')(world)
  world.deliver('plant/lure', [7])
  await delay(4_000)
  const { watch } = world
  if (!(await watch.accept(watch.baseline().candidateHash ?? '', 'bench', 'what was polled')))
    throw new Error('the baseline could not be accepted')
}

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'FrostyGoop: holding registers written by a machine inside',
    technique: 'T0836',
    codes: ['unexpected-write'],
    by: 'socket',
    run: modbus(stranger, ['100000000204000a000b']),
  },
  {
    name: 'FrostyGoop from the HMI itself',
    technique: 'T0855',
    codes: ['unexpected-write'],
    by: 'socket',
    run: modbus(hmi, ['100000000204000a000b']),
  },
  {
    name: 'Outputs switched one after the other',
    technique: 'T0806',
    codes: ['unexpected-write'],
    by: 'socket',
    run: modbus(
      stranger,
      Array.from({ length: 30 }, (_, i) => `05${hex(0, i)}ff00`),
    ),
  },
  {
    name: 'A register masked, another read and written',
    technique: 'T0831',
    codes: ['unexpected-write'],
    by: 'socket',
    run: modbus(hmi, ['16000100f20025', '170000000100020001020005']),
  },
  {
    name: 'Devices told to listen only',
    technique: 'T0814',
    codes: ['unexpected-write'],
    by: 'socket',
    run: modbus(stranger, ['0800040000']),
  },
  {
    name: 'A second master polls the same registers',
    technique: 'T0848',
    codes: ['new-talker'],
    by: 'socket',
    run: modbus('10.0.0.77', ['0300000010']),
  },
  {
    name: 'All registers read, to find out what there is',
    technique: 'T0861',
    codes: ['new-addresses'],
    by: 'socket',
    run: modbus(
      hmi,
      Array.from({ length: 20 }, (_, i) => `03${hex(0, i * 10)}000a`),
    ),
  },
  {
    name: 'Units counted through',
    technique: 'T0846',
    codes: ['new-addresses'],
    by: 'socket',
    run: modbus(
      hmi,
      Array.from({ length: 20 }, () => '0300000001'),
      (i) => 2 + i,
    ),
  },
  {
    name: 'Function codes tried',
    technique: 'T0888',
    codes: ['new-service', 'exception-burst'],
    by: 'socket',
    run: modbus(
      hmi,
      Array.from({ length: 25 }, (_, i) => hex(65 + i, 0, 0, 0, 1)),
    ),
  },
  {
    name: 'Addresses tried until the device refuses',
    technique: 'T0840',
    codes: ['exception-burst'],
    by: 'socket',
    run: modbus(
      '10.0.0.78',
      Array.from({ length: 30 }, (_, i) => `03${hex(20 + i, 0)}0001`),
    ),
  },
  { name: 'A canary register read by the HMI', technique: 'T0802', codes: ['canary'], by: 'socket', run: modbus(hmi, ['0303840001']) },
  {
    name: 'A closed port tried',
    technique: 'T0846',
    codes: ['new-talker'],
    by: 'wire',
    run: async ({ writer, stamp }) => {
      stamp()
      const [a, b] = [
        { address: stranger, port: 5_000 },
        { address: '10.0.0.5', port: 22 },
      ]
      writer.tcp(a, b, Buffer.alloc(0), 0x02)
      writer.tcp(b, a, Buffer.alloc(0), 0x14)
    },
  },
  {
    name: 'OPC UA Write from the HMI',
    technique: 'T0836',
    codes: ['unexpected-write'],
    by: 'socket',
    run: opcua(hmi, (session) =>
      session.write({
        nodeId: 'ns=1;s=Line1.Speed',
        attributeId: AttributeIds.Value,
        value: { value: { dataType: DataType.Double, value: 2 } },
      }),
    ),
  },
  {
    name: 'OPC UA Call by a stranger',
    technique: 'T0855',
    codes: ['unexpected-write'],
    by: 'socket',
    run: opcua(stranger, (session) => session.call({ objectId: 'i=2253', methodId: 'i=11492', inputArguments: [] })),
  },
  {
    name: 'OPC UA address space browsed by the HMI',
    technique: 'T0861',
    codes: ['new-service'],
    by: 'socket',
    run: opcua(hmi, (session) => session.browse('RootFolder')),
  },
  {
    name: 'S7 variable written',
    technique: 'T0836',
    codes: ['unexpected-write'],
    by: 'wire',
    run: s7(stranger, '320100000003000e00060501120a10020002000384000030000400100007'),
  },
  {
    name: 'S7 CPU stopped',
    technique: 'T0858',
    codes: ['unexpected-write'],
    by: 'wire',
    run: s7(hmi, '3201000000040010000029000000000009505f50524f4752414d'),
  },
  {
    name: 'S7 program downloaded',
    technique: 'T0843',
    codes: ['unexpected-write'],
    by: 'wire',
    run: s7(hmi, '32010000000500120000 1a00010000000000095f303830303030 3141'.replaceAll(' ', '')),
  },
  {
    name: 'Sparkplug command to an edge node',
    technique: 'T0855',
    codes: ['unexpected-write'],
    by: 'socket',
    run: publish(hmi, 'spBv1.0/site/NCMD/edge'),
  },
  { name: 'Firmware of the device exchanged', technique: 'T0857', codes: ['identity-change'], by: 'wire', run: identification('6.66') },
  {
    name: 'Data carried out to the internet',
    technique: 'T0882',
    codes: ['new-egress'],
    by: 'wire',
    run: opened('10.0.0.5', { address: '203.0.113.9', port: 443 }, '16030100050100000100'),
  },
  {
    name: 'Values of before played again, ten a second',
    technique: 'T0856',
    codes: ['replayed-values'],
    by: 'values',
    run: async (world) => {
      for (const value of WAVE) world.deliver('plant/flow', [value])
      for (const value of WAVE.slice(0, 45)) {
        world.deliver('plant/flow', [value])
        await delay(100)
      }
    },
  },
  {
    name: 'Deliveries whose time stands still',
    technique: 'T0832',
    codes: ['frozen-clock'],
    by: 'values',
    run: async (world) => {
      const time = systemClock.now()
      for (let i = 0; i < 8; i++) {
        world.deliver('plant/level', [i], time, false)
        await delay(500)
      }
    },
  },
  {
    name: 'A canary signal set by somebody',
    technique: 'T0831',
    codes: ['canary'],
    by: 'values',
    run: async (world) => world.deliver('plant/lure', [8]),
  },
  {
    name: 'Passwords guessed',
    technique: 'T0859',
    codes: ['sign-in-burst'],
    by: 'values',
    run: async ({ watch }) => {
      for (let i = 0; i < 6; i++) watch.refusedSignIn({ from: stranger, who: 'admin', time: systemClock.now() })
    },
  },
  {
    name: 'Reports of the device blocked',
    technique: 'T0804',
    codes: ['silence'],
    by: 'socket',
    run: async (world) => {
      world.isQuiet = true
    },
  },
]

/** An attack that has not been seen after this long was missed. */
const MISSED_MS = 6_000

/** Milliseconds from the first packet of the attack to its alert; undefined: missed. */
export async function caughtAfter(world: World, { codes, run }: Scenario): Promise<number | undefined> {
  const counts = () => new Map(world.watch.findings().map(({ id, code, count }) => [id, codes.includes(code) ? count : 0]))
  const before = counts()
  const started = performance.now()
  let failure: unknown
  const running = run(world).catch((error: unknown) => {
    failure = error
  })
  while (performance.now() - started < MISSED_MS) {
    for (const [id, count] of counts())
      if (count > (before.get(id) ?? 0)) {
        const after = performance.now() - started
        await running
        return after
      }
    await delay(10)
  }
  await running
  if (failure) throw failure
  return undefined
}
