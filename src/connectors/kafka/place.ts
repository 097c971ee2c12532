import { isRow } from '../../core/json-rows.ts'
import { readJson } from '../../lib/exact-json.ts'
import { KAFKA_LIMITS } from './limits.ts'

/** No id: brokers before 2.8 give topics none. */
const NO_TOPIC_ID = /^[0-]*$/

/**
 * Where our reading of a topic stands: the last offset of each partition that is on our disk. What comes again because an offset was not committed in time is
 * known by it. A topic that was removed and made anew has another id, and its offsets count from 0 again.
 */
export class Place {
  readonly #topicId: string
  readonly #offsets = new Map<number, bigint>()

  constructor(topicId: string, cursor: string | undefined) {
    this.#topicId = topicId
    const read = cursor === undefined ? undefined : readJson(cursor, { depth: 3, values: 4 * KAFKA_LIMITS.partitions })
    const known = read && 'value' in read && isRow(read.value) ? read.value : {}
    if (known.topic !== topicId || NO_TOPIC_ID.test(topicId) || !isRow(known.offsets)) return
    for (const [partition, offset] of Object.entries(known.offsets))
      if (/^\d{1,20}$/.test(String(offset))) this.#offsets.set(Number(partition), BigInt(String(offset)))
  }

  /** True when it is on our disk, or on its way there. */
  has(partition: number, offset: bigint): boolean {
    return offset <= (this.#offsets.get(partition) ?? -1n)
  }

  /** Takes a message, and says where reading stands with it. */
  take(partition: number, offset: bigint): string {
    this.#offsets.set(partition, offset)
    return JSON.stringify({
      topic: this.#topicId,
      offsets: Object.fromEntries([...this.#offsets].map(([number, last]) => [number, String(last)])),
    })
  }
}
