import { createHash } from 'node:crypto'
import { appendFile, mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { LIMITS } from '../../core/limits.ts'
import type { StreamId } from '../../core/link.ts'
import type { Logger } from '../../core/log.ts'
import { parseRecord } from '../../core/record-content.ts'
import type { SpoolRecord } from '../../core/spool.ts'
import type { IdsOf } from './withhold.ts'

const line = z.object({
  node: z.string().max(LIMITS.nodeLength),
  epoch: z.number(),
  index: z.int().min(0).lt(LIMITS.signals),
  id: z.string().max(LIMITS.idLength),
})

/**
 * What the indices of other nodes' logs mean, as far as their dictionaries came by. Kept in files of its own: after a restart in the middle of a segment nobody
 * says it again, and what has no name may not pass. A file that lacks lines withholds more, never less.
 */
export class StreamIds {
  readonly #directory: string
  readonly #log: Logger
  readonly #streams = new Map<string, Map<number, string>>()
  #writing: Promise<void> = Promise.resolve()

  private constructor(directory: string, log: Logger) {
    this.#directory = directory
    this.#log = log
  }

  static async open(directory: string, log: Logger): Promise<StreamIds> {
    const ids = new StreamIds(directory, log)
    await mkdir(directory, { recursive: true, mode: 0o700 })
    for (const name of (await readdir(directory)).slice(0, LIMITS.streams)) {
      const text = await readFile(join(directory, name), 'utf8')
      // A torn last line is one that is not known.
      for (const one of text.split('\n')) {
        const known = line.safeParse(asJson(one)).data
        if (known) ids.#set(known, known.index, known.id)
      }
    }
    return ids
  }

  readonly of: IdsOf = (stream) => (index) => this.#streams.get(keyOf(stream))?.get(index)

  /** Learns from a dictionary record before anything that needs it; resolves when what was new is written down. */
  learn(records: readonly SpoolRecord[]): Promise<void> {
    for (const record of records) {
      if (record.kind !== 'signals') continue
      const content = parseRecord('signals', record.payload)
      if (content.kind !== 'signals') continue
      const news = content.signals.filter(([index, { id }]) => this.#set(record, index, id))
      if (news.length === 0) continue
      const { node, epoch } = record
      const text = news.map(([index, { id }]) => `${JSON.stringify({ node, epoch, index, id })}\n`).join('')
      this.#writing = this.#writing.then(() => this.#append(record, text))
    }
    return this.#writing
  }

  async #append(stream: StreamId, text: string): Promise<void> {
    await appendFile(join(this.#directory, fileOf(stream)), text).catch((error: unknown) =>
      this.#log.warn(
        { error: String(error) },
        'what another node calls its signals cannot be written down; after a restart some are withheld',
      ),
    )
  }

  #set(stream: StreamId, index: number, id: string): boolean {
    const key = keyOf(stream)
    let known = this.#streams.get(key)
    if (!known) {
      if (this.#streams.size >= LIMITS.streams) return false
      known = new Map()
      this.#streams.set(key, known)
    }
    if (known.get(index) === id) return false
    known.set(index, id)
    return true
  }
}

const keyOf = ({ node, epoch }: StreamId): string => `${epoch} ${node}`
/** A name is no path. */
const fileOf = (stream: StreamId): string => `${createHash('sha256').update(keyOf(stream)).digest('hex').slice(0, 32)}.jsonl`

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
