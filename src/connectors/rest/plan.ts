import { createHash } from 'node:crypto'
import { type JsonPath, parsePath } from '../../lib/json-path.ts'
import type { RestConfig, RestFeed, RestPaging } from './config.ts'
import type { CursorValue } from './cursor.ts'

type Paging = Exclude<RestPaging, string>

/** A feed as it is read. */
export interface FeedPlan {
  readonly feed: RestFeed
  readonly base: string
  readonly rows: JsonPath
  readonly shownRows: string
  readonly cursorField: JsonPath | undefined
  readonly isOdata: boolean
  readonly byPage: Extract<Paging, { page: string }> | undefined
  readonly byOffset: Extract<Paging, { offset: string }> | undefined
  /** Path of the next link in the answer; `header`: in the Link header. */
  readonly next: JsonPath | 'header' | undefined
  /** Changes when the request does: a position of other requests is worth nothing. */
  readonly mark: string
}

/** Where a feed goes on: after a value, or by a delta link. */
export interface Position {
  readonly value?: CursorValue
  readonly delta?: string
}

export function planFeed(config: RestConfig, feed: RestFeed): FeedPlan {
  const { paging } = feed
  const isOdata = paging === 'odata'
  const shape = typeof paging === 'object' ? paging : undefined
  const shownRows = isOdata && feed.rows === '' ? 'value' : feed.rows
  const { every: _, maxPages: __, ...asked } = feed
  return {
    feed,
    base: config.url,
    rows: parsePath(shownRows) ?? [],
    shownRows,
    cursorField: feed.cursor && parsePath(feed.cursor.field),
    isOdata,
    byPage: shape && 'page' in shape ? shape : undefined,
    byOffset: shape && 'offset' in shape ? shape : undefined,
    next: shape && 'next' in shape ? (/^link header$/i.test(shape.next) ? 'header' : parsePath(shape.next)) : undefined,
    mark: createHash('sha256')
      .update(JSON.stringify([config.url, asked]))
      .digest('hex')
      .slice(0, 16),
  }
}

export function writePosition(plan: FeedPlan, position: Position): string {
  return JSON.stringify({ mark: plan.mark, ...position })
}

/** Where to go on; from the beginning when the text is not of this feed as it is configured now. */
export function readPosition(plan: FeedPlan, text: string | undefined): Position {
  const start: Position = plan.feed.cursor?.start === undefined ? {} : { value: plan.feed.cursor.start }
  if (text === undefined) return start
  try {
    const { mark, value, delta } = JSON.parse(text) as Position & { mark?: unknown }
    if (mark !== plan.mark) return start
    if (typeof delta === 'string') return { delta }
    return typeof value === 'string' || typeof value === 'number' ? { value } : start
  } catch {
    return start
  }
}
