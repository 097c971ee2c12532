import { useEffect } from 'react'
import { useStream } from '../live/use-live.ts'
import { ConnectionCard } from '../parts/connection-card.tsx'
import { worseConnection } from '../parts/connection-chip.tsx'
import { DepthStrip } from '../parts/depth-strip.tsx'
import { useLanguage } from '../words/index.ts'

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
        {health.connections.toSorted(worseConnection).map((connection) => (
          <ConnectionCard key={connection.name} connection={connection} chosen={connection.name === at} />
        ))}
      </div>
    </>
  )
}
