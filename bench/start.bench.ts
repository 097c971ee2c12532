import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../src/core/time.ts'
import { until } from './node.ts'
import { cpuSecondsOf, type Figure, repeat, residentMb, shareMb } from './report.ts'

/** `ecluse demo` as a person starts it, and what it needs when nothing but the demo happens. */
export const title = 'The demo: start, memory, CPU'

const RUNS = 5
const IDLE_S = 20

export async function measure(): Promise<Figure[]> {
  const runs = await repeat(RUNS, () => once(0, 1))
  const idle = await once(IDLE_S, 1)
  const larger = await once(IDLE_S, 5)
  return [
    { what: 'process start to the first stored sample', unit: 's', runs: runs.map((r) => r.firstS), aim: '≤ 3' },
    {
      what: 'memory of Écluse after 20 s, simulators apart',
      unit: 'MB',
      runs: [idle.memoryMb],
      aim: '≤ 250',
      note: 'OPC UA, Modbus, MQTT, DuckDB and the API loaded',
    },
    { what: 'the same, what it shares counted in parts (PSS)', unit: 'MB', runs: [idle.shareMb] },
    { what: 'the same at five times the equipment (1,020 signals)', unit: 'MB', runs: [larger.memoryMb] },
    { what: 'CPU of Écluse over these 20 s', unit: '% of a core', runs: [idle.cpuPercent] },
    {
      what: 'last values of 1,000 signals over HTTP',
      unit: 'ms',
      runs: larger.lastMs,
      aim: '≤ 5',
      note: 'demo --scale 5, 1,000 of its signals in JSON',
    },
  ]
}

async function once(idleS: number, scale: number) {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-start-'))
  const begin = performance.now()
  const args = [
    '--max-semi-space-size=4',
    '--expose-gc',
    'bin/ecluse.js',
    'demo',
    '--port',
    '0',
    '--data',
    directory,
    '--no-open',
    '--for',
    '120s',
    '--scale',
    String(scale),
  ]
  // An installed package when it is named, else this checkout.
  const cwd = process.env.ECLUSE_HOME ?? join(import.meta.dirname, '..')
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  let firstS = Number.NaN
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (Number.isNaN(firstS) && /first sample stored/.test(said)) firstS = (performance.now() - begin) / 1000
    })
  }
  try {
    await until('first sample', 30_000, () => !Number.isNaN(firstS))
    if (idleS === 0) return { firstS, memoryMb: Number.NaN, shareMb: Number.NaN, cpuPercent: Number.NaN, lastMs: [] }
    await until('address', 30_000, () => /http:\/\/127\.0\.0\.1:\d+/.test(said))
    const pid = child.pid as number
    const cpu = cpuSecondsOf(pid)
    await systemClock.sleep(idleS * 1000)
    const cpuPercent = ((cpuSecondsOf(pid) - cpu) / idleS) * 100
    return {
      firstS,
      memoryMb: residentMb(pid),
      shareMb: shareMb(pid),
      cpuPercent,
      lastMs: scale === 1 ? [] : await readLast(/http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0] ?? '', directory),
    }
  } finally {
    const ended = new Promise((resolve) => child.once('close', resolve))
    child.kill('SIGTERM')
    await ended
    rmSync(directory, { recursive: true, force: true })
  }
}

/** As `ecluse read` asks, with the local token. */
function readLast(url: string, directory: string): Promise<number[]> {
  const headers = { authorization: `Bearer ${readFileSync(join(directory, 'data', 'local-token'), 'utf8').trim()}` }
  return repeat(50, async () => {
    const begin = performance.now()
    const answer = await fetch(`${url}/api/v1/last?match=**&limit=1000`, { headers })
    const { samples } = (await answer.json()) as { samples: unknown[] }
    if (samples.length < 1_000) throw new Error(`${samples.length} samples`)
    return performance.now() - begin
  })
}
