import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { until } from '../bench/node.ts'
import { percentile, residentMb } from '../bench/report.ts'
import { systemClock } from '../src/core/time.ts'
import { type Bench, configure, judge, startNodeProcess, withBench } from './node.ts'
import { faultsOf } from './oracle.ts'
import type { Form, Row } from './row.ts'

/** A subscriber of the live stream that reads a hundredth of it, beside one that reads all. */
export const title = 'Slow consumer'
export const beside = 'nothing'

const SHARE = 0.01
const TICK_MS = 20
const GROWTH_MB = 64
const SLOWER = 1.1
/** What the 99th percentile moves by itself, milliseconds: on a machine that runs other tests too, and on one left alone for the long form. */
const NOISE_MS = { short: 50, long: 5 }
const SETTLE_MS = 4_000
const LIMIT_MS = 30_000

export async function run(form: Form): Promise<Row[]> {
  const [windows, windowMs] = form === 'short' ? [6, 500] : [20, 10_000]
  return withBench(async (bench) => {
    const node = startNodeProcess(await configure(bench, { device: 'batch: 100, period: 10' }), bench, { serve: true })
    try {
      await until('a node that collects', LIMIT_MS, () => node.isOver() || (node.url() !== undefined && node.acknowledged() > 50))
      const fast = await fastReader(bench, node.url() as string)
      await until('the stream flows', LIMIT_MS, () => fast.bytes() > 1_000_000)
      await fast.window(windowMs)
      const [alone, beside]: [number[], number[]] = [[], []]
      // The most of each kind, after a collection: what a node that has just started goes on to take by itself is not the slow one's.
      let [before, most] = [0, 0]
      const resident = async () => {
        await node.report('measure')
        return residentMb(node.pid())
      }
      const from = fast.bytes()
      for (let i = 0; i < windows; i++) {
        alone.push(await fast.window(windowMs))
        before = Math.max(before, await resident())
      }
      const slow = await slowReader(bench, node.url() as string, ((fast.bytes() - from) / (windows * windowMs)) * SHARE)
      // Until the system's buffers are full it takes everything, as a fast one does.
      await fast.window(SETTLE_MS)
      for (let i = 0; i < windows; i++) {
        beside.push(await fast.window(windowMs))
        most = Math.max(most, await resident())
      }
      const read = slow.bytes()
      slow.end()
      const { missed } = fast
      fast.end()
      await node.stop()
      const faults = faultsOf(await judge(bench))
      return [row(form, windows, windowMs, { growth: most - before, alone, beside, missed: missed(), read, faults })]
    } finally {
      await node.kill()
    }
  })
}

interface Measured {
  readonly growth: number
  readonly alone: readonly number[]
  readonly beside: readonly number[]
  readonly missed: number
  readonly read: number
  /** What oracle and ledger find of the device's samples. */
  readonly faults: string
}

function row(form: Form, windows: number, windowMs: number, { growth, alone, beside, missed, read, faults }: Measured): Row {
  // The least disturbed window of each kind: what else the machine does comes and goes.
  const [before, after] = [Math.min(...alone), Math.min(...beside)]
  return {
    fault: 'slow consumer of the live stream',
    method: `10,000 samples/s; a client that reads 1 % of it (${(read / 1024).toFixed(0)} kB); windows of ${windowMs / 1000} s without it, then with it`,
    runs: windows,
    target: `memory ≤ +64 MB, p99 of the others ≤ +10 % (or ${NOISE_MS[form]} ms), nothing missed by them; lost 0, sums close`,
    figure: `memory +${growth.toFixed(1)} MB; p99 ${before.toFixed(1)} ms alone, ${after.toFixed(1)} ms beside it; ${missed} missed; ${faults || 'lost 0, all sums close'}`,
    met: growth <= GROWTH_MB && after <= Math.max(before * SLOWER, before + NOISE_MS[form]) && missed === 0 && read > 0 && faults === '',
  }
}

async function subscribe({ folder }: Bench, url: string): Promise<Socket> {
  const token = readFileSync(join(folder, 'local-token'), 'utf8').trim()
  const { port } = new URL(url)
  const socket = connect(Number(port), '127.0.0.1')
  socket.on('error', () => undefined)
  await new Promise((resolve) => socket.once('connect', resolve))
  socket.write(`GET /api/v1/live?match=** HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n\r\n`)
  return socket
}

/** Reads everything and notes how old each sample is when it comes. */
async function fastReader(bench: Bench, url: string) {
  const socket = await subscribe(bench, url)
  let bytes = 0
  let missed = 0
  let ages: number[] = []
  let rest = ''
  socket.setEncoding('utf8').on('data', (text: string) => {
    const now = performance.timeOrigin + performance.now()
    bytes += text.length
    const whole = rest + text
    const end = whole.lastIndexOf('\n')
    rest = whole.slice(end + 1)
    for (const [, time] of whole.slice(0, end).matchAll(/"time":"([^"]+)"/g)) ages.push(now - Date.parse(time as string))
    for (const [, n] of whole.slice(0, end).matchAll(/event: missed\ndata: {"samples":(\d+)/g)) missed += Number(n)
  })
  return {
    bytes: () => bytes,
    missed: () => missed,
    /** The 99th percentile over a time, milliseconds. */
    window: async (ms: number) => {
      ages = []
      await systemClock.sleep(ms)
      return percentile(ages, 0.99)
    },
    end: () => socket.destroy(),
  }
}

/** Reads so many bytes a millisecond and no more. */
async function slowReader(bench: Bench, url: string, bytesPerMs: number) {
  const socket = await subscribe(bench, url)
  let bytes = 0
  const reading = setInterval(() => {
    const got = socket.read(Math.max(1, Math.round(bytesPerMs * TICK_MS))) as Buffer | null
    bytes += got?.length ?? 0
  }, TICK_MS)
  return {
    bytes: () => bytes,
    end: () => {
      clearInterval(reading)
      socket.destroy()
    },
  }
}
