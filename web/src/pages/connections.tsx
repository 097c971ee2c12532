import { useEffect } from 'react'
import type { Connection } from '../../../src/api/schemas.ts'
import { useStream } from '../live/use-live.ts'
import { ConnectionCard } from '../parts/connection-card.tsx'
import { connectionStanding } from '../parts/connection-chip.tsx'
import { DepthStrip } from '../parts/depth-strip.tsx'
import { useLanguage } from '../words/index.ts'

/** Bad, uncertain, waiting, sound. */
const ORDER = [3, 1, 0, 2]

const worse = (a: Connection, b: Connection): number =>
  ORDER[connectionStanding(a)] - ORDER[connectionStanding(b)] || (a.name < b.name ? -1 : 1)

export function ConnectionsPage({ at }: { at: string }) {
  const { words } = useLanguage()
  const { health } = useStream()
  useEffect(() => {
    if (at !== '') document.getElementById(`connection-${at}`)?.scrollIntoView({ block: 'start' })
  }, [at])
  if (!health) return null
  return (
    <>
      <header className="page-head">
        <h1>{words.connections.title}</h1>
        <p className="soft">{words.connections.intro}</p>
      </header>
      <DepthStrip health={health} />
      {health.connections.length === 0 && <p className="soft">{words.connections.none}</p>}
      <div className="cards">
        {health.connections.toSorted(worse).map((connection) => (
          <ConnectionCard key={connection.name} connection={connection} chosen={connection.name === at} />
        ))}
      </div>
    </>
  )
}
