import { cp, mkdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SpoolRecord } from '../src/core/spool.ts'
import { batchesOf, defineSignals, gapOf, numbered, readAll, segmentFiles, start } from '../src/gateway/spool/harness.ts'
import { verifySpool } from '../src/gateway/spool/verify.ts'
import { sumsAfter } from './damage-node.ts'
import { withBench } from './node.ts'
import type { Form, Row } from './row.ts'
import { seeded } from './seeded.ts'

/** Damage to a spool that nobody has open: what `verify` and a starting node make of it. */
export const title = 'Damaged spool'

const BATCHES = 60
const SEGMENT_BYTES = 4_096
const PAGE = 512

interface Made {
  readonly directory: string
  readonly names: readonly string[]
  readonly records: readonly SpoolRecord[]
}

/** Damages a copy of the log; undefined when the draw changes nothing. */
type Damage = (copy: string, made: Made, random: () => number) => Promise<string | undefined>

const pick = <T>(list: readonly T[], random: () => number): T => list[Math.floor(random() * list.length)] as T

async function edit(path: string, change: (bytes: Buffer) => void): Promise<boolean> {
  const bytes = await readFile(path)
  const before = Buffer.from(bytes)
  change(bytes)
  await writeFile(path, bytes)
  return !bytes.equals(before)
}

const DAMAGES: Record<string, Damage> = {
  'bit flipped': async (copy, { names }, random) => {
    const name = pick(names, random)
    await edit(join(copy, name), (bytes) => {
      const at = Math.floor(random() * bytes.length)
      bytes[at] = (bytes[at] as number) ^ (1 << Math.floor(random() * 8))
    })
    return name
  },
  'segment cut short': async (copy, { names }, random) => {
    const name = pick(names, random)
    const { size } = await stat(join(copy, name))
    await truncate(join(copy, name), Math.floor(random() * size))
    return name
  },
  'page of zeros': async (copy, { names }, random) => {
    const name = pick(names, random)
    const isChanged = await edit(join(copy, name), (bytes) => {
      const at = Math.floor((random() * bytes.length) / PAGE) * PAGE
      bytes.fill(0, at, Math.min(at + PAGE, bytes.length))
    })
    return isChanged ? name : undefined
  },
  'page written elsewhere': async (copy, { names }, random) => {
    const [from, to] = [pick(names, random), pick(names, random)]
    const source = await readFile(join(copy, from))
    const isChanged = await edit(join(copy, to), (bytes) => {
      const a = Math.floor((random() * source.length) / PAGE) * PAGE
      const b = Math.floor((random() * bytes.length) / PAGE) * PAGE
      source.copy(bytes, b, a, Math.min(a + PAGE, a + bytes.length - b))
    })
    return isChanged ? to : undefined
  },
  'segments swapped': async (copy, { names }, random) => {
    const [a, b] = [pick(names, random), pick(names, random)]
    if (a === b) return undefined
    await rename(join(copy, a), join(copy, 'x'))
    await rename(join(copy, b), join(copy, a))
    await rename(join(copy, 'x'), join(copy, b))
    return a
  },
  'segment over another': async (copy, { names }, random) => {
    const [a, b] = [pick(names, random), pick(names, random)]
    if (a === b) return undefined
    await cp(join(copy, a), join(copy, b))
    return b
  },
}

export async function run(form: Form): Promise<Row[]> {
  const kinds = Object.keys(DAMAGES)
  // A whole node takes a thousand times as long as a log does.
  const starts = form === 'short' ? 2 : 20
  const runs = Math.ceil((form === 'short' ? 102 : 1_002) / kinds.length)
  return withBench(async ({ folder }) => {
    const made = await makeLog(join(folder, 'log'))
    const rows: Row[] = []
    for (const kind of kinds) rows.push(await measure(kind, runs, made, folder))
    for (const kind of kinds) rows.push(await throughNode(kind, starts, made, folder))
    return rows
  })
}

