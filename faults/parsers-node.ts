import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { connectAsync } from 'mqtt'
import { until } from '../bench/node.ts'
import { loadConfig } from '../src/config/index.ts'
import { connectors } from '../src/connectors/index.ts'
import { startDemoBroker } from '../src/connectors/mqtt/simulator.ts'
import { metric, nbirth } from '../src/connectors/mqtt/sparkplug/host.fixture.ts'
import { silent } from '../src/core/log.ts'
import type { NodeView } from '../src/core/node-view.ts'
import { systemClock } from '../src/core/time.ts'
import { startNode } from '../src/run/node.ts'
import { openSums } from './ledger.ts'
import { mutate } from './mutate.ts'
import { type Bench, configure, withBench } from './node.ts'
import { compare, faultsOf, type Verdict } from './oracle.ts'
import { parsers } from './parsers.ts'
import type { Row } from './row.ts'
import { seeded } from './seeded.ts'

const LIMIT_MS = 60_000
/** Messages that are on their way to the broker at once. */
const AT_ONCE = 50
/** Answers of the Modbus device, at least. */
const ANSWERS = 20

/** The same mutants through a whole node: what it makes of them is in its ledger, to the sample. */
export async function throughNode(messages: number): Promise<Row> {
  return withBench(async (bench) => {
    const random = seeded(process.env.ECLUSE_SEED ?? 'through a node')
    const broker = await startDemoBroker()
    const device = await lyingDevice(random)
    const seen = { read: 0, dropped: 0 }
    let unclosed: readonly string[] = []
    try {
      const loaded = await loadConfig(await configure(bench, { connections: connectionsTo(broker.url, device.port) }), {
        connectors,
        env: process.env,
      })
      const node = await startNode(loaded, { clock: systemClock, log: silent, random, version: 'faults' })
      try {
        await until('connected', LIMIT_MS, () => node.view.connections().every(({ state }) => state === 'connected'))
        await publish(broker.url, messages, random)
        await until('the last message', LIMIT_MS, () => has(node.view, 't/end') && has(node.view, 't/g/end/v'))
        await until('answers of the device', LIMIT_MS, () => device.answers() >= ANSWERS)
        await until('all stored', LIMIT_MS, () => node.view.historianLag().records === 0)
        unclosed = await openSums(node.view)
        for (const { read, dropped } of node.view.connections()) {
          seen.read += read
          seen.dropped += Object.values(dropped).reduce((sum, count) => sum + count, 0)
        }
      } finally {
        await node.stop()
      }
    } finally {
      await device.stop()
      await broker.stop()
    }
    return row(messages, device.answers(), seen, { ...(await rows(bench)), unclosed })
  })
}

function row(messages: number, answers: number, { read, dropped }: { read: number; dropped: number }, verdict: Verdict): Row {
  const faults = faultsOf(verdict)
  return {
    fault: 'mutated: through a whole node',
    method: 'plain MQTT and Sparkplug B by a broker, a Modbus device; then the ledger, and the rows in the historian’s files',
    runs: messages + answers,
    target: 'sums close, and count what lies in the files',
    figure: `${faults || 'all sums close'}; ${read.toLocaleString('en')} samples read, ${dropped.toLocaleString('en')} dropped and counted`,
    met: faults === '' && read > 0 && dropped > 0,
  }
}

function connectionsTo(url: string, port: number): string {
  const plain = [
    '{ id: n, topic: x }',
    "{ id: j, topic: x, jsonPath: 'a[0].v', timestamp: { jsonPath: t, format: iso } }",
    '{ id: b, topic: x, jsonPath: b, dataType: boolean }',
    '{ id: s, topic: x, dataType: text }',
    '{ id: end, topic: end }',
  ]
  const registers =
    '{ id: r, table: holding-register, address: 0, type: float64 }, { id: q, table: holding-register, address: 4, type: int64 }'
  return [
    `  plain: { kind: mqtt, url: '${url}', protocolVersion: 4, format: plain, signals: [${plain.join(', ')}] }`,
    `  sparkplug: { kind: mqtt, url: '${url}', protocolVersion: 4, format: sparkplug, rebirthInterval: 1s }`,
    `  modbus: { kind: modbus, host: 127.0.0.1, port: ${port}, period: 10ms, timeout: 200ms, signals: [${registers}] }`,
  ].join('\n')
}

const has = ({ signals, last }: NodeView, id: string): boolean => {
  const index = signals.indexOf(id)
  return index !== undefined && last.has(index)
}

async function publish(url: string, messages: number, random: () => number): Promise<void> {
  const seeds = (name: string) => parsers().find((parser) => parser.name === name)?.seeds ?? []
  const client = await connectAsync(url, { protocolVersion: 4 })
  const [plain, sparkplug] = [seeds('MQTT payloads: text and JSON'), seeds('Sparkplug host')]
  const types = ['NBIRTH', 'NDATA', 'NDEATH', 'DBIRTH', 'DDATA', 'DDEATH']
  for (let n = 0; n < messages; n += AT_ONCE)
    await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, messages - n) }, (_, i) => {
        if (i % 2 === 0) return client.publishAsync('x', mutate(plain, random), { qos: 1 })
        const type = types[Math.floor(random() * types.length)] as string
        return client.publishAsync(`spBv1.0/g/${type}/n${type.startsWith('D') ? '/d' : ''}`, mutate(sparkplug, random), { qos: 1 })
      }),
    )
  await client.publishAsync('end', '1', { qos: 1 })
  await client.publishAsync('spBv1.0/g/NBIRTH/end', nbirth([metric('v', 1, 'Double', 1)]), { qos: 1 })
  await client.endAsync()
}

/** A Modbus device whose answers are mutants of a true one, most of them to the question that was asked. */
async function lyingDevice(random: () => number) {
  let answers = 0
  const sockets = new Set<{ destroy(): void }>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('data', (request) => {
      const bytes = request.readUInt16BE(request.length - 2) * 2
      const truth = Buffer.concat([Buffer.of(0, 0, 0, 0, 0, bytes + 3, 1, 3, bytes), Buffer.alloc(bytes, 0x42)])
      const answer = random() < 0.3 ? truth : mutate([truth], random)
      if (answer.length >= 2 && random() < 0.9) request.copy(answer, 0, 0, 2)
      answers++
      socket.write(answer)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  return {
    port: (server.address() as { port: number }).port,
    answers: () => answers,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** Nobody keeps a journal of mutants: only the rows are counted. */
function rows({ journal, data }: Bench): Promise<Verdict> {
  writeFileSync(journal, 'said,none,0,0,0\n')
  return compare(journal, join(data, 'historian'), 't/')
}
