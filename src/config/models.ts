import { nearest } from '../lib/suggest.ts'
import { type Located, locate, type Problems } from './places.ts'
import type { ConfigWords } from './words.ts'

type Raw = Record<string, unknown>
const isMap = (value: unknown): value is Raw => typeof value === 'object' && value !== null && !Array.isArray(value)
/** Keys of a model that describe the model itself and not its signals. */
const OF_THE_MODEL = ['label', 'states']

export interface ModelContext {
  /** `models:` as written. */
  readonly models: unknown
  readonly problems: Problems
  readonly words: ConfigWords
}

/**
 * Gives every item of a connection's `signals:` that names a model the keys it does not give itself, as written, so that they are checked and read as if they
 * stood there; a problem in one is shown at the signal. Also checks what the keys say of each other.
 */
export function bindModels(connection: unknown, at: Located, context: ModelContext): unknown {
  if (!isMap(connection) || !Array.isArray(connection.signals)) return connection
  const signals = connection.signals.map((item: unknown, index) => {
    if (!isMap(item)) return item
    const place = locate(at, ['signals', index])
    const bound = bind(item, place, context)
    checkRanges(bound, place, context)
    checkStates(bound, place, context)
    return bound
  })
  return { ...connection, signals }
}

function modelOf(item: Raw, { models }: ModelContext): Raw | undefined {
  const model = isMap(models) && typeof item.model === 'string' && Object.hasOwn(models, item.model) ? models[item.model] : undefined
  return isMap(model) ? model : undefined
}

function bind(item: Raw, place: Located, context: ModelContext): Raw {
  const { models, problems, words } = context
  if (typeof item.model !== 'string') return item
  const model = modelOf(item, context)
  if (!model) {
    const known = isMap(models) ? Object.keys(models) : []
    problems.add(
      locate(place, ['model']),
      'E_UNKNOWN_MODEL',
      words.unknownModel(item.model.slice(0, 64), nearest(item.model, known), known.slice(0, 10).join(', ')),
    )
    return item
  }
  const without = Array.isArray(item.without) ? item.without : []
  without.forEach((key, index) => {
    if (typeof key === 'string' && !Object.hasOwn(model, key)) {
      problems.add(
        locate(place, ['without', index]),
        'E_UNKNOWN_KEY',
        words.unknownKey(key.slice(0, 64), nearest(key, Object.keys(model)), Object.keys(model).join(', ')),
      )
    }
  })
  const inherited = Object.entries(model).filter(([key]) => !without.includes(key) && !OF_THE_MODEL.includes(key))
  return { ...Object.fromEntries(inherited), ...item }
}

/** The engineering range lies within the instrument's: outside it nothing is measured. */
export function checkRanges(
  item: { range?: unknown; instrumentRange?: unknown },
  place: Located,
  { problems, words }: Pick<ModelContext, 'problems' | 'words'>,
): void {
  const { range, instrumentRange } = item
  if (!isPair(range) || !isPair(instrumentRange)) return
  if (range[0] >= instrumentRange[0] && range[1] <= instrumentRange[1]) return
  problems.add(locate(place, ['range']), 'E_RANGE_CONTRADICTS', words.rangeContradicts(range.join(' … '), instrumentRange.join(' … ')))
}

const isPair = (value: unknown): value is [number, number] =>
  Array.isArray(value) && value.length === 2 && value.every((limit) => typeof limit === 'number')

/** Codes map into states that exist, transitions go between them, and times are theirs. Without a model that lists states, the codes list them. */
function checkStates(item: Raw, place: Located, context: ModelContext): void {
  const { stateCodes, transitions, maxStateTime } = item
  const listed = modelOf(item, context)?.states
  const codes = isMap(stateCodes) ? stateCodes : {}
  const known = isMap(listed) ? Object.keys(listed) : Object.values(codes).filter((state) => typeof state === 'string')
  const refuse = (state: unknown, path: PropertyKey[]) => {
    if (typeof state !== 'string' || known.includes(state)) return
    const { problems, words } = context
    problems.add(locate(place, path), 'E_UNKNOWN_STATE', words.unknownState(state.slice(0, 64), nearest(state, known), known.join(', ')))
  }
  if (isMap(listed)) for (const [code, state] of Object.entries(codes)) refuse(state, ['stateCodes', code])
  if (known.length === 0) return
  for (const state of Object.keys(isMap(maxStateTime) ? maxStateTime : {})) refuse(state, ['maxStateTime', state])
  for (const [from, next] of Object.entries(isMap(transitions) ? transitions : {})) {
    refuse(from, ['transitions', from])
    for (const [index, state] of (Array.isArray(next) ? next : []).entries()) refuse(state, ['transitions', from, index])
  }
}
