import { join } from 'node:path'
import type { Logger } from '../../core/log.ts'
import type { SpoolFile, SpoolFiles } from './files.ts'
import { SPOOL_LIMITS } from './limits.ts'

/** Keeps a copy of every damaged stretch for whoever investigates, and says each once. The log itself is left as it is. */
export class Quarantine {
  readonly #directory: string
  readonly #files: SpoolFiles
  readonly #log: Logger
  readonly #seen = new Set<string>()
  #bytes = 0
  #records = 0

  private constructor(directory: string, files: SpoolFiles, log: Logger) {
    this.#directory = directory
    this.#files = files
    this.#log = log
  }

  static async open(directory: string, files: SpoolFiles, log: Logger): Promise<Quarantine> {
    const quarantine = new Quarantine(join(directory, 'quarantine'), files, log)
    await files.makeDirectory(quarantine.#directory)
    for (const name of await files.list(quarantine.#directory)) {
      const file = await files.open(join(quarantine.#directory, name), 'read')
      quarantine.#bytes += await file.size()
      await file.close()
    }
    return quarantine
  }

  /** Records found corrupt since the start, each once. */
  get records(): number {
    return this.#records
  }

  /** Copies `bytes` of a segment from `offset`. Never throws: a full disk must not hide the damage itself. */
  async keep(
    segment: { ordinal: number; path: string },
    file: SpoolFile,
    offset: number,
    bytes: number,
    records: number,
    cause: string,
  ): Promise<void> {
    const name = `${String(segment.ordinal).padStart(10, '0')}-${offset}.bin`
    if (this.#seen.has(name)) return
    this.#seen.add(name)
    this.#records += records
    const target = join(this.#directory, name)
    const where = { segment: segment.path, offset, bytes, records, cause }
    if (this.#bytes + bytes > SPOOL_LIMITS.quarantineBytes) {
      return this.#log.error(
        where,
        `Damaged bytes in the spool; no copy kept, ${this.#directory} is at its limit: look into it and empty it`,
      )
    }
    try {
      await this.#copy(file, offset, bytes, target)
      this.#log.error({ ...where, copy: target }, 'Damaged bytes in the spool, copied to quarantine; check the disk')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST')
        this.#log.error({ ...where, copy: target }, 'Damaged bytes in the spool, in quarantine since an earlier start')
      else this.#log.error({ ...where, error }, 'Damaged bytes in the spool, and no copy could be kept')
    }
  }

  /** Moves a whole file that holds nothing readable. */
  async move(path: string, name: string, cause: string): Promise<void> {
    const target = join(this.#directory, name)
    await this.#files.rename(path, target)
    this.#log.error({ path, target, cause }, 'A segment without anything readable was moved to quarantine')
  }

  async #copy(from: SpoolFile, offset: number, bytes: number, target: string): Promise<void> {
    const to = await this.#files.open(target, 'create')
    try {
      for (let at = 0; at < bytes; at += SPOOL_LIMITS.windowBytes) {
        const part = new Uint8Array(Math.min(SPOOL_LIMITS.windowBytes, bytes - at))
        const got = await from.read(part, offset + at)
        await to.write([part.subarray(0, got)], at)
      }
      await to.sync()
      this.#bytes += bytes
    } finally {
      await to.close()
    }
  }
}
