import { createHash } from 'node:crypto'
import { NotConnected } from '../../core/errors.ts'
import type { JsonRows } from '../../core/json-rows.ts'
import { fault } from '../../core/peer-faults.ts'
import type { Row } from '../../core/record-source.ts'
import { follow } from '../../lib/json-path.ts'
import { addressOf, linked, nextOfHeader } from './address.ts'
import { goBack, odataLiteral } from './cursor.ts'
import { type Answer, shown } from './http.ts'
import { REST_LIMITS } from './limits.ts'
import type { FeedPlan, Position } from './plan.ts'

export interface Page extends JsonRows {
  readonly body: unknown
  readonly answer: Answer
}

/** Where a reading begins. */
export function firstAddress({ base, feed, isOdata, byPage, byOffset }: FeedPlan, position: Position): URL {
  const overlap = feed.cursor?.overlap
  const value = position.value === undefined || overlap === undefined ? position.value : goBack(position.value, overlap)
  const query: Record<string, string | number> = { ...feed.query }
  if (byPage) query[byPage.page] = byPage.first
  if (byOffset) query[byOffset.offset] = 0
  const sized = byPage ?? byOffset
  if (sized?.size !== undefined) query[sized.sizeParameter] = sized.size
  if (isOdata && feed.cursor) {
    const filter = value === undefined ? undefined : `${feed.cursor.field.replaceAll('.', '/')} ge ${odataLiteral(value)}`
    if (filter) query.$filter = query.$filter === undefined ? filter : `(${query.$filter}) and ${filter}`
    query.$orderby ??= feed.cursor.field.replaceAll('.', '/')
  } else if (feed.cursor?.parameter !== undefined && value !== undefined) query[feed.cursor.parameter] = value
  if (isOdata && feed.pageSize !== undefined && !feed.delta) query.$top = feed.pageSize
  return addressOf(base, feed.path, query)
}

/** Goes from page to page, bounded, and never to the same one twice. */
export class Walk {
  pages = 0
  readonly #plan: FeedPlan
  readonly #seen = new Set<string>()
  #lastBody = ''
  #rows = 0

  constructor(plan: FeedPlan) {
    this.#plan = plan
  }

  /** The address of the page after this one; undefined after the last. */
  next(url: URL, page: Page, from: Position): URL | undefined {
    this.pages++
    this.#rows += page.rows.length + page.unreadable.length
    this.#seen.add(url.href)
    const next = this.#after(url, page, from)
    if (!next) return undefined
    const endless = fault('pages-endless', { peer: shown(url) })
    if (next.href.length > REST_LIMITS.linkLength)
      throw new NotConnected(`${shown(url)}: the address of its next page is too long`, { fault: fault('bad-link', { peer: shown(url) }) })
    if (this.#seen.has(next.href))
      throw new NotConnected(`${shown(url)} leads round in a circle: its next page was read before`, { fault: endless })
    if (this.pages >= this.#plan.feed.maxPages)
      throw new NotConnected(`${shown(url)} has more than ${this.#plan.feed.maxPages} pages`, {
        hint: 'raise maxPages, or ask for larger pages',
        fault: endless,
      })
    return next
  }

  #after(url: URL, page: Page, from: Position): URL | undefined {
    const { byPage, byOffset, next, isOdata, feed } = this.#plan
    if (next === 'header') return optional(nextOfHeader(page.answer.headers.link as string | undefined), page)
    if (next) return optional(follow(page.body, next), page)
    const count = page.rows.length + page.unreadable.length
    if (isOdata) {
      const body = page.body as Row
      const link = optional(body['@odata.nextLink'] ?? body['@nextLink'], page)
      if (link || feed.delta || feed.pageSize === undefined || count < feed.pageSize) return link
      return this.#turned(from, '$skip', this.#rows)
    }
    const sized = byPage ?? byOffset
    if (!sized || count === 0 || (sized.until === 'short' && count < (sized.size ?? 0))) return undefined
    this.#refuseRepeated(url, page)
    return byPage ? this.#turned(from, byPage.page, byPage.first + this.pages) : this.#turned(from, byOffset?.offset ?? '', this.#rows)
  }

  /** The first address with one parameter moved on. */
  #turned(from: Position, name: string, value: number): URL {
    const { base, feed } = this.#plan
    const url = firstAddress(this.#plan, from)
    const query = Object.fromEntries(url.searchParams)
    return addressOf(base, feed.path, { ...query, [name]: value })
  }

  /** A server that does not know the parameter answers with the same page for ever. */
  #refuseRepeated(url: URL, page: Page): void {
    const body = createHash('sha256').update(page.answer.body).digest('base64')
    if (body === this.#lastBody)
      throw new NotConnected(`${shown(url)} answers two pages with the same rows`, {
        hint: 'correct the parameter under paging: the server does not heed it',
        fault: fault('pages-endless', { peer: shown(url) }),
      })
    this.#lastBody = body
  }
}

function optional(link: unknown, page: Page): URL | undefined {
  return link === undefined || link === null || link === '' ? undefined : linked(link, page.answer.url)
}
