import { randomBytes } from 'node:crypto'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { BatchBuilder } from '../src/core/batch.ts'
import { encodeBatch } from '../src/core/batch-codec.ts'
import { blockBytes, writeBlock } from '../src/core/forwarded.ts'
import type { SpoolRecord } from '../src/core/spool.ts'
import { Packer, unpack } from '../src/gateway/link/compact.ts'
import { BEGIN_MS, walk } from './data.ts'
import { cpuSeconds, type Figure, repeat } from './report.ts'

/** One frame of records as the link packs it, beside zstd at the same level alone. CPU of all threads, which is what a busy machine leaves comparable. */
export const title = 'Link: packing a frame of records'

const RUNS = 5
const SIGNALS = 1_000
const SAMPLES_A_RUN = 2_000_000
const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

interface Block {
  readonly bytes: Uint8Array
  readonly samples: number
}

export async function measure(): Promise<Figure[]> {
  return [
    ...(await figures(
      '100 ticks of 1,000 signals in a batch',
      block(1, 100 * SIGNALS, (value) => value),
    )),
    ...(await figures('the same as 32-bit floats', block(1, 100 * SIGNALS, Math.fround))),
    ...(await figures(
      '50 live batches of 100 samples',
      block(50, 100, (value) => value),
    )),
    ...(await figures(
      '1 live batch of 100 samples',
      block(1, 100, (value) => value),
    )),
  ]
}

async function figures(what: string, { bytes, samples }: Block): Promise<Figure[]> {
  const packer = new Packer()
  const ours = await packer.pack(bytes)
  const theirs = zstdCompressSync(bytes, LEVEL)
  if (Buffer.compare(await unpack(ours.bytes, ours.packed, bytes.length), bytes) !== 0) throw new Error('not the same bytes')
  const times = Math.ceil(SAMPLES_A_RUN / samples)
  const timed = async (work: () => unknown) => {
    const before = cpuSeconds()
    for (let i = 0; i < times; i++) await work()
    return ((cpuSeconds() - before) * 1e9) / times / samples
  }
  const runs = await repeat(RUNS, async () => ({
    pack: await timed(() => packer.pack(bytes)),
    zstd: await timed(() => zstdCompressSync(bytes, LEVEL)),
    unpack: await timed(() => unpack(ours.bytes, ours.packed, bytes.length)),
    unzstd: await timed(() => zstdDecompressSync(theirs)),
  }))
  return [
    {
      what,
      unit: 'bytes a sample',
      runs: [ours.bytes.length / samples],
      aim: '≤ 4',
      note: `zstd alone ${(theirs.length / samples).toFixed(2)}`,
    },
    { what: `${what}: packing`, unit: 'ns a sample', runs: runs.map(({ pack }) => pack) },
    { what: `${what}: zstd alone`, unit: 'ns a sample', runs: runs.map(({ zstd }) => zstd) },
    { what: `${what}: unpacking`, unit: 'ns a sample', runs: runs.map((run) => run.unpack) },
    { what: `${what}: zstd alone`, unit: 'ns a sample', runs: runs.map(({ unzstd }) => unzstd) },
  ]
}

/** Records of so many samples each, the signals in turn. */
function block(batches: number, samples: number, as: (value: number) => number): Block {
  const ticks = walk(SIGNALS)
  let values = ticks.next().value
  let n = 0
  const records = Array.from({ length: batches }, (_, i): SpoolRecord => {
    const time = (BEGIN_MS + i * 10) * 1000
    const builder = new BatchBuilder(samples)
    for (let k = 0; k < samples; k++, n++) {
      if (n > 0 && n % SIGNALS === 0) values = ticks.next().value
      builder.push(n % SIGNALS, time + 1_000 * Math.floor(k / SIGNALS), as(values[n % SIGNALS] as number), 0)
    }
    const seal = { samples: n, signals: SIGNALS, reasonSets: 1, hash: new Uint8Array(randomBytes(32)) }
    return {
      node: 'edge',
      epoch: 1,
      sequence: 1 + i,
      kind: 'batch',
      recordedTime: time + 700,
      payload: encodeBatch(builder.build(time + 300)),
      seal,
    }
  })
  const bytes = new Uint8Array(blockBytes(records))
  writeBlock(records, bytes, 0)
  return { bytes, samples: n }
}
