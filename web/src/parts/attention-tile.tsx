import { readDefinitions, readRecordKinds, readUnknownEquipment } from '../api.ts'
import { formatNumber } from '../format.ts'
import { attentionOf, isCalm } from '../live/attention.ts'
import { useAnswer } from '../pages/use-answer.ts'
import { hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { Mark } from './status-mark.tsx'

const AGAIN_MS = 30_000
/** Looking for unknown names goes through many records. */
const UNKNOWN_AGAIN_MS = 120_000
/** Derivations named; the rest is counted. */
const NAMED = 5

/** What about records and results wants to be looked at, a click from its cause. Nothing is shown while nothing does. */
export function AttentionTile() {
  const { locale, words } = useLanguage()
  const text = words.attention
  const kinds = useAnswer(readRecordKinds, AGAIN_MS)
  const unknown = useAnswer(readUnknownEquipment, UNKNOWN_AGAIN_MS)
  const definitions = useAnswer(readDefinitions, AGAIN_MS)
  const found = attentionOf(kinds.data, unknown.data, definitions.data)
  if (isCalm(found)) return null
  const number = (count: number) => formatNumber(count, locale)
  const items = [
    ...found.stopped.slice(0, NAMED).map((name) => [2, hrefTo('results', { of: name }), text.stopped(name)] as const),
    ...found.slow.slice(0, NAMED).map((name) => [1, hrefTo('results', { of: name }), text.slow(name)] as const),
    ...(found.quarantined > 0
      ? [[1, hrefTo('records', { view: 'quarantine' }), text.quarantined(number(found.quarantined))] as const]
      : []),
    ...(found.unknownEquipment > 0
      ? [[1, hrefTo('records', { view: 'equipment' }), text.unknown(number(found.unknownEquipment))] as const]
      : []),
  ]
  return (
    <section className={`tile attention tile-${found.stopped.length > 0 ? 1 : 3}`} aria-labelledby="attention">
      <h2 id="attention">{text.title}</h2>
      <ul className="attention-list">
        {items.map(([of, href, said]) => (
          <li key={said}>
            <Mark of={of} /> <a href={href}>{said}</a>
          </li>
        ))}
      </ul>
    </section>
  )
}
