import type { StoredFact } from '../../core/facts.ts'
import { HistorianBusy, QueryRefused } from '../../core/historian.ts'
import type { FactQuery, History, Series, SeriesQuery } from '../../core/history.ts'
import { seriesPart } from '../../core/series-part.ts'
import { DERIVING_LIMITS } from './limits.ts'

interface Asked<Query, Answer> {
  readonly query: Query
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

interface Facts {
  readonly facts: StoredFact[]
  readonly truncated: boolean
}

interface Span {
  readonly from: number
  readonly to: number
}

/**
 * What many ask in one turn of the event loop becomes few questions: a question costs the history about the same whether it is about one signal or a hundred.
 * Every answer is the one its own question would have had; where all together are too much, each is asked alone.
 */
export function together(history: History): History {
  return {
    series: gathering(
      (query) => history.series(query),
      seriesGroups,
      (queries) => {
        const { from, to } = spanOf(queries)
        const lookBackUs = Math.max(0, ...queries.map((one) => one.lookBackUs - (one.from - from)))
        const lookAheadUs = Math.max(0, ...queries.map((one) => (one.lookAheadUs ?? 0) - (to - one.to)))
        const signals = [...new Set(queries.flatMap((one) => one.signals))]
        const [{ asKnownAt }] = queries as [SeriesQuery]
        return {
          query: { signals, from, to, lookBackUs, lookAheadUs, ...(asKnownAt !== undefined && { asKnownAt }) },
          answers: (found) => {
            const bySignal = new Map(found.map((one) => [one.signal, one]))
            return (query) => query.signals.map((signal) => seriesPart(bySignal.get(signal) as Series, query))
          },
        }
      },
    ),
    facts: gathering(
      (query) => history.facts(query),
      factGroups,
      (queries) => {
        const [first] = queries as [FactQuery]
        const all = (of: (query: FactQuery) => string | readonly string[] | undefined) => [
          ...new Set(queries.flatMap((one) => of(one) ?? [])),
        ]
        return {
          query: {
            ...first,
            definition: all(({ definition }) => definition),
            ...(first.keys && { keys: all(({ keys }) => keys) }),
            ...(first.equipment !== undefined && { equipment: all(({ equipment }) => equipment) }),
            ...(first.overlapping && { overlapping: spanOf(queries.map(({ overlapping }) => overlapping as Span)) }),
            limit: queries.reduce((sum, { limit }) => sum + limit, 0),
          },
          answers: ({ facts, truncated }) => (truncated ? undefined : (query) => chosen(facts, query)),
        }
      },
    ),
    records: (query) => history.records(query),
  }
}

/** How several questions are one, and what of its answer is whose; undefined: it does not say. */
type Merged<Query, Answer> = { readonly query: Query; answers(found: Answer): ((query: Query) => Answer) | undefined }

function gathering<Query, Answer>(
  ask: (query: Query) => Promise<Answer>,
  groupsOf: (all: readonly Asked<Query, Answer>[]) => readonly (readonly Asked<Query, Answer>[])[],
  merge: (queries: readonly Query[]) => Merged<Query, Answer>,
): (query: Query) => Promise<Answer> {
  const alone = ({ query, resolve, reject }: Asked<Query, Answer>) => void ask(query).then(resolve, reject)
  const answer = async (group: readonly Asked<Query, Answer>[]) => {
    if (group.length === 1) return group.forEach(alone)
    const { query, answers } = merge(group.map((one) => one.query))
    try {
      const partOf = answers(await ask(query))
      for (const one of group) partOf ? one.resolve(partOf(one.query)) : alone(one)
    } catch (error) {
      const isTooMuch = error instanceof QueryRefused && !(error instanceof HistorianBusy)
      for (const one of group) isTooMuch ? alone(one) : one.reject(error)
    }
  }
  let waiting: Asked<Query, Answer>[] = []
  return (query) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0)
        setImmediate(() => {
          const all = waiting
          waiting = []
          for (const group of groupsOf(all)) void answer(group)
        })
      waiting.push({ query, resolve, reject })
    })
}

/** Those about nearly the same time: what nobody asked for is read, too. */
function seriesGroups<A>(all: readonly Asked<SeriesQuery, A>[]): Asked<SeriesQuery, A>[][] {
  return nearGroups(
    all,
    ({ asKnownAt }) => String(asKnownAt),
    (query) => query,
    ({ signals }) => signals.length,
  )
}

/** Those of one form. */
function factGroups<A>(all: readonly Asked<FactQuery, A>[]): Asked<FactQuery, A>[][] {
  const form = ({ keys, equipment, overlapping, asKnownAt, allRevisions, isWithdrawnToo, descending, newestRevisionFirst }: FactQuery) =>
    JSON.stringify([
      !!keys,
      equipment !== undefined,
      !!overlapping,
      asKnownAt,
      allRevisions,
      isWithdrawnToo,
      descending,
      newestRevisionFirst,
    ])
  return nearGroups(
    all,
    form,
    ({ overlapping }) => overlapping ?? { from: 0, to: 0 },
    ({ keys }) => keys?.length ?? 1,
  )
}

function nearGroups<Query, A>(
  all: readonly Asked<Query, A>[],
  form: (query: Query) => string,
  time: (query: Query) => Span,
  size: (query: Query) => number,
): Asked<Query, A>[][] {
  const { togetherUs, togetherNames, togetherWaste, togetherMoreUs } = DERIVING_LIMITS
  // Cost: names times time, as each was asked; together it may be a little more.
  const isCheap = (cost: number, apart: number) => cost <= togetherWaste * apart || cost - apart <= togetherMoreUs
  const groups: { readonly asked: Asked<Query, A>[]; form: string; from: number; to: number; size: number; cost: number }[] = []
  for (const one of all.toSorted((a, b) => time(a.query).from - time(b.query).from)) {
    const { from, to } = time(one.query)
    const own = { form: form(one.query), size: size(one.query), cost: size(one.query) * (to - from) }
    const group = groups.findLast((other) => {
      const size = other.size + own.size
      const span = Math.max(to, other.to) - other.from
      return other.form === own.form && size <= togetherNames && (span <= togetherUs || isCheap(size * span, other.cost + own.cost))
    })
    if (group) {
      group.asked.push(one)
      group.to = Math.max(group.to, to)
      group.size += own.size
      group.cost += own.cost
    } else groups.push({ asked: [one], from, to, ...own })
  }
  return groups.map(({ asked }) => asked)
}

const spanOf = (all: readonly Span[]): Span => ({
  from: Math.min(...all.map(({ from }) => from)),
  to: Math.max(...all.map(({ to }) => to)),
})

function chosen(facts: readonly StoredFact[], { definition, keys, equipment, overlapping, limit }: FactQuery): Facts {
  const [names, places, named] = [[definition].flat(), equipment === undefined ? undefined : [equipment].flat(), keys && new Set(keys)]
  const found = facts.filter(
    (one) =>
      names.includes(one.definition) &&
      (!named || named.has(one.key)) &&
      (!places || (one.equipment !== undefined && places.includes(one.equipment))) &&
      (!overlapping || (one.from < overlapping.to && (one.to ?? Number.POSITIVE_INFINITY) > overlapping.from)),
  )
  return { facts: found.slice(0, limit), truncated: found.length > limit }
}
