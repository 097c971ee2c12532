import { BatchBuilder } from '../../src/core/batch.ts'
import { ManualClock } from '../../src/core/manual-clock.ts'
import { parseTime } from '../../src/core/time.ts'
import { CaptureWriter } from '../../src/gateway/flows/sensor/capture.fixture.ts'
import { Sensor } from '../../src/gateway/flows/sensor/sensor.ts'
import { cpuSeconds } from '../report.ts'
import { openWatch, PLANT } from './world.ts'

const START = parseTime('2026-11-27T00:00:00Z')
const LEARNED_S = 600

/** A generator with a seed, so that a false alert can be looked at again. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/**
 * Processor time, in seconds, for each second of a steady stream: polls and answers of as many HMIs as there are, and deliveries of 1,000 signals. Making the frames is
 * part of it.
 */
export async function steadyStream(packetsPerSecond: number, samplesPerSecond: number, seconds: number): Promise<number> {
  const clock = new ManualClock(START)
  const { watch, close } = await openWatch(clock)
  const sensor = new Sensor({ name: 'span', observe: (seen) => watch.observe(seen), now: () => clock.now() })
  const writer = new CaptureWriter((bytes) => sensor.push(bytes))
  const random = randomFrom(1)
  const clients = Array.from({ length: 50 }, (_, i) => ({ address: `10.0.1.${i + 1}`, port: 40_000 }))
  for (const client of clients) writer.handshake(client, PLANT.modbus)
  const step = async () => {
    writer.time = clock.now() / 1e6
    for (let i = 0; i < packetsPerSecond / 2; i++) {
      const client = clients[i % clients.length] as (typeof clients)[number]
      writer.tcp(client, PLANT.modbus, READ)
      writer.tcp(PLANT.modbus, client, ANSWER)
    }
    for (let sent = 0; sent < samplesPerSecond; sent += 1_000) {
      const batch = new BatchBuilder(1_000)
      for (let signal = 0; signal < 1_000; signal++) batch.push(signal, clock.now(), random(), 0)
      watch.deliver({ connection: 'line', batch: batch.build(clock.now()), nameOf: (signal) => `s${signal}`, isTimeless: true })
    }
    await watch.tick()
    await clock.advance(1_000)
  }
  for (let i = 0; i < 5; i++) await step()
  await watch.accept(watch.baseline().candidateHash ?? '', 'bench', 'five seconds')
  const started = cpuSeconds()
  for (let i = 0; i < seconds; i++) await step()
  const used = cpuSeconds() - started
  await close()
  return used / seconds
}

export interface CleanRun {
  /** Findings, each with how it reads. */
  readonly alerts: readonly string[]
  readonly packets: number
  readonly samples: number
  /** Processor time of the sensor and the watch for each simulated second. */
  readonly cpuPerSecond: number
}

/**
 * A plant that does what it does every day, by a clock of its own: each second the HMI polls (now and then a device refuses, an answer is late, a packet is lost
 * and sent again), an OPC UA client reads, a node publishes, and the sources of this node deliver what instruments measure: noise, slow curves, counters, switches,
 * set points. Ten minutes are learned and accepted, then it goes on for `hours`.
 */
export async function cleanRun(hours: number, seed = 1): Promise<CleanRun> {
  const clock = new ManualClock(START)
  const { watch, close } = await openWatch(clock, [{ name: 'lure', signal: 'plant/signal-39' }])
  const sensor = new Sensor({ name: 'span', observe: (seen) => watch.observe(seen), now: () => clock.now() })
  const writer = new CaptureWriter((bytes) => sensor.push(bytes))
  const random = randomFrom(seed)
  const hmi = { address: PLANT.hmi, port: 40_000 }
  for (const device of [PLANT.modbus, PLANT.mqtt, PLANT.s7]) writer.handshake(hmi, device)
  let samples = 0
  let seconds = 0
  let started = 0
  const step = async () => {
    writer.time = clock.now() / 1e6
    wire(writer, hmi, seconds, random)
    samples += values(seconds, random, clock.now(), (batch, isTimeless) =>
      watch.deliver({ connection: 'line', batch, nameOf: (signal) => `plant/signal-${signal}`, isTimeless }),
    )
    await watch.tick()
    await clock.advance(1_000)
    seconds++
  }
  while (seconds < LEARNED_S) await step()
  await watch.accept(watch.baseline().candidateHash ?? '', 'bench', 'ten minutes')
  started = cpuSeconds()
  const [packets, before] = [sensor.counters.packets, samples]
  while (seconds < LEARNED_S + hours * 3_600) await step()
  const cpuPerSecond = (cpuSeconds() - started) / (hours * 3_600)
  const alerts = watch.findings().map(({ text, count }) => `${text.en} (${count} times)`)
  await close()
  return { alerts, packets: sensor.counters.packets - packets, samples: samples - before, cpuPerSecond }
}

const READ = Buffer.from('000000000006010300000010', 'hex')
const ANSWER = Buffer.concat([Buffer.from('000000000023010320', 'hex'), Buffer.alloc(32)])
const REFUSED = Buffer.from('000000000003018306', 'hex')
const PUBLISH = Buffer.from('301300117 06c616e742f6c696e65312f7370656564'.replaceAll(' ', ''), 'hex')
const S7_READ = Buffer.from('0300001f02f080320100000002000e00000401120a10020004000184000050', 'hex')

function wire(writer: CaptureWriter, hmi: { address: string; port: number }, second: number, random: () => number): void {
  const sent = writer.tcp(hmi, PLANT.modbus, READ)
  if (random() < 0.01) writer.frame(sent)
  // Busy for a moment, about once in ten minutes.
  writer.tcp(PLANT.modbus, hmi, random() < 0.002 ? REFUSED : ANSWER)
  writer.tcp(hmi, PLANT.mqtt, PUBLISH)
  if (second % 2 === 0) writer.tcp(hmi, PLANT.s7, S7_READ)
  // The HMI begins a new conversation once an hour.
  if (second % 3_600 === 0 && second > 0) {
    const again = { address: hmi.address, port: 41_000 + second / 3_600 }
    writer.handshake(again, PLANT.modbus)
    writer.tcp(again, PLANT.modbus, READ)
  }
}

const SIGNALS = 40

/** One delivery of every signal, as instruments measure. */
function values(
  second: number,
  random: () => number,
  now: number,
  deliver: (batch: ReturnType<BatchBuilder['build']>, isTimeless: boolean) => void,
): number {
  const batch = new BatchBuilder(SIGNALS)
  for (let signal = 0; signal < SIGNALS; signal++) batch.push(signal, now - 50_000, measured(signal, second, random), 0)
  deliver(batch.build(now), false)
  return SIGNALS
}

function measured(signal: number, second: number, random: () => number): number {
  const slow = Math.sin((second / 86_400) * 2 * Math.PI)
  switch (signal % 8) {
    case 0: // A temperature in steps of a tenth of a degree.
      return Math.round((20 + 5 * slow + random() * 0.6) * 10) / 10
    case 1: // A current with noise.
      return 12 + 3 * Math.sin(second / 17) + random()
    case 2: // A counter.
      return second
    case 3: // A switch.
      return Math.floor(second / 30) % 2
    case 4: // A ramp that begins again every ten minutes.
      return (second % 600) / 10
    case 5: // A 12 bit converter.
      return Math.round(2_048 + 900 * Math.sin(second / 50) + random() * 12)
    case 6: // A state machine of 12 states.
      return Math.floor(second / 7) % 12
    default: // A set point.
      return 65
  }
}
