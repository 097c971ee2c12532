import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { LIMITS } from '../../core/limits.ts'
import type { StreamId } from '../../core/link.ts'
import type { Micros } from '../../core/time.ts'
import { replaceFile } from '../../lib/replace-file.ts'
import { DIODE_LIMITS } from './limits.ts'

/** Sequences of a stream that did not arrive. */
export interface DeclaredGap extends StreamId {
  readonly from: number
  /** Inclusive. */
  readonly to: number
  readonly cause: string
  /** When it was declared, by this node's clock. */
  readonly time: Micros
}

const file = z.object({
  version: z.literal(1),
  boots: z.array(z.tuple([z.int().min(0), z.int().min(0)])).max(LIMITS.streams),
  gaps: z
    .array(
      z.object({
        ...{ node: z.string().min(1).max(LIMITS.nodeLength), epoch: z.number() },
        ...{ from: z.int().min(1), to: z.int().min(1), cause: z.string().max(200), time: z.number() },
      }),
    )
    .max(DIODE_LIMITS.gaps),
  forked: z
    .array(z.object({ node: z.string().min(1).max(LIMITS.nodeLength), epoch: z.number() }))
    .max(DIODE_LIMITS.forked)
    .default([]),
})

/**
 * What did not arrive, and the newest boot of each sender; kept in one JSON file that is replaced as a whole before anything relies on it. The file is also what
 * `ecluse spool export --gaps` reads on the other side.
 */
export class GapMap {
  readonly #path: string
  readonly #write: typeof replaceFile
  readonly #boots: Map<number, number>
  #gaps: DeclaredGap[]
  #forked: StreamId[]
  #saving: Promise<void> = Promise.resolve()

  private constructor(path: string, write: typeof replaceFile, { boots, gaps, forked }: Omit<z.infer<typeof file>, 'version'>) {
    this.#path = path
    this.#write = write
    this.#boots = new Map(boots)
    this.#gaps = gaps
    this.#forked = forked
  }

  /** Throws RangeError when the file is not one of ours: its gaps are needed, so it is not put aside. */
  static async open(path: string, write: typeof replaceFile = replaceFile): Promise<GapMap> {
    const text = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return undefined
      throw cause
    })
    return new GapMap(path, write, text ? parseGapFile(text, path) : { boots: [], gaps: [], forked: [] })
  }

  gaps(): readonly DeclaredGap[] {
    return this.#gaps
  }

  /** Those of these sequences, in order, that lie in a gap. */
  missing({ node, epoch }: StreamId, sequences: readonly number[]): number[] {
    const [first, last] = [sequences[0] ?? 0, sequences.at(-1) ?? 0]
    const near = this.#gaps.filter((gap) => isOf(gap, node, epoch) && gap.from <= last && gap.to >= first)
    return near.length === 0 ? [] : sequences.filter((sequence) => near.some(({ from, to }) => from <= sequence && sequence <= to))
  }

  bootOf(sender: number): number {
    return this.#boots.get(sender) ?? 0
  }

  /** True for a log that went on from an older copy: nothing of it is taken any more, or its records would pass for those of the first one. */
  isForked({ node, epoch }: StreamId): boolean {
    return this.#forked.some((one) => isOf(one, node, epoch))
  }

  noteForked({ node, epoch }: StreamId): Promise<void> {
    if (!this.isForked({ node, epoch })) this.#forked = [...this.#forked, { node, epoch }].slice(-DIODE_LIMITS.forked)
    return this.#save()
  }

  noteBoot(sender: number, boot: number): Promise<void> {
    this.#boots.set(sender, boot)
    return this.#save()
  }

  /** Adds what is not declared yet; resolves when it is on disk. */
  async declare(gap: DeclaredGap): Promise<void> {
    const of = this.#gaps.filter(({ node, epoch }) => isOf(gap, node, epoch))
    const near = of.filter(({ from, to }) => from <= gap.to && to >= gap.from)
    const added = near.reduce((rest, known) => rest.flatMap((part) => without(part, known.from, known.to)), [gap])
    if (added.length === 0) return
    this.#replace(gap, join([...of, ...added]))
    while (this.#gaps.length > DIODE_LIMITS.gaps) this.#gaps = joinNearest(this.#gaps)
    await this.#save()
  }

  /** These sequences are here now. Takes out what was declared of them. */
  async fill(stream: StreamId, sequences: readonly number[]): Promise<void> {
    let of = this.#gaps.filter(({ node, epoch }) => isOf(stream, node, epoch))
    for (const { from, to } of ranges(sequences)) of = of.flatMap((gap) => without(gap, from, to))
    this.#replace(stream, of)
    await this.#save()
  }

  #replace({ node, epoch }: StreamId, gaps: readonly DeclaredGap[]): void {
    this.#gaps = [...this.#gaps.filter((gap) => !isOf(gap, node, epoch)), ...gaps]
  }

  /** One at a time; what changes while one is under way is in the next. */
  #save(): Promise<void> {
    const before = this.#saving.catch(() => {})
    this.#saving = before.then(() =>
      this.#write(this.#path, `${JSON.stringify({ version: 1, boots: [...this.#boots], gaps: this.#gaps, forked: this.#forked })}\n`),
    )
    return this.#saving
  }
}

