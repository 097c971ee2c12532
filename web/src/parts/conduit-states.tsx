import { type ConduitRow, standingOf } from '../live/zone-rows.ts'
import { useLanguage } from '../words/index.ts'
import { Mark } from './status-mark.tsx'

/** Shape and words of how a conduit stands: all that is wrong, or the one thing that is normal. */
export function ConduitStates({ row }: { row: Pick<ConduitRow, 'states'> }) {
  const { words } = useLanguage()
  const standing = standingOf(row)
  const wrong = row.states.filter((state) => standingOf({ states: [state] }) > 0)
  const said = (wrong.length > 0 ? wrong : row.states.slice(0, 1)).map((state) => words.zones.states[state])
  return (
    <span className="zone-states">
      {standing > 0 && <Mark of={standing} />}
      {standing > 0 ? <b>{said.join(', ')}</b> : said.join(', ')}
    </span>
  )
}

/** Days until the review, or since. */
export function ReviewDays({ daysLeft }: { daysLeft: number }) {
  const { words } = useLanguage()
  const text = words.zones
  return daysLeft < 0 ? <b>{text.overdue(String(-daysLeft))}</b> : text.daysLeft(String(daysLeft))
}

/** Who opens the connection, in a few words. */
export function Dials({ row: { direction, from, to } }: { row: Pick<ConduitRow, 'direction' | 'from' | 'to'> }) {
  const { words } = useLanguage()
  const text = words.zones
  return text.directions[direction]((direction === 'pull' ? to : from) ?? text.outside)
}