async function measure(kind: string, runs: number, made: Made, folder: string): Promise<Row> {
  const random = seeded(kind)
  const seen = { runs: 0, undetected: 0, wrong: 0, undeclared: 0, refused: 0 }
  while (seen.runs < runs) {
    const copy = join(folder, 'copy')
    await cp(made.directory, copy, { recursive: true })
    const where = await (DAMAGES[kind] as Damage)(copy, made, random)
    if (where !== undefined) {
      seen.runs++
      if (!(await isFound(copy, made))) seen.undetected++
      const { wrong, undeclared, refused } = await deliveries(copy, made)
      seen.wrong += wrong
      seen.undeclared += undeclared
      seen.refused += refused ? 1 : 0
    }
    await rm(copy, { recursive: true })
  }
  return {
    fault: `damaged spool: ${kind}`,
    method: `${made.names.length} segments; verify, then a start and a reading of everything`,
    runs: seen.runs,
    target: 'detected 100 %, wrong values delivered 0',
    figure: `undetected ${seen.undetected}, wrong ${seen.wrong}, missing and undeclared ${seen.undeclared}${seen.refused ? `; ${seen.refused} refused to start` : ''}`,
    met: seen.undetected + seen.wrong + seen.undeclared === 0,
  }
}

/** The same damage under a whole node: what its ledger makes of it. */
async function throughNode(kind: string, starts: number, made: Made, folder: string): Promise<Row> {
  const random = seeded(`${kind}, a whole node`)
  const open: string[] = []
  let runs = 0
  let refused = 0
  while (runs < starts) {
    const copy = join(folder, 'copy')
    await cp(made.directory, copy, { recursive: true })
    const where = await (DAMAGES[kind] as Damage)(copy, made, random)
    if (where !== undefined) {
      runs++
      const found = await sumsAfter(copy, folder)
      if (found) open.push(...found)
      else refused++
    }
    await rm(copy, { recursive: true })
  }
  return {
    fault: `damaged spool under a whole node: ${kind}`,
    method: 'a start on the damaged log with an empty history, all of it stored; then the ledger, and the rows in the historian',
    runs,
    target: 'all sums close, and count what is stored',
    figure: `${open.length === 0 ? 'all sums close' : open.slice(0, 3).join('; ')}${refused ? `; ${refused} refused to start` : ''}`,
    met: open.length === 0,
  }
}

async function makeLog(directory: string): Promise<Made> {
  await mkdir(directory)
  const { spool, signals } = await start(directory, { segmentBytes: SEGMENT_BYTES, maxBytes: 2 ** 20 })
  defineSignals(signals, 2)
  for (let n = 0; n < BATCHES; n++) await spool.append(numbered(n, 10))
  const records = await readAll(spool)
  await spool.close()
  return { directory, names: await segmentFiles(directory), records }
}

/** Does `verify` say so, or does the log not reach as far as it did: a cut at the very end of a record is what a crash leaves, and known by the sequence. */
async function isFound(copy: string, made: Made): Promise<boolean> {
  try {
    const report = await verifySpool(copy)
    return report.firstBad !== undefined || report.lastSequence < (made.records.at(-1)?.sequence ?? 0)
  } catch {
    return true // refused
  }
}

/** What a node that starts on the copy reads: records other than the ones written, and records missing without a gap. */
async function deliveries(copy: string, { records }: Made): Promise<{ wrong: number; undeclared: number; refused: boolean }> {
  let opened: Awaited<ReturnType<typeof start>>
  try {
    opened = await start(copy, { segmentBytes: SEGMENT_BYTES, maxBytes: 2 ** 20 })
  } catch {
    return { wrong: 0, undeclared: 0, refused: true }
  }
  const read = await readAll(opened.spool)
  const { lastSequence } = opened.spool.stats()
  await opened.spool.close()
  const explained = new Set<number>()
  let wrong = 0
  for (const record of read) {
    const original = records[record.sequence - 1]
    if (record.kind === 'gap') {
      const { from, to } = gapOf(record)
      for (let sequence = from; sequence <= Math.min(to, records.length); sequence++) explained.add(sequence)
      explained.add(record.sequence)
    } else if (original && record.kind === original.kind && Buffer.compare(record.payload, original.payload) === 0)
      explained.add(record.sequence)
    else if (record.kind === 'batch') wrong++
    // A log cut at its end goes on from there: its own records stand where those without a trace stood.
    else explained.add(record.sequence)
  }
  wrong += batchesOf(read).length - new Set(batchesOf(read).map(({ sequence }) => sequence)).size
  let undeclared = 0
  for (let sequence = 1; sequence <= Math.min(lastSequence, records.length); sequence++) if (!explained.has(sequence)) undeclared++
  return { wrong, undeclared, refused: false }
}
