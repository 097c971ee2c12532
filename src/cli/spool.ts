import { readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { ConfigProblem } from '../core/errors.ts'
import { formatTime } from '../core/time.ts'
import { parseGapFile } from '../gateway/diode/gap-map.ts'
import { dropImport, type ImportOutcome, outcomeOf } from '../gateway/diode/take-imports.ts'
import { exportRecords, type SequenceRange } from '../gateway/spool/export.ts'
import { checkImport, ImportRefused } from '../gateway/spool/import.ts'
import { SpoolRefused } from '../gateway/spool/inspect.ts'
import { verifySpool } from '../gateway/spool/verify.ts'
import { findLog, type Log, walk } from '../gateway/spool/walk.ts'
import { openSigner } from '../run/evidence/start.ts'
import { CarryRefused, carriedUnder } from '../run/policy/carried.ts'
import { runningUrl } from './client.ts'
import { loadLoosely } from './configuration.ts'
import { type CommonOptions, EXIT, type Exit, Refused, type Verb } from './context.ts'
import { bytes, paint, table, writeResult } from './output.ts'
import { told } from './told.ts'

/** A node looks for files every two seconds. */
const TAKEN_MS = 10_000
const LOOK_MS = 100

export interface SpoolVerbOptions extends CommonOptions {
  readonly config?: string
}

export interface ExportOptions extends SpoolVerbOptions {
  readonly from?: number
  readonly to?: number
  readonly gaps?: string
  readonly out?: string
}

/** `ecluse spool inspect [DIR]`: the segments of a log, and what in it cannot be read. Changes nothing; the node may be running. */
export async function spoolInspect(verb: Verb, directory: string | undefined, options: SpoolVerbOptions): Promise<Exit> {
  const words = verb.words.spool
  const { log, place } = await logIn(verb, directory, options.config)
  const gaps: (SequenceRange & { cause: string })[] = []
  const seen = new Map(
    log.segments.map((segment) => [segment.ordinal, { records: 0, last: segment.firstSequence - 1, lastTime: segment.createdTime }]),
  )
  let at = 0
  for await (const step of walk(log, log.segments[0]?.firstSequence ?? 1, Number.MAX_SAFE_INTEGER)) {
    const sequence = step.what === 'record' ? step.record.sequence : step.to
    while ((log.segments[at]?.lastSequence ?? Number.POSITIVE_INFINITY) < sequence) at++
    const tally = seen.get(log.segments[at]?.ordinal ?? -1)
    if (step.what === 'missing') gaps.push({ from: step.from, to: step.to, cause: step.cause })
    else if (tally) {
      tally.records++
      tally.lastTime = step.record.recordedTime
    }
    if (tally) tally.last = sequence
  }
  const segments = log.segments.map(({ ordinal, firstSequence, createdTime, bytes: size }) => {
    const { records, last, lastTime } = seen.get(ordinal) ?? { records: 0, last: firstSequence - 1, lastTime: createdTime }
    return {
      ordinal,
      firstSequence,
      lastSequence: last,
      records,
      created: formatTime(createdTime),
      lastRecord: formatTime(lastTime),
      bytes: size,
    }
  })
  const value = { directory: place, node: log.node, epoch: log.epoch, segments, gaps }
  writeResult(verb.io, options.output, value, () =>
    [
      words.log(log.node, formatTime(log.epoch)),
      table(
        [
          { title: words.segment, cell: ({ ordinal }) => String(ordinal), right: true },
          { title: words.first, cell: ({ firstSequence }) => String(firstSequence), right: true },
          { title: words.last, cell: ({ lastSequence }) => String(lastSequence), right: true },
          { title: words.since, cell: ({ created }) => created },
          { title: words.until, cell: ({ lastRecord }) => lastRecord },
          { title: words.size, cell: (segment) => bytes(segment.bytes), right: true },
        ],
        segments,
      ),
      ...gaps.map(({ from, to, cause }) => paint(verb.io.colour.out).bad(words.gap(from, to, cause))),
    ].join('\n'),
  )
  return EXIT.ok
}

/** `ecluse spool verify [DIR]`: every byte of it; 1 when anything is wrong. */
export async function spoolVerify(verb: Verb, directory: string | undefined, options: SpoolVerbOptions): Promise<Exit> {
  const words = verb.words.spool
  const { place } = await logIn(verb, directory, options.config)
  const report = await verifySpool(place)
  writeResult(verb.io, options.output, report, () => {
    const { segments, records, samples, firstBad } = report
    if (!firstBad) return words.sound(segments, records, samples)
    return `${paint(verb.io.colour.out).bad(words.unsound(firstBad.path, firstBad.offset, firstBad.cause))}\n  ${verb.words.hint} ${words.unsoundHint}`
  })
  return report.firstBad ? EXIT.failed : EXIT.ok
}

/** `ecluse spool export [DIR] --from N --to M | --gaps FILE`: records into one file, to be carried to where they are missing. */
export async function spoolExport(verb: Verb, directory: string | undefined, options: ExportOptions): Promise<Exit> {
  const words = verb.words.spool
  const { log, place } = await logIn(verb, directory, options.config)
  const ranges = await rangesOf(verb, log, options)
  const [first] = ranges
  if (!first) throw new Refused(words.nothingMissing(log.node), words.nothingMissingHint)
  const path = options.out ?? `${log.node}-${first.from}-${ranges.at(-1)?.to ?? first.to}.ecx`
  const carried = await policyOf(verb, options.config, { log, place, from: first.from })
  const signer = await toldOfExport(verb, options.config, { node: log.node, place, path })
  const exported = await exportRecords(log, ranges, path, verb.clock.now(), { pass: carried?.pass, signer }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') throw new Refused(words.isThere(path), words.isThereHint)
      if (error.code !== undefined) throw new Refused(words.cannotWrite(path, error.message))
      throw error
    },
  )
  const refused = carried?.refused ?? {}
  writeResult(verb.io, options.output, { path, ...exported, refused }, () =>
    [
      words.exported(path, exported.records, bytes(exported.bytes)),
      ...(exported.withheld > 0 ? [words.withheld(exported.withheld, Object.entries(refused))] : []),
      ...exported.missing.map(({ from, to, cause }) => paint(verb.io.colour.out).warn(words.gap(from, to, cause))),
    ].join('\n'),
  )
  return exported.records > 0 ? EXIT.ok : EXIT.failed
}

