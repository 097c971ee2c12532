import { NotConnected } from '../../core/errors.ts'
import { pieces, rowsAt } from '../../core/json-rows.ts'
import { fault } from '../../core/peer-faults.ts'
import type { RecordDelivery, Row } from '../../core/record-source.ts'
import { readJson } from '../../lib/exact-json.ts'
import { addressOf, linked } from './address.ts'
import { type CursorValue, highest } from './cursor.ts'
import { type Answer, shown } from './http.ts'
import { REST_LIMITS } from './limits.ts'
import { changesOf } from './odata.ts'
import { type FeedPlan, type Position, writePosition } from './plan.ts'
import { firstAddress, type Page, Walk } from './walk.ts'

/** What tells an answer from the one before. */
export interface Validator {
  readonly url: string
  readonly etag?: string
  readonly lastModified?: string
}

/** A part of a reading; the last one says where the next reading goes on. */
export interface Part extends Pick<RecordDelivery, 'rows' | 'deleted' | 'snapshot' | 'cursor' | 'unreadable'> {
  readonly end?: { readonly position: Position; readonly validator?: Validator | undefined }
}

/** Asks for one page. Throws NotConnected for what is neither success nor 304, nor 410 where that says something. */
export type Ask = (url: URL, headers: Readonly<Record<string, string>>, mayBeGone: boolean) => Promise<Answer>

/** One reading of a feed, part by part, from its first page to its last. At least one part, and one with `end`, comes. Throws NotConnected. */
export async function* readFeed(plan: FeedPlan, from: Position, known: Validator | undefined, ask: Ask): AsyncGenerator<Part> {
  const { feed } = plan
  const isDelta = feed.delta && from.delta !== undefined
  // All there is, once: the first reading of a delta feed begins as a snapshot does.
  const isSnapshot = feed.snapshot || (feed.delta && !isDelta)
  const walk = new Walk(plan)
  let url: URL | undefined = isDelta ? linked(from.delta, addressOf(plan.base, '', {})) : firstAddress(plan, from)
  let best: CursorValue | undefined = from.value
  while (url) {
    const answer = await askPage(plan, url, known, ask, { isDelta, isFirst: walk.pages === 0 })
    // The server forgot what changed since (OData Protocol, 11.3): everything is read again, as a snapshot, so that deletions are found too.
    if (answer.status === 410) return yield* readFeed(plan, {}, undefined, ask)
    if (answer.status === 304) return yield { rows: [], end: { position: from, validator: known } }
    const page = readPage(plan, answer)
    if (plan.cursorField) best = highestOf(plan, page.rows, best)
    const next = walk.next(url, page, from)
    const position: Position = feed.delta ? { delta: deltaLink(page, next) } : best === undefined ? {} : { value: best }
    yield* partsOf(plan, page, { isSnapshot, end: next ? undefined : { position, validator: validatorOf(plan, answer, walk) } })
    url = next
  }
}

async function askPage(
  plan: FeedPlan,
  url: URL,
  known: Validator | undefined,
  ask: Ask,
  { isDelta, isFirst }: { isDelta: boolean; isFirst: boolean },
): Promise<Answer> {
  const headers: Record<string, string> = {}
  const same = known?.url === url.href ? known : undefined
  if (same?.etag !== undefined) headers['if-none-match'] = same.etag
  else if (same?.lastModified !== undefined) headers['if-modified-since'] = same.lastModified
  const wishes = [
    ...(plan.feed.delta && !isDelta && isFirst ? ['odata.track-changes'] : []),
    ...(plan.isOdata && plan.feed.pageSize !== undefined ? [`odata.maxpagesize=${plan.feed.pageSize}`] : []),
  ]
  if (wishes.length > 0) headers.prefer = wishes.join(', ')
  if (plan.isOdata) headers['odata-maxversion'] = '4.01'
  return ask(url, headers, isDelta && isFirst)
}

function readPage(plan: FeedPlan, answer: Answer): Page {
  const where = shown(answer.url)
  const type = answer.headers['content-type'] ?? ''
  if (type !== '' && !/\bjson\b/i.test(type))
    throw new NotConnected(`${where} does not answer with JSON`, {
      hint: 'is it a page for people, of a login perhaps? Check url, path and auth',
      fault: fault('not-json', { peer: where }),
    })
  const read = readJson(answer.body, REST_LIMITS)
  if ('problem' in read)
    throw new NotConnected(`${where} answers with what cannot be read: ${read.problem}`, {
      ...{ hint: 'check url and path', fault: fault('answer-unusable', { peer: where, detail: read.problem }) },
    })
  const rows = rowsAt(read.value, plan.rows, plan.shownRows)
  if (typeof rows === 'string')
    throw new NotConnected(`${where}: ${rows}`, {
      hint: 'correct `rows` of the feed: the path to the list in the answer',
      fault: fault('answer-unusable', { peer: where, detail: rows }),
    })
  return { ...rows, body: read.value, answer }
}

function highestOf(plan: FeedPlan, rows: readonly Row[], best: CursorValue | undefined): CursorValue | undefined {
  const found = highest(rows, plan.cursorField ?? [], best)
  if (found === undefined && rows.length > 0)
    throw new NotConnected(`no row of ${plan.feed.path} has a usable value in ${plan.feed.cursor?.field}`, {
      hint: 'correct cursor.field',
      fault: fault('no-cursor-value', { feed: plan.feed.path, field: plan.feed.cursor?.field ?? '' }),
    })
  return found
}

function deltaLink({ body, answer }: Page, next: URL | undefined): string {
  const link = (body as Row)['@odata.deltaLink'] ?? (body as Row)['@deltaLink']
  if (next) return ''
  if (link === undefined)
    throw new NotConnected(`${shown(answer.url)} gives no delta link on its last page`, {
      hint: 'the service cannot track changes here: use cursor or snapshot',
      fault: fault('no-delta', { peer: shown(answer.url) }),
    })
  return linked(link, answer.url).href
}

function validatorOf({ feed }: FeedPlan, { headers, url }: Answer, { pages }: Walk): Validator | undefined {
  // Of several pages the first one's mark says nothing about the others.
  if (pages > 1 || feed.delta) return undefined
  const { etag, 'last-modified': lastModified } = headers
  if (etag === undefined && lastModified === undefined) return undefined
  return { url: url.href, ...(etag !== undefined && { etag }), ...(lastModified !== undefined && { lastModified }) }
}

function* partsOf(plan: FeedPlan, page: Page, { isSnapshot, end }: { isSnapshot: boolean; end: Part['end'] }): Generator<Part> {
  const changes = plan.feed.delta ? changesOf(page.rows, plan.feed.key) : { rows: page.rows, deleted: [], unreadable: [] }
  const unreadable = [...page.unreadable, ...changes.unreadable]
  const rows = pieces(changes.rows)
  const deleted = isSnapshot ? [] : pieces(changes.deleted)
  const bad = pieces(unreadable)
  const count = Math.max(rows.length, deleted.length, bad.length)
  const keepsPosition = plan.feed.cursor !== undefined || plan.feed.delta
  for (let i = 0; i < count; i++) {
    const isLast = end !== undefined && i === count - 1
    const [gone, odd] = [deleted[i] ?? [], bad[i] ?? []]
    yield {
      rows: rows[i] ?? [],
      ...(gone.length > 0 && { deleted: gone }),
      ...(odd.length > 0 && { unreadable: odd }),
      ...(isSnapshot && { snapshot: { last: isLast } }),
      ...(isLast && { end, ...(keepsPosition && { cursor: writePosition(plan, end.position) }) }),
    }
  }
}
