import type { InputSpan } from '../../core/derivation.ts'
import type { FactInput, StoredFact } from '../../core/facts.ts'
import type { StoredVersion } from '../../core/it-records.ts'
import type { NodeView } from '../../core/node-view.ts'
import type { Micros } from '../../core/time.ts'
import { CONTINUITY_LIMITS } from '../limits.ts'

/** Samples of one signal below a value: those of [from, to). */
export interface SignalBelow {
  readonly signal: string
  from: Micros
  to: Micros
  /** As those above it said; undefined: they did not count. */
  samples: number | undefined
  newestIngest: number
  /** How long a reading of it holds, as far as that is declared. */
  readonly holdUs: Micros
  /** The derivation that writes it; undefined: it is measured, or its declaration is gone. */
  derivation: string | undefined
  /** It is computed, by a declaration that is no more. */
  isOrphan: boolean
  /** Names of what it goes into: definitions of facts, derivations. */
  readonly feeds: Set<string>
}

export interface FactsBelow {
  readonly definition: string
  readonly feeds: Set<string>
  readonly facts: StoredFact[]
  /** Named as an input and found no more. */
  readonly lost: string[]
  /** Of them another revision was the newest when what is above became known: the one that was read a moment before. */
  others: number
}

export interface RecordsBelow {
  readonly kind: string
  readonly source: string
  readonly feeds: Set<string>
  readonly versions: StoredVersion[]
  readonly lost: string[]
}

/** Everything below one value, down to the samples and records it came of. */
export interface Below {
  readonly signals: Map<string, SignalBelow>
  readonly facts: Map<string, FactsBelow>
  readonly records: Map<string, RecordsBelow>
  /** There was more than the limits let in. */
  isCut: boolean
}

/** What the walk begins at: a fact, or samples of a signal. */
export type Root = { readonly fact: StoredFact } | { readonly signal: string; readonly from: Micros; readonly to: Micros }

type Parts = Pick<NodeView, 'historian' | 'originOf' | 'signals'> & { readonly asKnownAt?: Micros }

/** The connection of signals that are computed. */
const COMPUTED = 'computed'

/**
 * Follows a value down, from what is stored and declared alone: the inputs that facts name, the spans that declarations of derived signals read. Bounded in depth and
 * in what it takes in; beyond that `isCut`.
 */
export async function walkBelow(root: Root, parts: Parts): Promise<Below> {
  const below: Below = { signals: new Map(), facts: new Map(), records: new Map(), isCut: false }
  let open: readonly StoredFact[] = []
  if ('fact' in root) open = [root.fact]
  else addSignal(below, { ...root, lookBackUs: 0, lookAheadUs: 0 }, undefined, parts)
  for (let depth = 0; open.length > 0; depth++) {
    if (depth === CONTINUITY_LIMITS.depth) {
      below.isCut = true
      break
    }
    open = await factsUnder(open, below, parts)
  }
  await signalsUnder(below, parts)
  return below
}

async function factsUnder(facts: readonly StoredFact[], below: Below, parts: Parts): Promise<StoredFact[]> {
  const wanted = new Map<string, Map<string, { revision: number; known: Micros }>>()
  const records = new Map<string, { kind: string; source: string; keys: Map<string, number>; known: Micros }>()
  for (const { definition, inputs, knownTime } of facts) {
    for (const input of inputs) {
      if ('signal' in input) addInput(below, input, definition, parts)
      else if ('fact' in input) {
        const keys = wanted.get(input.fact) ?? new Map()
        wanted.set(input.fact, keys.set(input.key, { revision: input.revision, known: knownTime }))
        feed(below.facts, input.fact, { definition: input.fact, feeds: new Set(), facts: [], lost: [], others: 0 }, definition)
      } else {
        const id = `${input.record} ${input.source}`
        const some = records.get(id) ?? { kind: input.record, source: input.source, keys: new Map(), known: 0 }
        some.keys.set(input.key, input.revision)
        some.known = Math.max(some.known, knownTime)
        records.set(id, some)
        feed(below.records, id, { kind: input.record, source: input.source, feeds: new Set(), versions: [], lost: [] }, definition)
      }
    }
  }
  for (const [id, some] of records) await readRecords(below.records.get(id) as RecordsBelow, some, below, parts)
  const found: StoredFact[] = []
  for (const [definition, keys] of wanted) found.push(...(await readFacts(below.facts.get(definition) as FactsBelow, keys, below, parts)))
  return found
}

function feed<T extends { readonly feeds: Set<string> }>(all: Map<string, T>, id: string, fresh: T, above: string): void {
  const known = all.get(id) ?? fresh
  all.set(id, known)
  known.feeds.add(above)
}

async function readFacts(
  group: FactsBelow,
  keys: ReadonlyMap<string, { revision: number; known: Micros }>,
  below: Below,
  { historian }: Parts,
): Promise<StoredFact[]> {
  const known = new Set(group.facts.map(({ key }) => key))
  const room = CONTINUITY_LIMITS.facts - [...below.facts.values()].reduce((sum, { facts }) => sum + facts.length, 0)
  const fresh = [...keys.keys()].filter((key) => !known.has(key))
  const asked = fresh.slice(0, room)
  if (asked.length < fresh.length) below.isCut = true
  if (asked.length === 0) return []
  // As they were known when what is above them was computed: that is what it was computed from.
  const asKnownAt = Math.max(...asked.map((key) => keys.get(key)?.known ?? 0))
  const { facts } = await historian.facts({ definition: group.definition, keys: asked, asKnownAt, limit: asked.length })
  group.facts.push(...facts)
  const found = new Set(facts.map(({ key }) => key))
  group.lost.push(...asked.filter((key) => !found.has(key)))
  group.others += facts.filter(({ key, revision }) => keys.get(key)?.revision !== revision).length
  return facts
}

