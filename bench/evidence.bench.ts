import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Anchors } from '../src/continuity/index.ts'
import { noAudit } from '../src/core/audit.ts'
import { BatchBuilder, type SampleBatch } from '../src/core/batch.ts'
import { silent } from '../src/core/log.ts'
import { ReasonSets } from '../src/core/reasons.ts'
import { SignalTable } from '../src/core/signals.ts'
import { systemClock } from '../src/core/time.ts'
import { openSpool, verifySigned } from '../src/gateway/index.ts'
import { machineFiles } from '../src/lib/durable-files.ts'
import { type Signer, signerOf, verifierOf } from '../src/lib/signed.ts'
import { seeded } from './data.ts'
import { cpuSeconds, type Figure } from './report.ts'

/** What signatures and hourly roots add to the spool: the same batches with and without, in turn, in one run. */
export const title = 'Signatures and hourly Merkle roots beside the spool'

const RUNS = Number(process.env.ECLUSE_RUNS ?? 5)
const SAMPLES = 1_000_000
const WAITING = 64

export async function measure(): Promise<Figure[]> {
  const signer = signerOf(generateKeyPairSync('ed25519').privateKey)
  const figures: Figure[] = []
  for (const size of [100, 1_000]) {
    const batches = batchesOf(size)
    const plain: Run[] = []
    const signed: Run[] = []
    for (let run = 0; run <= RUNS; run++) {
      const pair = [await once(batches, undefined), await once(batches, signer)] as const
      if (run === 0) continue // the compiler's run
      plain.push(pair[0])
      signed.push(pair[1])
    }
    const of = `batches of ${size}`
    const ratio = (pick: (run: Run) => number) => signed.map((run, i) => pick(run) / pick(plain[i] as Run) - 1)
    const percent = (runs: number[]) => runs.map((one) => one * 100)
    figures.push(
      { what: `${of}: plain`, unit: 'samples/s', runs: plain.map(({ seconds }) => SAMPLES / seconds) },
      { what: `${of}: signed, with roots and hashes kept`, unit: 'samples/s', runs: signed.map(({ seconds }) => SAMPLES / seconds) },
      {
        what: `${of}: CPU more, of the spool alone`,
        unit: '%',
        runs: percent(ratio(({ cpu }) => cpu)),
        note: 'ingest as a whole takes several times that CPU',
      },
      {
        what: `${of}: the same, a record`,
        unit: 'µs',
        runs: signed.map(({ cpu }, i) => ((cpu - (plain[i] as Run).cpu) * 1e6) / (SAMPLES / size)),
      },
      { what: `${of}: kept for signatures and proofs`, unit: 'B/sample', runs: signed.map(({ extra }) => extra / SAMPLES), aim: '≤ 0.2' },
    )
    if (size === 1_000) figures.push({ what: 'verification', unit: 'MB/s', runs: signed.map(({ verified }) => verified) })
  }
  return figures
}

interface Run {
  readonly seconds: number
  readonly cpu: number
  /** Bytes beside the segments. */
  readonly extra: number
  readonly verified: number
}

async function once(batches: readonly SampleBatch[], signer: Signer | undefined): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'ecluse-bench-'))
  const directory = join(folder, 'spool')
  const signals = new SignalTable()
  for (let i = 0; i < 100; i++) signals.define({ id: `s${i}`, connection: 'c', address: 'a', dataType: 'number' })
  try {
    const limits = { maxBytes: 4 * 2 ** 30, maxAgeMs: 1e12, overflow: 'block', segmentBytes: 16 * 2 ** 20 } as const
    const tables = { signals: new SignalTable(), reasons: new ReasonSets(), config: { version: 'v', loadedTime: 0 } }
    const opened = await openSpool({
      directory,
      node: 'n',
      clock: systemClock,
      log: silent,
      ...tables,
      ...limits,
      ...(signer && { signer }),
    })
    for (const definition of signals.all()) tables.signals.define(definition)
    const { spool } = opened
    const place = join(folder, 'evidence')
    const anchors = signer && (await Anchors.start({ spool, audit: noAudit, directory: place, files: machineFiles, log: silent }))
    const [cpu, began] = [cpuSeconds(), performance.now()]
    for (let at = 0; at < batches.length; at += WAITING)
      await Promise.all(batches.slice(at, at + WAITING).map((batch) => spool.append(batch)))
    await anchors?.close()
    await spool.close()
    const run = { cpu: cpuSeconds() - cpu, seconds: (performance.now() - began) / 1000 }
    const names = readdirSync(directory)
    const bytesOf = (ending: string, from = directory, list = names) =>
      list.filter((name) => name.endsWith(ending)).reduce((sum, name) => sum + statSync(join(from, name)).size, 0)
    const leaves = join(place, 'leaves')
    const extra = signer ? bytesOf('.sig') + bytesOf('.leaves', leaves, readdirSync(leaves)) : 0
    const started = performance.now()
    const report = signer && (await verifySigned(directory, verifierOf(signer.publicKey)))
    if (report?.tampering) throw new Error(report.tampering.what)
    return { ...run, extra, verified: bytesOf('.seg') / 1e6 / ((performance.now() - started) / 1000) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function batchesOf(size: number): SampleBatch[] {
  const time = systemClock.now()
  const random = seeded(1)
  let value = 100
  return Array.from({ length: SAMPLES / size }, (_, n) => {
    const builder = new BatchBuilder(size)
    for (let i = 0; i < size; i++) builder.push(i % 100, time + n * 1000 + i, (value += random() - 0.5), 0)
    return builder.build(time + n * 1000)
  })
}
