import { type Historian, QueryRefused } from '../core/historian.ts'

/** A relay stores and forwards; it keeps no history to ask for. */
export function noHistorian(): Historian {
  const nothing = async () => []
  const refuse = () => Promise.reject(new QueryRefused('this node is a relay and keeps no history: ask the hub'))
  return {
    checkpoints: nothing,
    write: async () => {},
    lastAll: nothing,
    ingests: nothing,
    definitions: nothing,
    declared: async () => undefined,
    writers: nothing,
    samples: refuse,
    aggregate: refuse,
    tally: refuse,
    series: refuse,
    records: refuse,
    facts: refuse,
    recordCounts: nothing,
    accounts: async () => ({ checkpoints: [], rows: [] }),
    quarantine: refuse,
    recordCursors: nothing,
    sql: refuse,
    measures: refuse,
    compact: async () => ({ days: 0, samples: 0, bytes: 0, removedDays: 0 }),
    stats: async () => ({ samples: 0, hotBytes: 0, coldBytes: 0, oldestTime: undefined, newestTime: undefined, problem: undefined }),
    days: refuse,
    close: async () => {},
  }
}
