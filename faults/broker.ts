import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect, type MqttClient } from 'mqtt'
import { until } from '../bench/node.ts'
import { systemClock } from '../src/core/time.ts'
import { listens } from '../src/lib/ports.fixture.ts'
import { Journal } from './journal.ts'
import type { Bench } from './node.ts'
import { tool } from './row.ts'

const PUBLISH_MS = 2
const LIMIT_MS = 40_000

/** What a node needs to read the device: one signal with the device's own times. */
export const DEVICE_SIGNALS =
  "[{ id: count, topic: count, jsonPath: v, maxSamplesPerSecond: 1000000, timestamp: { jsonPath: t, format: 'unix-us' } }]"

/** mosquitto with sessions that outlive it, on a port of one's choice. */
export async function startBroker({ folder }: Bench, port: number) {
  const file = join(folder, 'mosquitto.conf')
  const lines = ['user root', `listener ${port} 127.0.0.1`, 'allow_anonymous true', 'persistence true', `persistence_location ${folder}/`]
  writeFileSync(file, [...lines, 'max_queued_messages 0', 'log_dest none', ''].join('\n'))
  let child: ChildProcess | undefined
  const start = async () => {
    child = spawn(tool('mosquitto'), ['-c', file], { stdio: 'ignore' })
    await until('the broker', LIMIT_MS, () => listens(port))
  }
  const stop = async () => {
    const ended = new Promise((resolve) => child?.once('exit', resolve))
    if (child?.exitCode !== null || !child.kill('SIGTERM')) return
    await ended
  }
  await start()
  return { start, stop }
}

/** A device that counts; what the broker acknowledged to it is in the journal. What it does not know to have arrived it says again. */
export async function publisher(bench: Bench, port: number) {
  const journal = new Journal(bench.journal)
  const client: MqttClient = connect({ port, host: '127.0.0.1', clientId: 'device', clean: false, reconnectPeriod: 50 })
  client.on('error', () => undefined) // it connects again
  let next = 0
  let acknowledged = 0
  const open = new Set<Promise<unknown>>()
  const say = () => {
    if (!client.connected || open.size > 100) return
    const sequence = next++
    const time = systemClock.now()
    journal.said([{ signal: 'count', sequence, value: sequence, time }])
    const sent = client
      .publishAsync('count', JSON.stringify({ v: sequence, t: time }), { qos: 1 })
      .then(() => {
        acknowledged++
        journal.acknowledged(sequence, sequence)
      })
      .finally(() => open.delete(sent))
    open.add(sent)
  }
  const timer = setInterval(say, PUBLISH_MS)
  return {
    said: () => next,
    acknowledged: () => acknowledged,
    finish: async () => {
      clearInterval(timer)
      await until('all acknowledged to the device', LIMIT_MS, () => open.size === 0)
    },
    close: async () => {
      clearInterval(timer)
      await client.endAsync(true)
      journal.close()
    },
  }
}
