import { randomUUID } from 'node:crypto'
import { copyFile, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { CARRIED_REFUSALS, LinkRefused, type MissingTaker, type RefusedFile, type StreamId } from '../../core/link.ts'
import type { Logger } from '../../core/log.ts'
import type { Clock } from '../../core/time.ts'
import { replaceFile, syncDirectory } from '../../lib/replace-file.ts'
import { type Anchor, checkImport, ImportRefused, readImport } from '../spool/import.ts'
import type { GapMap } from './gap-map.ts'
import { DIODE_LIMITS } from './limits.ts'

const SUFFIX = '.ecx'
/** Names in it are bounded, a path may not be. */
const REASON_LENGTH = 1000

/** Puts a file where the running node looks for files to import; resolves with its path there once it is whole and on disk. */
export async function dropImport(path: string, imports: string): Promise<string> {
  await mkdir(imports, { recursive: true, mode: 0o700 })
  // Several files may have one name: they come from different machines.
  const target = join(imports, `${basename(path, SUFFIX)}-${randomUUID().slice(0, 8)}${SUFFIX}`)
  const temporary = `${target}.part`
  await copyFile(path, temporary)
  const file = await open(temporary, 'r+')
  await file.sync()
  await file.close()
  await rename(temporary, target)
  await syncDirectory(imports)
  return target
}

export interface ImportParts {
  readonly gaps: GapMap
  readonly importer: MissingTaker
  /** The records of a stream that are here, to hold the file against. */
  readonly anchorOf: (stream: StreamId) => Anchor
  /** How far a stream has been taken in. Gaps beyond are declared before it is known what explains the records behind them: files for these wait. */
  readonly positionOf: (stream: StreamId) => number
  /** Take files too that meet no record that is here: nothing but their own checksum then says where they are from. */
  readonly allowUnanchored?: boolean
  readonly clock: Clock
  readonly log: Logger
}

const outcome = z.object({
  file: z.string().max(DIODE_LIMITS.outcomeBytes),
  time: z.number(),
  /** In the file, and of these the ones that filled a gap. */
  records: z.int(),
  filled: z.int(),
  refused: z.object({ code: z.enum(CARRIED_REFUSALS), message: z.string() }).optional(),
})

/** What became of a file; kept beside it, as `NAME.ecx.json`. */
export type ImportOutcome = z.infer<typeof outcome>

/**
 * Takes in the files of a directory, one after the other: only records that lie in declared gaps, each once. A file that is done is moved to `done/`, one that is
 * refused to `refused/`. Rejects when records cannot be kept just now; the file stays and is taken again.
 */
export async function takeImports(directory: string, parts: ImportParts): Promise<ImportOutcome[]> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return []
  })
  const outcomes: ImportOutcome[] = []
  for (const name of names.filter((one) => one.endsWith(SUFFIX)).sort()) {
    const outcome = await takeOne(join(directory, name), name, parts)
    if (!outcome) continue
    const to = join(directory, outcome.refused === undefined ? 'done' : 'refused')
    await mkdir(to, { recursive: true, mode: 0o700 })
    await replaceFile(join(to, `${name}.json`), `${JSON.stringify(outcome)}\n`)
    await rename(join(directory, name), join(to, name))
    await syncDirectory(directory)
    outcomes.push(outcome)
  }
  return outcomes
}

/** What became of a file that `dropImport` laid there; undefined: it waits. */
export async function outcomeOf(laid: string): Promise<ImportOutcome | undefined> {
  const [directory, name] = [dirname(laid), basename(laid)]
  return (await outcomeIn(join(directory, 'done'), name)) ?? outcomeIn(join(directory, 'refused'), name)
}

/** Files that were refused and that nobody has taken away since, newest first. */
export async function refusedImports(directory: string): Promise<RefusedFile[]> {
  const refused = join(directory, 'refused')
  const names = new Set(await readdir(refused).catch(() => []))
  const files: RefusedFile[] = []
  for (const name of [...names].filter((one) => one.endsWith(SUFFIX)).sort()) {
    if (files.length >= DIODE_LIMITS.refusedFiles) break
    const of = await outcomeIn(refused, name)
    if (of?.refused) files.push({ file: name, time: of.time, ...of.refused })
  }
  // Somebody has looked at the file and taken it away: what was said of it goes, too.
  for (const name of names)
    if (name.endsWith(`${SUFFIX}.json`) && !names.has(name.slice(0, -5))) await rm(join(refused, name), { force: true })
  return files.sort((a, b) => b.time - a.time)
}

/** What is no outcome of ours, or too long for one, says nothing of the file beside it. */
async function outcomeIn(directory: string, name: string): Promise<ImportOutcome | undefined> {
  const path = join(directory, `${name}.json`)
  const { size } = await stat(path).catch(() => ({ size: 0 }))
  if (size === 0 || size > DIODE_LIMITS.outcomeBytes) return undefined
  const value = await readFile(path, 'utf8')
    .then((text): unknown => JSON.parse(text))
    .catch(() => undefined)
  return outcome.safeParse(value).data
}

async function takeOne(
  path: string,
  name: string,
  { gaps, importer, anchorOf, positionOf, allowUnanchored, log, clock }: ImportParts,
): Promise<ImportOutcome | undefined> {
  const told = { file: name, time: clock.now(), records: 0, filled: 0 }
  try {
    const { header, records, anchored, ends } = await checkAgainst(path, anchorOf)
    const { node, epoch, ranges } = header
    const position = positionOf(header)
    const closes = gaps
      .gaps()
      .filter((gap) => gap.node === node && gap.epoch === epoch && ranges.some(({ from, to }) => from <= gap.to && to >= gap.from))
    if (closes.some(({ to }) => to > position)) return undefined
    // Carried twice, or closed meanwhile by another file.
    if (closes.length === 0) {
      log.info({ file: name, node, records }, 'a file of records holds nothing that is missing here')
      return { ...told, records }
    }
    if (anchored === 0 && ends > 0 && !allowUnanchored)
      throw new ImportRefused(
        'foreign',
        `${name} meets no record that is here: nothing shows that it is of this log. Export again with the gaps.json that is here now`,
      )
    const peer = { node, address: name, mayForward: false, isCarried: true as const }
    let filled = 0
    await readImport(path, async (some) => {
      const lacking = new Set(
        gaps.missing(
          header,
          some.map(({ sequence }) => sequence),
        ),
      )
      const wanted = some.filter(({ sequence }) => lacking.has(sequence))
      if (wanted.length === 0) return
      await importer.importMissing(wanted, peer)
      await gaps.fill(header, [...lacking])
      filled += wanted.length
    })
    log.info({ file: name, node: header.node, records, filled }, 'records carried by hand were taken in')
    return { ...told, records, filled }
  } catch (error) {
    if (!(error instanceof ImportRefused || error instanceof LinkRefused)) throw error
    // Neither zones nor rights change by trying again.
    const code = error instanceof ImportRefused ? error.code : 'not-permitted'
    log.warn({ file: name, code, cause: error.message }, 'a file of records is refused')
    return { ...told, refused: { code, message: error.message.slice(0, REASON_LENGTH) } }
  }
}

/** Whose anchors to ask for is known once the header is read. */
async function checkAgainst(path: string, anchorOf: ImportParts['anchorOf']) {
  const { header } = await checkImport(path)
  return checkImport(path, anchorOf(header))
}
