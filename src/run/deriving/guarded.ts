import { HistorianBusy, QueryRefused } from '../../core/historian.ts'
import type { History } from '../../core/history.ts'

/** The history does not answer just now. What asked it is not to blame, and asks again. */
export class HistoryProblem extends Error {
  override name = 'HistoryProblem'
}

/** Questions that the history is asked at once: people and pages ask it too. */
const AT_ONCE = 4

/** A history whose own failures can be told from those of what reads it; asked a few questions at once, however many derivations have some. */
export function guarded(history: History): History {
  let free = AT_ONCE
  const waiting: (() => void)[] = []
  const inTurn = async <T>(ask: () => Promise<T>): Promise<T> => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve))
    else free--
    try {
      return await ask()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free++
    }
  }
  const guard = async <T>(ask: () => Promise<T>): Promise<T> => {
    try {
      return await inTurn(ask)
    } catch (error) {
      if (error instanceof QueryRefused && !(error instanceof HistorianBusy)) throw error
      throw new HistoryProblem(error instanceof Error ? error.message : String(error), { cause: error })
    }
  }
  return {
    series: (query) => guard(() => history.series(query)),
    records: (query) => guard(() => history.records(query)),
    facts: (query) => guard(() => history.facts(query)),
  }
}

/** Answers kept for one round of questions, of which many are the same: the changes of one commit lie close together, and many ask what is there. */
const ANSWERS = 1_000

export function remembering(history: History): History {
  const answers = new Map<string, Promise<unknown>>()
  const ask = <T>(kind: string, query: object, answer: () => Promise<T>): Promise<T> => {
    const key = `${kind} ${JSON.stringify(query)}`
    const known = answers.get(key) as Promise<T> | undefined
    if (known) return known
    if (answers.size >= ANSWERS) answers.clear()
    const found = answer()
    answers.set(key, found)
    return found
  }
  return {
    series: (query) => ask('series', query, () => history.series(query)),
    records: (query) => ask('records', query, () => history.records(query)),
    facts: (query) => ask('facts', query, () => history.facts(query)),
  }
}
