import type { Message } from '@platformatic/kafka'
import type { BrokerMessage } from '../../core/message-rows.ts'
import { readJson } from '../../lib/exact-json.ts'
import { follow, parsePath } from '../../lib/json-path.ts'
import type { KafkaFeed } from './config.ts'
import { KAFKA_LIMITS } from './limits.ts'

/** A message of a topic with the columns that are not in its value. One without value is a deletion. */
export function asMessage(
  { key, value, headerEntries }: { key?: Buffer | null; value?: Buffer | null; headerEntries?: Message['headerEntries'] },
  feed: number,
  { columns, deletedWhen }: KafkaFeed,
): BrokerMessage {
  const header = (name: string) => text(headerEntries?.findLast(([own]) => own?.toString('utf8') === name)?.[1])
  const own: Record<string, unknown> = {}
  for (const [name, from] of Object.entries(columns ?? {})) {
    const found = 'header' in from ? header(from.header) : from.key === 'text' ? text(key) : atPath(key, from.key.json)
    if (found !== undefined && found !== null) own[name] = found
  }
  const isMarked = deletedWhen !== undefined && 'header' in deletedWhen && header(deletedWhen.header) === deletedWhen.equals
  const isTombstone = value === undefined || value === null
  return { feed, value: value ?? new Uint8Array(), columns: own, isDeletion: isTombstone || isMarked }
}

function text(bytes: Buffer | null | undefined): string | undefined {
  return bytes && bytes.length > 0 && bytes.length <= KAFKA_LIMITS.columnBytes ? bytes.toString('utf8') : undefined
}

function atPath(key: Buffer | null | undefined, path: string): unknown {
  if (!key || key.length > KAFKA_LIMITS.columnBytes) return undefined
  const read = readJson(key, { depth: 8, values: 100 })
  return 'value' in read ? follow(read.value, parsePath(path) ?? []) : undefined
}
