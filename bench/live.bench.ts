import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { startApi } from '../src/api/index.ts'
import { silent } from '../src/core/log.ts'
import { withNode } from './node.ts'
import { type Figure, percentile, program, repeat } from './report.ts'
import { steady } from './steady.ts'

/** From the moment a source has a sample (its source time) to the event in a real browser's EventSource: rules, fsync, API and network between. */
export const title = 'Live: source to browser at 10,000 samples/s'

const SECONDS = 15
const RUNS = 3
const FLAGS = ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run']

export async function measure(): Promise<Figure[]> {
  const executablePath = program('chromium')
  if (!executablePath) throw new Error('chromium is not installed: nothing measured')
  const runs = await repeat(RUNS, () => once(executablePath))
  return [
    {
      what: 'received by the browser',
      unit: 'samples/s',
      runs: runs.map((r) => r.rate),
      note: `${SECONDS} s; browser and Écluse on the same cores`,
    },
    { what: 'source to browser, p50', unit: 'ms', runs: runs.map((r) => r.p50) },
    { what: 'source to browser, p99', unit: 'ms', runs: runs.map((r) => r.p99), aim: '≤ 50' },
    { what: 'samples the browser was told it missed', unit: 'samples', runs: runs.map((r) => r.missed), aim: '0' },
  ]
}

async function once(executablePath: string) {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-live-'))
  try {
    return await withNode(
      '  steady: { kind: steady }\n',
      async (view) => {
        const api = await startApi(view, {
          host: '127.0.0.1',
          port: 0,
          directory,
          webDirectory: join(import.meta.dirname, '..', 'dist', 'web'),
          log: silent,
        })
        const browser = await chromium.launchPersistentContext(join(directory, 'profile'), { executablePath, args: FLAGS })
        try {
          const page = await browser.newPage()
          await page.goto(api.url)
          const token = /token=([\w-]+)/.exec(api.signInLink ?? '')?.[1] ?? ''
          const { latencies, missed } = await page.evaluate(watch, { token, seconds: SECONDS })
          return { rate: latencies.length / SECONDS, p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99), missed }
        } finally {
          await browser.close()
          await api.close()
        }
      },
      [steady],
    )
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Runs in the browser. The first second, with the values of before, is left out. */
async function watch({ token, seconds }: { token: string; seconds: number }): Promise<{ latencies: number[]; missed: number }> {
  const body = JSON.stringify({ token, name: 'bench', password: 'a long enough password' })
  await fetch('/api/v1/accounts', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  // biome-ignore lint/suspicious/noExplicitAny: this function's world is the browser, not Node
  const { EventSource } = globalThis as any
  const latencies: number[] = []
  let missed = 0
  const stream = new EventSource('/api/v1/live?match=**')
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  stream.addEventListener('samples', ({ data }: { data: string }) => {
    const now = performance.timeOrigin + performance.now()
    for (const { time } of JSON.parse(data).samples) latencies.push(now - Date.parse(time))
  })
  stream.addEventListener('missed', ({ data }: { data: string }) => {
    missed += JSON.parse(data).samples
  })
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
  stream.close()
  return { latencies, missed }
}