/** What may leave of the log of a node; a log whose node is not that of a usable configuration stands under none. */
async function policyOf(verb: Verb, config: string | undefined, { log, place, from }: { log: Log; place: string; from: number }) {
  const { loaded, problems } = await loadLoosely(verb, config)
  // Named, and not to be used: what it would withhold is not known.
  if (!loaded && config !== undefined) throw unusable(verb, problems)
  if (!loaded || (log.node !== loaded.config.node.id && resolve(place) !== resolve(loaded.config.data, 'spool'))) return undefined
  return carriedUnder(loaded, log, from, verb.clock).catch((error: unknown) => {
    if (error instanceof CarryRefused) throw new Refused(verb.words.spool.mayNotLeave(error.message), verb.words.spool.mayNotLeaveHint)
    throw error
  })
}

/** A log whose node's configuration cannot be used is a log for itself: there is no audit log to leave word in, and no key to sign with. */
async function toldOfExport(verb: Verb, config: string | undefined, { node, place, path }: { node: string; place: string; path: string }) {
  const { loaded } = await loadLoosely(verb, config)
  if (!loaded || resolve(place) !== resolve(loaded.config.data, 'spool')) return undefined
  await told(verb, loaded, config, { kind: 'export', what: basename(path) })
  return loaded.config.node.id === node ? openSigner(loaded) : undefined
}

