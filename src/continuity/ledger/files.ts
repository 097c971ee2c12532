import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { z } from 'zod'
import { ACCOUNT_UNITS } from '../../core/account.ts'
import type { Logger } from '../../core/log.ts'
import { DAY } from '../../core/time.ts'
import { replaceFile } from '../../lib/replace-file.ts'
import type { Block, Destination, Hole } from './blocks.ts'
import type { Cell } from './cells.ts'
import { LEDGER_LIMITS } from './limits.ts'
import { fromRuns, type Stream, toRuns } from './streams.ts'

/** The ledger at one sequence of the log. A start goes on from there. */
export interface SavedLedger {
  readonly own: Stream
  readonly others: readonly Stream[]
  readonly destinations: readonly Destination[]
  readonly closed: readonly Cell[]
  readonly open: readonly Cell[]
  readonly blocks: readonly Block[]
  /** Gaps that the log declared and that some destination is not past. */
  readonly declared: readonly Hole[]
}

const count = z.number().refine(Number.isSafeInteger)
const tally = z.record(z.string(), count)
const cell = z.object({
  ...{ node: z.string(), connection: z.string(), unit: z.enum(ACCOUNT_UNITS), hour: count, logged: count, known: count },
  ...{ quarantined: tally, dropped: tally, to: z.record(z.string(), z.object({ passed: count, lost: tally })) },
})
const stream = z.object({
  ...{ node: z.string(), epoch: z.number(), sequence: count, samples: count.optional(), connections: z.array(z.string()) },
  of: z.array(z.tuple([count, z.int().min(0).max(10_000_000)])),
  unread: z.object({ at: count, cause: z.string() }).optional(),
  missing: z.array(
    z.object({ from: count, to: count, cause: z.string(), samples: count, cell: z.object({ node: z.string(), hour: count }) }),
  ),
})
const hole = z.object({ from: count, to: count, cause: z.string() })
/** Counts by the place of their cell in `open`. */
const counts = z.array(z.tuple([z.int().min(0), count]))
const withheld = z.object({ sequence: count, from: count.optional(), cause: z.string(), counts })
const state = z.object({
  declared: z.array(hole),
  own: stream,
  others: z.array(stream),
  destinations: z.array(
    z.object({ name: z.string(), reached: count, holes: z.array(hole), withheld: z.array(withheld).default([]), sent: count.optional() }),
  ),
  closed: z.array(cell),
  open: z.array(cell),
  blocks: z.array(z.tuple([count, count, counts])),
})
const day = z.object({ cells: z.array(cell) })

/** The ledger's files: `state`, and a file for each closed day, `2026-11-27`. */
export class LedgerFiles {
  readonly #directory: string
  readonly #log: Logger

  constructor(directory: string, log: Logger) {
    this.#directory = directory
    this.#log = log
  }

  /** Undefined when there is none, or none that can be trusted. */
  async readState(): Promise<SavedLedger | undefined> {
    const found = await this.#read('state', state)
    if (!found) return undefined
    const open: Cell[] = found.open
    const withCells = (places: z.infer<typeof counts>): [Cell, number][] =>
      places.flatMap(([at, samples]) => (open[at] ? [[open[at], samples]] : []))
    return {
      ...{ closed: found.closed, open, declared: found.declared },
      destinations: found.destinations.map((one) => ({
        ...one,
        withheld: one.withheld.map((some) => ({ ...some, counts: withCells(some.counts) })),
      })),
      own: streamOf(found.own),
      others: found.others.map(streamOf),
      blocks: found.blocks.map(([first, last, places]) => ({
        ...{ first, last },
        counts: withCells(places),
      })),
    }
  }

  async writeState({ own, others, destinations, closed, open, blocks, declared }: SavedLedger): Promise<void> {
    const placeOf = new Map(open.map((one, at) => [one, at]))
    const placed = (of: Block['counts']) => of.map(([cell, samples]) => [placeOf.get(cell) ?? -1, samples])
    await this.#write('state', {
      ...{ own: plain(own), others: others.map(plain), closed, open, declared },
      destinations: destinations.map((one) => ({
        ...one,
        withheld: one.withheld.map((some) => ({ ...some, counts: placed(some.counts) })),
      })),
      blocks: blocks.map(({ first, last, counts: of }) => [first, last, placed(of)]),
    })
  }

  /** The cells of a closed day; none when nothing was counted on it. */
  async readDay(of: number): Promise<Cell[]> {
    return (await this.#read(nameOf(of), day))?.cells ?? []
  }

  async writeDay(of: number, cells: readonly Cell[]): Promise<void> {
    await this.#write(nameOf(of), { cells })
  }

  async #read<T>(name: string, schema: z.ZodType<T>): Promise<T | undefined> {
    const handle = await open(join(this.#directory, name), 'r').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') this.#log.error({ name, error: error.message }, 'a file of the ledger cannot be read')
      return undefined
    })
    if (!handle) return undefined
    try {
      if ((await handle.stat()).size > LEDGER_LIMITS.fileBytes) throw new RangeError('larger than it can be')
      const text = await handle.readFile('utf8')
      const end = text.indexOf('\n')
      const body = text.slice(end + 1)
      if (Number(text.slice(0, end)) !== crc32(body)) throw new RangeError('its checksum is wrong')
      return schema.parse(JSON.parse(body))
    } catch (error) {
      this.#log.error({ name, error: String(error) }, 'a file of the ledger is damaged; what it counted is not known any more')
      return undefined
    } finally {
      await handle.close()
    }
  }

  async #write(name: string, content: unknown): Promise<void> {
    const body = JSON.stringify(content)
    await mkdir(this.#directory, { recursive: true })
    await replaceFile(join(this.#directory, name), `${crc32(body)}\n${body}`)
  }
}

const plain = ({ of, samples, ...rest }: Stream) => ({ ...rest, ...(samples !== undefined && { samples }), of: toRuns(of) })
const streamOf = ({ of, samples, ...rest }: z.infer<typeof stream>): Stream => ({ ...rest, samples, of: fromRuns(of) })
const nameOf = (of: number): string => new Date((of * DAY) / 1000).toISOString().slice(0, 10)