async function readRecords(
  group: RecordsBelow,
  { kind, source, keys, known }: { kind: string; source: string; keys: ReadonlyMap<string, number>; known: Micros },
  below: Below,
  { historian }: Parts,
): Promise<void> {
  const fresh = [...keys.keys()].filter((key) => !group.versions.some((one) => one.key === key))
  const asked = fresh.slice(0, CONTINUITY_LIMITS.records)
  if (asked.length < fresh.length) below.isCut = true
  if (asked.length === 0) return
  const { versions } = await historian.records({ kind, source, keys: asked, asKnownAt: known, limit: asked.length })
  group.versions.push(...versions)
  const found = new Set(versions.map(({ key }) => key))
  group.lost.push(...asked.filter((key) => !found.has(key)))
}

function addInput(below: Below, input: Extract<FactInput, { signal: string }>, above: string, parts: Parts): void {
  const { signal, from, to, samples, newestIngest } = input
  const known = addSignal(below, { signal, from, to, lookBackUs: 0, lookAheadUs: 0 }, above, parts)
  if (!known) return
  known.samples = (known.samples ?? 0) + samples
  known.newestIngest = Math.max(known.newestIngest, newestIngest)
}

function addSignal(below: Below, span: InputSpan, above: string | undefined, { originOf, signals }: Parts): SignalBelow | undefined {
  const { signal, from, to } = span
  let known = below.signals.get(signal)
  if (!known) {
    if (below.signals.size >= CONTINUITY_LIMITS.signals) {
      below.isCut = true
      return undefined
    }
    const { connection, expectedPeriodUs } = signals.at(signals.indexOf(signal) ?? -1) ?? {}
    const holdUs = expectedPeriodUs === undefined ? CONTINUITY_LIMITS.reachUs : 2 * expectedPeriodUs
    const isComputed = connection === COMPUTED
    const derivation = isComputed || connection === undefined ? originOf(signal, from)?.definition : undefined
    known = {
      ...{ signal, from, to, holdUs, derivation, samples: undefined, newestIngest: 0 },
      isOrphan: isComputed && !derivation,
      feeds: new Set(),
    }
    below.signals.set(signal, known)
  }
  known.from = Math.min(known.from, from)
  known.to = Math.max(known.to, to)
  if (above !== undefined) known.feeds.add(above)
  return known
}

/** Down from derived signals, layer by layer. */
async function signalsUnder(below: Below, parts: Parts): Promise<void> {
  let open = [...below.signals.values()].filter(({ derivation }) => derivation !== undefined)
  for (let depth = 0; open.length > 0; depth++) {
    if (depth === CONTINUITY_LIMITS.depth) {
      below.isCut = true
      return
    }
    const next = new Set<SignalBelow>()
    const exact: { span: InputSpan; above: string }[] = []
    for (const { signal, from, to, derivation } of open) {
      for (const span of spanning(parts.originOf(signal, from)?.inputs ?? [], parts.originOf(signal, to - 1)?.inputs ?? [])) {
        if (span.to - span.from <= 1) exact.push({ span, above: derivation as string })
        else {
          const one = addSignal(below, span, derivation, parts)
          if (one?.derivation !== undefined) next.add(one)
        }
      }
    }
    for (const { span, above } of await sampledAt(exact, parts)) {
      const one = addSignal(below, span, above, parts)
      if (one?.derivation !== undefined) next.add(one)
    }
    open = [...next]
  }
}

/** From the first of one list to the last of the other, input by input. */
function spanning(first: readonly InputSpan[], last: readonly InputSpan[]): InputSpan[] {
  return first.map((span, i) => ({ ...span, to: Math.max(span.to, last[i]?.to ?? span.to) }))
}

/** Where inputs count at one moment, the samples that were in force then. One that has none stays as wide as it was looked for. */
async function sampledAt(asked: readonly { span: InputSpan; above: string }[], { historian, asKnownAt }: Parts) {
  const together = Map.groupBy(asked, ({ span: { from, to, lookBackUs } }) => `${from} ${to} ${lookBackUs}`)
  const found: { span: InputSpan; above: string }[] = []
  for (const some of together.values()) {
    const { from, to, lookBackUs } = (some[0] as (typeof asked)[number]).span
    const signals = [...new Set(some.map(({ span }) => span.signal))]
    const all = await historian.series({ signals, from, to, lookBackUs, ...(asKnownAt !== undefined && { asKnownAt }) })
    const times = new Map(all.map(({ signal, count, time }) => [signal, count > 0 ? time[count - 1] : undefined]))
    for (const { span, above } of some) {
      const time = times.get(span.signal)
      found.push({ above, span: time === undefined ? { ...span, from: from - lookBackUs } : { ...span, from: time, to: time + 1 } })
    }
  }
  return found
}
