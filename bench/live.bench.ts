import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { z } from 'zod'
import { startApi } from '../src/api/index.ts'
import { BatchBuilder } from '../src/core/batch.ts'
import type { Connector } from '../src/core/connector.ts'
import { silent } from '../src/core/log.ts'
import { withNode } from './node.ts'
import { type Figure, percentile, program, repeat } from './report.ts'

/** From the moment a source has a sample (its source time) to the event in a real browser's EventSource: rules, fsync, API and network between. */
export const title = 'Live: source to browser at 10,000 samples/s'

const PER_SECOND = 10_000
const SIGNALS = 1_000
const PERIOD_MS = 10
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

/** Gives so many samples every 10 ms, stamped when they are made. */
const steady: Connector = {
  kind: 'steady',
  label: { fr: 'régulier', en: 'steady' },
  config: z.strictObject({}),
  async *check() {},
  source(_config, { clock, signals, site, connection }) {
    const ids = Array.from({ length: SIGNALS }, (_, i) =>
      signals.define({ id: `${site}/live/${i}`, connection, address: String(i), dataType: 'number' }),
    )
    let due = 0
    let n = 0
    return {
      counters: { dropped: {} },
      connect: async () => {
        due = clock.monotonicMs()
      },
      close: async () => undefined,
      nextReadMs: () => due,
      async read() {
        due += PERIOD_MS
        const now = clock.now()
        const count = (PER_SECOND * PERIOD_MS) / 1000
        const builder = new BatchBuilder(count)
        for (let i = 0; i < count; i++) builder.push(ids[n % SIGNALS] as number, now, n++, 0)
        return { batch: builder.build(now) }
      },
    }
  },
}
