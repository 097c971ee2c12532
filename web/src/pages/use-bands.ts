import { useCallback, useMemo } from 'react'
import type { DefinitionList, RecordKindList } from '../../../src/api/schemas.ts'
import { readDefinitions, readFacts, readRecordKinds, readRecords } from '../api.ts'
import { labelOf } from '../format.ts'
import { type Band, bandOfFact, bandsOfRecords, type LaneChoice, laneChoices, shownBands } from '../live/bands.ts'
import { useLanguage } from '../words/index.ts'
import { useAnswer } from './use-answer.ts'

const AGAIN_MS = 60_000
/** Facts of each definition, and records of each kind, that are drawn over a trend. */
const MOST = 300
/** Definitions, and kinds, that are looked into. */
const SOURCES = 32
/** The end of a trend that is followed moves; bands are read again for steps of it. */
const STEP_S = 60

export interface Bands {
  readonly choices: readonly LaneChoice[]
  /** Those of the chosen lanes. */
  readonly bands: readonly Band[]
  readonly lanesShown: readonly { lane: string; title: string }[]
  named(lane: string): string
}

const nothing = async () => ({ ok: true as const, data: undefined })

/** Events, correlations and records that touch the window of a trend; nothing is asked for until `isOpen`. */
export function useBands(signal: string, seconds: number, end: number, lanes: readonly string[], isOpen: boolean): Bands {
  const { locale } = useLanguage()
  const definitions = useAnswer<DefinitionList | undefined>(isOpen ? readDefinitions : nothing, AGAIN_MS)
  const kinds = useAnswer<RecordKindList | undefined>(isOpen ? readRecordKinds : nothing, AGAIN_MS)
  const facts = (definitions.data?.definitions ?? []).filter(({ type }) => type === 'event' || type === 'join').slice(0, SOURCES)
  const records = (kinds.data?.kinds ?? []).filter(({ validity }) => validity !== undefined).slice(0, SOURCES)
  const names = [facts, records].map((all) => all.map(({ name }) => name).join('\n')).join('\t')
  const step = Math.ceil(end / STEP_S) * STEP_S
  const read = useCallback(async () => {
    const [factNames, recordNames] = names.split('\t').map((all) => all.split('\n').filter(Boolean))
    const period = { from: new Date((step - STEP_S - seconds) * 1000).toISOString(), to: new Date(step * 1000).toISOString() }
    const found: Band[] = []
    if (step === 0) return { ok: true as const, data: found }
    if (factNames.length > 0) {
      const answer = await readFacts({ definition: factNames, ...period, order: 'newest', limit: MOST })
      if (!answer.ok) return answer
      found.push(...answer.data.facts.map(bandOfFact))
    }
    for (const kind of recordNames) {
      const answer = await readRecords({ kind, ...period, limit: MOST })
      if (!answer.ok) return answer
      found.push(...bandsOfRecords(answer.data.records))
    }
    return { ok: true as const, data: found }
  }, [names, step, seconds])
  const found = useAnswer(read, AGAIN_MS).data
  const lanesKey = lanes.join('\n')
  const choices = laneChoices(facts, records, found ?? [], signal)
  const titles = new Map(choices.map(({ lane, name, label }) => [lane, labelOf(label, locale) ?? name]))
  const titlesKey = JSON.stringify([...titles])
  const bands = useMemo(() => shownBands(found ?? [], lanesKey.split('\n').filter(Boolean), signal), [found, lanesKey, signal])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the keys stand for what they are made of, so that the chart is drawn anew only when it must
  const lanesShown = useMemo(
    () => lanes.map((lane) => ({ lane, title: titles.get(lane) ?? lane.replace(/^\w+:/, '') })),
    [lanesKey, titlesKey],
  )
  return { choices, bands, lanesShown, named: (lane) => titles.get(lane) ?? lane }
}
