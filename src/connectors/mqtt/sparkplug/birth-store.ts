import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '../../../core/log.ts'
import { replaceFile } from '../../../lib/replace-file.ts'
import { MQTT_LIMITS } from '../limits.ts'

/** The births of one edge node, as they came. */
export interface RememberedNode {
  readonly group: string
  readonly node: string
  readonly nbirth: Uint8Array
  readonly dbirths: ReadonlyMap<string, Uint8Array>
}

interface Kept {
  readonly group: string
  readonly node: string
  nbirth: Uint8Array
  readonly dbirths: Map<string, Uint8Array>
}

const SUFFIX = '.births'

/**
 * Keeps births on disk. Data carries little more than aliases, and births are not retained at the broker: without them, messages that the broker
 * kept for us while we were restarting could not be read. What is noted is durable once `flush` resolves, before anything that needs it is acknowledged.
 */
export class BirthStore {
  readonly #folder: string
  readonly #log: Logger
  readonly #kept = new Map<string, Kept>()
  readonly #dirty = new Set<string>()

  constructor(directory: string, log: Logger) {
    this.#folder = join(directory, 'births')
    this.#log = log
  }

  /** Device empty: the node itself, whose birth ends what was known of its devices. */
  note(group: string, node: string, device: string, payload: Uint8Array): void {
    const key = `${group}/${node}`
    const kept = this.#kept.get(key)
    // The payload is a part of what came from the socket: a copy, so that one birth does not hold all of that.
    const copy = Uint8Array.from(payload)
    if (device === '') this.#kept.set(key, { group, node, nbirth: copy, dbirths: new Map() })
    else if (kept) kept.dbirths.set(device, copy)
    else return
    this.#dirty.add(key)
  }

  get pending(): boolean {
    return this.#dirty.size > 0
  }

  /** Writes what is new. A disk that does not take it costs the memory of births, not the samples: it is said, and the stream goes on. */
  async flush(): Promise<void> {
    const keys = [...this.#dirty]
    this.#dirty.clear()
    try {
      await mkdir(this.#folder, { recursive: true })
      for (const key of keys) await this.#write(key)
    } catch (error) {
      this.#log.warn({ problem: (error as Error).message }, 'births cannot be kept on disk; after a restart, data waits for new ones')
    }
  }

  /** What was kept by an earlier process. A file that cannot be read is passed over. */
  async load(): Promise<RememberedNode[]> {
    const names = await readdir(this.#folder).catch(() => [])
    for (const name of names.filter((candidate) => candidate.endsWith(SUFFIX)).slice(0, MQTT_LIMITS.nodes)) {
      try {
        const kept = parse(await readFile(join(this.#folder, name)))
        this.#kept.set(`${kept.group}/${kept.node}`, kept)
      } catch (error) {
        this.#log.warn({ file: name, problem: (error as Error).message }, 'a file of births cannot be read; it will be written anew')
      }
    }
    return [...this.#kept.values()]
  }

  async #write(key: string): Promise<void> {
    const kept = this.#kept.get(key)
    if (!kept) return
    const path = join(this.#folder, createHash('sha256').update(key).digest('hex').slice(0, 32) + SUFFIX)
    await replaceFile(path, serialize(kept))
  }
}

/** JSON with the payloads in base64, one file per edge node, and a checksum before it. */
function serialize({ group, node, nbirth, dbirths }: Kept): string {
  const body = JSON.stringify({
    group,
    node,
    nbirth: base64(nbirth),
    dbirths: [...dbirths].map(([device, payload]) => [device, base64(payload)]),
  })
  return `${checksum(body)}\n${body}`
}

function parse(bytes: Buffer): Kept {
  const text = bytes.toString('utf8')
  const line = text.indexOf('\n')
  const body = text.slice(line + 1)
  if (text.slice(0, line) !== checksum(body)) throw new Error('the checksum does not fit')
  const { group, node, nbirth, dbirths } = JSON.parse(body) as { group: string; node: string; nbirth: string; dbirths: [string, string][] }
  return { group, node, nbirth: bytesOf(nbirth), dbirths: new Map(dbirths.map(([device, payload]) => [device, bytesOf(payload)])) }
}

function checksum(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'base64')
}
