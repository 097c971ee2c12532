import type { SpoolRecord } from '../../core/spool.ts'
import type { SpoolFile, SpoolFiles } from './files.ts'
import { SPOOL_LIMITS } from './limits.ts'
import type { Quarantine } from './quarantine.ts'
import { type Found, type Place, scanSegment } from './scan.ts'
import { type Catalogue, notePlace, placeBefore, type Segment } from './segments.ts'

/** What a reader gives: records, and how far they reach. */
interface Harvest {
  readonly records: SpoolRecord[]
  next: number
  readonly maxRecords: number
  bytesLeft: number
}

/** Reads durable records from the files and checks each; what is damaged or no longer there comes as a gap. */
export class SpoolReader {
  readonly #files: SpoolFiles
  readonly #catalogue: Catalogue
  readonly #quarantine: Quarantine
  readonly #position: { readonly node: string; readonly epoch: number }
  /** Where earlier reads ended, by the sequence that comes next. */
  readonly #cursors = new Map<number, { segment: Segment; place: Place }>()

  constructor(files: SpoolFiles, catalogue: Catalogue, quarantine: Quarantine, position: { node: string; epoch: number }) {
    this.#files = files
    this.#catalogue = catalogue
    this.#quarantine = quarantine
    this.#position = position
  }

  async read(sequence: number, maxRecords: number, maxBytes: number): Promise<SpoolRecord[]> {
    const harvest: Harvest = { records: [], next: Math.max(1, sequence), maxRecords, bytesLeft: maxBytes }
    while (harvest.records.length < maxRecords && harvest.bytesLeft > 0) {
      const segment = this.#catalogue.find(harvest.next)
      if (!segment) break
      if (harvest.next < segment.firstSequence) {
        this.#addGap(harvest, harvest.next, segment.firstSequence - 1, 'no longer kept', segment.createdTime)
      } else {
        await this.#readSegment(segment, harvest)
      }
    }
    return harvest.records
  }

  async #readSegment(segment: Segment, harvest: Harvest): Promise<void> {
    const { end, lastSequence, samples, salt } = segment
    const file = await this.#open(segment)
    if (!file) {
      // Dropped while we looked: the next round sees the catalogue without it. Still listed: somebody else removed the file.
      if (this.#catalogue.all.includes(segment))
        this.#addGap(harvest, harvest.next, lastSequence, 'segment file missing', segment.createdTime)
      return
    }
    try {
      const cursor = this.#cursors.get(harvest.next)
      this.#cursors.delete(harvest.next)
      const place = cursor?.segment === segment ? cursor.place : placeBefore(segment, harvest.next)
      for await (const found of scanSegment(file, { ...place, end, lastSequence, lastSamples: samples, salt })) {
        for (const one of found) if (!(await this.#add(segment, file, harvest, one))) return
      }
    } finally {
      await file.close()
    }
  }

  async #open(segment: Segment): Promise<SpoolFile | undefined> {
    try {
      return await this.#files.open(segment.path, 'read')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }

  /** False when the harvest is full. */
  async #add(segment: Segment, file: SpoolFile, harvest: Harvest, found: Found): Promise<boolean> {
    if (found.what === 'tail') return true
    notePlace(segment, found.after)
    if (found.after.chain.sequence < harvest.next) return true
    if (found.what === 'corrupt') {
      const records = found.to - found.from + 1
      await this.#quarantine.keep(segment, file, found.offset, found.bytes, records, 'corrupt')
      const whole = found.from >= harvest.next
      this.#addGap(harvest, Math.max(found.from, harvest.next), found.to, 'corrupt', segment.createdTime, whole ? found.samples : undefined)
    } else {
      const { kind, sequence, recordedTime, payload, samples, signals, reasonSets, hash } = found.frame
      // Own memory: the caller may hand the payload's buffer to a worker.
      const seal = { samples, signals, reasonSets, hash: new Uint8Array(hash) }
      harvest.records.push({ ...this.#position, sequence, kind, recordedTime, payload: new Uint8Array(payload), seal })
      harvest.bytesLeft -= payload.length
      harvest.next = sequence + 1
    }
    if (harvest.records.length < harvest.maxRecords && harvest.bytesLeft > 0) return true
    this.#noteCursor(segment, found.after)
    return false
  }

  #noteCursor(segment: Segment, place: Place): void {
    this.#cursors.set(place.chain.sequence + 1, { segment, place })
    const oldest = this.#cursors.keys().next().value
    if (this.#cursors.size > SPOOL_LIMITS.cursors && oldest !== undefined) this.#cursors.delete(oldest)
  }

  /** A gap made while reading stands at its last sequence, so that a consumer's checkpoint passes it. */
  #addGap(harvest: Harvest, from: number, to: number, cause: string, recordedTime: number, samples?: number): void {
    const payload = new TextEncoder().encode(JSON.stringify({ from, to, cause, samples }))
    harvest.records.push({ ...this.#position, sequence: to, kind: 'gap', recordedTime, payload })
    harvest.bytesLeft -= payload.length
    harvest.next = to + 1
  }
}

/** Samples in the log before the record `sequence` of this segment; for counting what a drop costs when part of it was released. */
export async function samplesBefore(files: SpoolFiles, segment: Segment, sequence: number): Promise<number> {
  const place = placeBefore(segment, sequence)
  let samples = place.chain.samples
  const file = await files.open(segment.path, 'read')
  try {
    const range = { ...place, end: segment.end, lastSequence: sequence - 1, salt: segment.salt }
    for await (const found of scanSegment(file, range)) {
      for (const one of found) if (one.what !== 'tail') samples = one.after.chain.samples
    }
  } finally {
    await file.close()
  }
  return samples
}
