import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../src/lib/ports.fixture.ts'
import { BEGIN_MS, walk } from './data.ts'
import { cpuSecondsOf, type Figure, program } from './report.ts'

/**
 * Other engines fed the same samples by line protocol over HTTP with bodies encoded beforehand, 100,000 lines each, two in flight; then killed with
 * SIGKILL right after the last acknowledgement, started again, and asked how many samples they still have.
 */
export const title = 'Peers: the same samples into VictoriaMetrics and InfluxDB'

const SIGNALS = 1_000
const TICKS = 2_000
const TICKS_PER_BODY = 100
const RUNS = 3

interface Peer {
  readonly name: string
  readonly binary: string
  start(binary: string, directory: string, port: number): ChildProcess
  readonly ready: string
  readonly create?: string
  /** Path to write to, and the number by which milliseconds become its unit of time. */
  readonly write: string
  readonly perMs: number
  count(port: number): Promise<number>
}

const peers: Peer[] = [
  {
    name: 'VictoriaMetrics',
    binary: 'victoria-metrics',
    start: (binary, directory, port) =>
      launch(
        binary,
        [`-storageDataPath=${directory}`, `-httpListenAddr=127.0.0.1:${port}`, '-retentionPeriod=100y', '-search.disableCache'],
        directory,
      ),
    ready: '/health',
    write: '/write?precision=ms',
    perMs: 1,
    count: async (port) => {
      const text = await get(port, `/api/v1/export?match[]=${encodeURIComponent('{__name__=~"s_v"}')}&reduce_mem_usage=1`)
      return text.split('\n').reduce((sum, line) => sum + (line ? (JSON.parse(line) as { values: unknown[] }).values.length : 0), 0)
    },
  },
  {
    name: 'InfluxDB 1.6',
    binary: 'influxd',
    start: (binary, directory, port) => {
      const file = join(directory, 'influxdb.conf')
      writeFileSync(
        file,
        `reporting-disabled = true\nbind-address = "127.0.0.1:0"\n[meta]\ndir = "${directory}/meta"\n[data]\ndir = "${directory}/data"\nwal-dir = "${directory}/wal"\n[http]\nbind-address = "127.0.0.1:${port}"\nlog-enabled = false\n[monitor]\nstore-enabled = false\n`,
      )
      return launch(binary, ['-config', file], directory)
    },
    ready: '/ping',
    create: `/query?q=${encodeURIComponent('CREATE DATABASE bench')}`,
    write: '/write?db=bench&precision=ms',
    perMs: 1,
    count: async (port) => {
      const answer = JSON.parse(await get(port, `/query?db=bench&q=${encodeURIComponent('SELECT count(v) FROM s')}`)) as {
        results: { series?: { values: [unknown, number][] }[] }[]
      }
      return answer.results[0]?.series?.[0]?.values[0]?.[1] ?? 0
    },
  },
]

export async function measure(): Promise<Figure[]> {
  const figures: Figure[] = []
  const bodies = encodeBodies()
  for (const peer of peers) {
    const binary = program(peer.binary)
    if (!binary) {
      console.log(`(${peer.name} is not installed: skipped)`)
      continue
    }
    const runs = []
    for (let i = 0; i < RUNS; i++) runs.push(await once(peer, binary, bodies))
    figures.push(
      {
        what: `${peer.name}: samples written and acknowledged`,
        unit: 'samples/s',
        runs: runs.map((r) => r.rate),
        note: 'line protocol over HTTP, bodies encoded beforehand',
      },
      { what: `${peer.name}: CPU of its process`, unit: 's per million', runs: runs.map((r) => r.cpu) },
      {
        what: `${peer.name}: acknowledged samples lost by kill -9 right after`,
        unit: 'samples',
        runs: runs.map((r) => r.lost),
        note: `of ${(SIGNALS * TICKS).toLocaleString('en')}`,
      },
    )
  }
  return figures
}

async function once(peer: Peer, binary: string, bodies: Buffer[]): Promise<{ rate: number; cpu: number; lost: number }> {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-bench-'))
  const port = await freePort()
  let child = peer.start(binary, directory, port)
  try {
    await until(peer, port)
    if (peer.create) await post(port, peer.create, Buffer.alloc(0))
    const cpu = cpuSecondsOf(child.pid as number)
    const begin = performance.now()
    const queue = [...bodies]
    const send = async () => {
      for (let body = queue.shift(); body; body = queue.shift()) await post(port, peer.write, body)
    }
    await Promise.all([send(), send()])
    const seconds = (performance.now() - begin) / 1000
    const used = cpuSecondsOf(child.pid as number) - cpu
    await killed(child)
    child = peer.start(binary, directory, port)
    await until(peer, port)
    const total = SIGNALS * TICKS
    const kept = await peer.count(port)
    if (kept < total) await proveCount(peer, port, bodies, total)
    return { rate: total / seconds, cpu: used / (total / 1e6), lost: total - kept }
  } finally {
    await killed(child)
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Writes everything again to the living peer and waits until the count sees it: a loss is only believed of a count that works. */
async function proveCount(peer: Peer, port: number, bodies: Buffer[], total: number): Promise<void> {
  for (const body of bodies) await post(port, peer.write, body)
  for (let attempt = 0; attempt < 30; attempt++) {
    if ((await peer.count(port)) >= total) return
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
  throw new Error(`${peer.name}: the count does not see samples that were written, so no loss can be stated`)
}

function encodeBodies(): Buffer[] {
  const ticks = walk(SIGNALS)
  const bodies: Buffer[] = []
  for (let tick = 0; tick < TICKS; tick += TICKS_PER_BODY) {
    const lines: string[] = []
    for (let t = tick; t < tick + TICKS_PER_BODY; t++) {
      ticks.next().value.forEach((value, i) => {
        lines.push(`s,i=${i} v=${value} ${BEGIN_MS + t * 1000}`)
      })
    }
    bodies.push(Buffer.from(lines.join('\n')))
  }
  return bodies
}

function launch(binary: string, args: string[], directory: string): ChildProcess {
  mkdirSync(directory, { recursive: true })
  return spawn(binary, args, { stdio: 'ignore' })
}

function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGKILL')
  })
}

async function until(peer: Peer, port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    try {
      await get(port, peer.ready)
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  throw new Error(`${peer.name} did not answer on port ${port} within 10 s`)
}

const agent = new Agent({ keepAlive: true, maxSockets: 4 })

const get = (port: number, path: string) => call(port, 'GET', path)
const post = (port: number, path: string, body: Buffer) => call(port, 'POST', path, body)

function call(port: number, method: string, path: string, body?: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, agent }, (answer) => {
      const parts: Buffer[] = []
      answer.on('data', (part: Buffer) => parts.push(part))
      answer.on('error', reject)
      answer.on('end', () => {
        const text = Buffer.concat(parts).toString()
        if ((answer.statusCode ?? 500) < 300) resolve(text)
        else reject(new Error(`${method} ${path}: ${answer.statusCode} ${text.slice(0, 200)}`))
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
