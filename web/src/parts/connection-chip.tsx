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

export function ConnectionChip({ connection }: { connection: Connection }) {
  const { locale, words } = useLanguage()
  return (
    <a className="chip" href={hrefTo('connections', { at: connection.name })}>
      <Mark of={connectionStanding(connection)} />
      <b>{labelOf(connection.label, locale) ?? connection.name}</b>
      <span>{words.connections.states[connection.state]}</span>
      <span className="soft">
        {formatNumber(connection.ratePerSecond, locale, 1)} {words.connections.perSecond}
      </span>
    </a>
  )
}