/** The gaps in the bytes of such a file. Throws RangeError with what is wrong. */
export function parseGapFile(bytes: Uint8Array, path: string): z.infer<typeof file> {
  if (bytes.length > DIODE_LIMITS.gapFileBytes)
    throw new RangeError(`${path}: ${bytes.length} bytes, the limit is ${DIODE_LIMITS.gapFileBytes}`)
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder().decode(bytes))
  } catch (cause) {
    throw new RangeError(`${path}: not JSON`, { cause })
  }
  const parsed = file.safeParse(json)
  if (!parsed.success) throw new RangeError(`${path}: not a list of gaps. ${z.prettifyError(parsed.error)}`)
  return parsed.data
}

/** Whole numbers as ranges, in order. */
export function ranges(sequences: readonly number[]): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = []
  for (const sequence of [...sequences].sort((a, b) => a - b)) {
    const last = found.at(-1)
    if (last && sequence <= last.to + 1) last.to = sequence
    else found.push({ from: sequence, to: sequence })
  }
  return found
}

const isOf = (gap: StreamId, node: string, epoch: number): boolean => gap.node === node && gap.epoch === epoch

function without(gap: DeclaredGap, from: number, to: number): DeclaredGap[] {
  if (to < gap.from || from > gap.to) return [gap]
  return [
    { ...gap, to: from - 1 },
    { ...gap, from: to + 1 },
  ].filter((part) => part.from <= part.to)
}

/** Neighbours of one cause become one. */
function join(gaps: readonly DeclaredGap[]): DeclaredGap[] {
  const joined: DeclaredGap[] = []
  for (const gap of [...gaps].sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1)
    if (last && last.to + 1 === gap.from && last.cause === gap.cause) joined[joined.length - 1] = { ...last, to: gap.to }
    else joined.push(gap)
  }
  return joined
}

/** The two of one stream with the least between them become one that covers both: too much is asked for again, and what is here already is skipped. */
function joinNearest(gaps: readonly DeclaredGap[]): DeclaredGap[] {
  let best = -1
  let least = Number.POSITIVE_INFINITY
  for (let i = 1; i < gaps.length; i++) {
    const [before, gap] = [gaps[i - 1] as DeclaredGap, gaps[i] as DeclaredGap]
    if (isOf(before, gap.node, gap.epoch) && gap.from - before.to < least) {
      least = gap.from - before.to
      best = i
    }
  }
  // A list of single gaps of different streams: the oldest is left out here; the historian has it all the same.
  if (best < 0) return gaps.slice(1)
  const [before, gap] = [gaps[best - 1] as DeclaredGap, gaps[best] as DeclaredGap]
  return [...gaps.slice(0, best - 1), { ...before, to: gap.to }, ...gaps.slice(best + 1)]
}
