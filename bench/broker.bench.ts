import { type ChildProcess, fork, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MqttConfig } from '../src/connectors/mqtt/config.ts'
import { mqtt } from '../src/connectors/mqtt/index.ts'
import type { Connector } from '../src/core/connector.ts'
import type { NodeView } from '../src/core/node-view.ts'
import { freePort, listens } from '../src/lib/ports.fixture.ts'
import { until, withDelivery, withNode } from './node.ts'
import { connectionYaml, PAYLOADS, SIGNALS } from './plant.ts'
import { cpuSeconds, cpuSecondsOf, type Figure, percentile, program, repeat } from './report.ts'

/** The same through a real broker: publisher, mosquitto and Écluse share the machine; acknowledged to the broker only after the fsync. */
export const title = 'Pipeline through mosquitto (QoS 1)'

const PASSES = 8
const RUNS = Number(process.env.ECLUSE_RUNS ?? 5)
const CONNECT_MS = 15_000

export async function measure(): Promise<Figure[]> {
  const binary = program('mosquitto')
  if (!binary) throw new Error('mosquitto is not installed: nothing measured')
  const runs = await repeat(RUNS, () => once(binary))
  const samples = PAYLOADS * PASSES * SIGNALS
  const note = `${samples.toLocaleString('en')} samples, ${SIGNALS} a message; from the first publish to committed and counted by SQL`
  return [
    {
      what: 'publisher to committed and queryable',
      unit: 'samples/s',
      runs: runs.map((r) => samples / r.seconds),
      aim: '≥ 2,000,000 (3,500,000)',
      note,
    },
    {
      what: 'from our read to the PUBACK after the fsync, p50',
      unit: 'ms',
      runs: runs.map((r) => percentile(r.ackMs, 0.5)),
      note: 'at full load: rules, queue for the disk, fsync; each batch once',
    },
    { what: 'from our read to the PUBACK after the fsync, p99', unit: 'ms', runs: runs.map((r) => percentile(r.ackMs, 0.99)) },
    {
      what: 'from publish to PUBACK at the publisher, p50',
      unit: 'ms',
      runs: runs.map((r) => r.publisherMs.p50),
      note: 'the broker acknowledges the publisher by itself; 64 messages in flight',
    },
    { what: 'from publish to PUBACK at the publisher, p99', unit: 'ms', runs: runs.map((r) => r.publisherMs.p99) },
    { what: 'CPU of Écluse', unit: 's per million', runs: runs.map((r) => r.cpu / (samples / 1e6)) },
    { what: 'CPU of mosquitto', unit: 's per million', runs: runs.map((r) => r.brokerCpu / (samples / 1e6)) },
  ]
}

interface Run {
  readonly seconds: number
  readonly cpu: number
  readonly brokerCpu: number
  readonly ackMs: readonly number[]
  readonly publisherMs: { readonly p50: number; readonly p99: number }
}

async function once(binary: string): Promise<Run> {
  const ackMs: number[] = []
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-broker-'))
  const port = await freePort()
  const file = join(directory, 'mosquitto.conf')
  writeFileSync(file, `listener ${port} 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 0\nmax_queued_messages 0\nlog_dest none\n`)
  const broker = spawn(binary, ['-c', file], { stdio: 'ignore' })
  let publisher: ChildProcess | undefined
  try {
    await until('broker', 5_000, () => listens(port))
    const url = `mqtt://127.0.0.1:${port}`
    const measured = async (view: NodeView): Promise<Run> => {
      await until('connected', CONNECT_MS, () => view.connections()[0]?.state === 'connected')
      publisher = fork(join(import.meta.dirname, 'publisher.ts'), [url, String(PASSES)])
      const said = new Set<string>()
      publisher.on('message', (message) => said.add(String(message)))
      await until('publisher', 30_000, () => said.has('ready'))
      const begin = performance.now()
      const cpu = cpuSeconds()
      const brokerCpu = cpuSecondsOf(broker.pid as number)
      publisher.send('go')
      const samples = PAYLOADS * PASSES * SIGNALS
      await until('stored', 120_000, () => (view.connections()[0]?.stored ?? 0) >= samples)
      await until('committed', 120_000, () => view.historianLag().records === 0)
      const seconds = (performance.now() - begin) / 1000
      const used = { cpu: cpuSeconds() - cpu, brokerCpu: cpuSecondsOf(broker.pid as number) - brokerCpu }
      const { rows } = await view.historian.sql('SELECT count(*) FROM samples', { maxRows: 1, timeoutMs: 60_000 })
      if (Number(rows[0]?.[0]) < samples) throw new Error(`${rows[0]?.[0]} of ${samples} samples are in the historian`)
      if (said.has('rebirth')) throw new Error('a rebirth was asked for in the middle: messages were lost or reordered')
      await until('the publisher says how long it waited', 30_000, () => [...said].some((word) => word.startsWith('puback')))
      const [p50 = Number.NaN, p99 = Number.NaN] =
        [...said]
          .find((word) => word.startsWith('puback'))
          ?.split(' ')
          .slice(1)
          .map(Number) ?? []
      return { seconds, ...used, ackMs, publisherMs: { p50, p99 } }
    }
    return await withNode(connectionYaml('timed-mqtt', url), measured, [timed(ackMs) as Connector])
  } finally {
    publisher?.kill('SIGKILL')
    broker.kill('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  }
}

/** The real connector; notes for each batch with data how long its acknowledgement took, from when it was read. */
function timed(ackMs: number[]): Connector<MqttConfig> {
  const noted = withDelivery(mqtt, (delivery) => {
    const { batch, ack } = delivery
    if (!ack || batch.count === 0) return delivery
    const readMs = performance.now()
    const note = () => {
      ack()
      ackMs.push(performance.now() - readMs)
    }
    return { batch, ack: note }
  })
  return { ...noted, kind: 'timed-mqtt' }
}
