import { type CheckStep, failedStep, type SourceContext } from '../../core/connector.ts'
import { NotConnected } from '../../core/errors.ts'
import { fault } from '../../core/peer-faults.ts'
import type { SqlFeed } from './config.ts'
import { startOf } from './cursor.ts'
import { statementOf, toNotConnected } from './records.ts'
import { toRows } from './rows.ts'
import type { Dialect, Explained, Session } from './session.ts'

interface Checked {
  readonly password?: string
  readonly records: readonly SqlFeed[]
}

const STEPS: readonly Explained['step'][] = ['tcp', 'tls', 'sign-in']

/** Reaches the database step by step, then reads the first page of each feed; the first failure ends the list. */
export async function* checkDatabase<Config extends Checked>(
  dialect: Dialect<Config>,
  config: Config,
  context: SourceContext,
  stop: AbortSignal,
): AsyncGenerator<CheckStep> {
  const { clock } = context
  const from = clock.monotonicMs()
  let session: Session
  try {
    session = await dialect.open(config, context.directory)
  } catch (error) {
    const { step } = dialect.explain(error, config)
    const reached = STEPS.indexOf(step)
    for (const passed of STEPS.slice(0, Math.max(0, reached))) yield { step: passed, ok: true, detail: dialect.place(config) }
    return yield failedStep(step === 'query' ? 'sign-in' : step, toNotConnected(dialect, error, config))
  }
  const cut = () => session.destroy()
  stop.addEventListener('abort', cut, { once: true })
  try {
    yield { step: 'tcp', ok: true, detail: dialect.place(config) }
    if (session.tls !== undefined) yield { step: 'tls', ok: true, detail: session.tls }
    yield { step: 'sign-in', ok: true, detail: 'accepted', latencyMs: clock.monotonicMs() - from }
    for (const [index, feed] of config.records.entries()) {
      const began = clock.monotonicMs()
      try {
        const detail = await firstRows(dialect, session, feed)
        yield { step: 'first rows', ok: true, detail: `${index + 1} ${feed.record}: ${detail}`, latencyMs: clock.monotonicMs() - began }
      } catch (error) {
        stop.throwIfAborted()
        return yield failedStep('first rows', toNotConnected(dialect, error, config, `feed ${index + 1} (${feed.record}): `))
      }
    }
  } finally {
    stop.removeEventListener('abort', cut)
    session.destroy()
  }
}

async function firstRows<Config>(dialect: Dialect<Config>, session: Session, feed: SqlFeed): Promise<string> {
  const pages = session.read(statementOf(dialect, feed, feed.cursor && startOf(feed.cursor.start)))
  const { value: page } = await pages.next()
  const { rows, unreadable } = toRows(page || undefined)
  await pages.return()
  const columns = page ? page.columns.map(({ name }) => name) : []
  const wanted = [...Object.values(feed.map ?? {}).filter((path) => !/[.[]/.test(path)), ...(feed.cursor ? [feed.cursor.column] : [])]
  const missing = wanted.find((name) => !columns.includes(name))
  if (missing !== undefined)
    throw new NotConnected(`the query has no column ${missing}`, {
      hint: `it has ${columns.join(', ')}`,
      fault: fault('no-column', { column: missing, known: columns.join(', ') }),
    })
  const first = unreadable[0]
  if (first) throw new NotConnected(`a row cannot be read: ${first.reason}`, { fault: fault('query-columns', { detail: first.reason }) })
  return `${rows.length} rows of ${columns.join(', ')}`
}
