import type { Connection } from '../../../src/api/schemas.ts'
import { formatNumber, labelOf } from '../format.ts'
import { hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { Mark } from './status-mark.tsx'

/** How a connection stands, in the shapes of signals. */
export function connectionStanding({ state, liveness }: Connection): 0 | 1 | 2 | 3 {
  if (liveness === 'bad' || state === 'stopped') return 2
  if (liveness === 'uncertain' || state === 'backing-off') return 1
  return liveness === 'waiting' ? 3 : 0
}

/** Bad, uncertain, waiting, sound. */
const ORDER = [3, 1, 0, 2]

/** Worst first; equals by name. */
export const worseConnection = (a: Connection, b: Connection): number =>
  ORDER[connectionStanding(a)] - ORDER[connectionStanding(b)] || (a.name < b.name ? -1 : 1)

export function ConnectionChip({ connection }: { connection: Connection }) {
  const { locale, words } = useLanguage()
  const silent = connection.state === 'connected' && connection.liveness !== 'live'
  return (
    <a className="chip" href={hrefTo('connections', { at: connection.name })}>
      <Mark of={connectionStanding(connection)} />
      <b>{labelOf(connection.label, locale) ?? connection.name}</b>
      <span>{silent ? words.connections.livenesses[connection.liveness] : words.connections.states[connection.state]}</span>
      <span className="soft">
        {formatNumber(connection.ratePerSecond, locale, 1)} {words.connections.perSecond}
      </span>
    </a>
  )
}