/** `ecluse spool import FILE`: checks the file and lays it where the node of the configuration takes it in. */
export async function spoolImport(verb: Verb, path: string, options: SpoolVerbOptions): Promise<Exit> {
  const words = verb.words.spool
  const { data, senders } = await receiverOf(verb, options.config)
  const { header, records, missing } = await checkImport(path).catch((error: NodeJS.ErrnoException) => {
    if (error instanceof ImportRefused)
      throw new Refused(words.refused[error.code](path), `${verb.words.nodes.carried[error.code]} (${error.message})`)
    if (error.code !== undefined) throw new Refused(words.cannotRead(path, error.message))
    throw error
  })
  const { node, epoch, ranges } = header
  const laid = await dropImport(path, join(data, 'imports'))
  const isRunning = runningUrl(data) !== undefined
  const outcome = isRunning ? await takenIn(verb, laid) : undefined
  if (outcome?.refused) throw new Refused(words.refusedThere(path, verb.words.nodes.carried[outcome.refused.code]), outcome.refused.message)
  const filled = outcome?.filled
  const isStrange = !filled && senders !== undefined && !senders.some((one) => one.relay || one.node === node)
  writeResult(verb.io, options.output, { path: laid, node, epoch, records, ranges, missing, filled }, () =>
    [
      words.laid(records, node, laid),
      filled === undefined ? (isRunning ? words.waits : words.laidHint) : isStrange ? '' : words.taken(filled),
      isStrange ? paint(verb.io.colour.out).warn(words.noSender(node)) : '',
      ...missing.map(({ from, to, cause }) => paint(verb.io.colour.out).warn(words.gap(from, to, cause))),
    ]
      .filter((line) => line !== '')
      .join('\n'),
  )
  return isStrange ? EXIT.failed : EXIT.ok
}

/** What the running node made of it; undefined where it has not looked, or waits. */
async function takenIn({ clock }: Verb, laid: string): Promise<ImportOutcome | undefined> {
  for (const end = clock.monotonicMs() + TAKEN_MS; clock.monotonicMs() < end; await clock.sleep(LOOK_MS)) {
    const outcome = await outcomeOf(laid)
    if (outcome) return outcome
  }
  return undefined
}

/** The data directory of a node that takes in files, nobody would ever look for them at another, and its senders. */
async function receiverOf(verb: Verb, config: string | undefined) {
  const data = await dataOf(verb, config)
  const { loaded } = await loadLoosely(verb, config)
  const { node, link } = loaded?.config ?? {}
  const isReceiver = link?.transport === 'diode' && node?.role !== 'edge' && node?.role !== 'relay'
  if (node && !isReceiver) throw new Refused(verb.words.spool.noReceiver(node.id), verb.words.spool.noReceiverHint)
  return { data, senders: link?.diode?.senders }
}

async function dataOf(verb: Verb, config: string | undefined): Promise<string> {
  const { loaded, problems } = await loadLoosely(verb, config)
  if (loaded) return loaded.config.data
  throw unusable(verb, problems)
}

function unusable({ words: { spool: words } }: Verb, [first]: readonly ConfigProblem[]): Refused {
  return new Refused(words.noConfiguration(first ? `${first.file}: ${first.message}` : ''), words.noConfigurationHint)
}

async function logIn(verb: Verb, directory: string | undefined, config: string | undefined): Promise<{ log: Log; place: string }> {
  const words = verb.words.spool
  const place = directory ?? join(await dataOf(verb, config), 'spool')
  const log = await findLog(place).catch((error: NodeJS.ErrnoException) => {
    if (error instanceof SpoolRefused) throw new Refused(...words.broken[error.code](error.place, error.owner))
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw error
  })
  if (!log) throw new Refused(words.noLog(place), words.noLogHint)
  return { log, place }
}

async function rangesOf(verb: Verb, log: Log, { from, to, gaps }: ExportOptions): Promise<SequenceRange[]> {
  const words = verb.words.spool
  if (gaps === undefined) {
    if (from === undefined || to === undefined) throw new Refused(words.whichRecords, words.whichRecordsHint)
    if (to < from) throw new Refused(words.backwards(from, to))
    return [{ from, to }]
  }
  if (from !== undefined || to !== undefined) throw new Refused(words.eitherOr, words.whichRecordsHint)
  const { gaps: listed } = await readFile(gaps)
    .then((content) => parseGapFile(content, gaps))
    .catch((error: Error) => {
      if (error instanceof RangeError) throw new Refused(words.noGapList(gaps), words.noGapListHint)
      throw new Refused(words.cannotRead(gaps, error.message))
    })
  const own = listed.filter((gap) => gap.node === log.node)
  const epochs = new Set(own.map((gap) => gap.epoch))
  if (own.length > 0 && !epochs.has(log.epoch)) throw new Refused(words.otherEpoch(log.node), words.otherEpochHint)
  return own.filter((gap) => gap.epoch === log.epoch).sort((a, b) => a.from - b.from)
}
