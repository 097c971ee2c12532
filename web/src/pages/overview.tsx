import { useMemo } from 'react'
import { formatNumber } from '../format.ts'
import { membersOf, viewArea, worseArea } from '../live/areas.ts'
import { areasOf, totalOf, worstOf } from '../live/branches.ts'
import { useLive, useNow, useShape, useStream } from '../live/use-live.ts'
import { AreaTile } from '../parts/area-tile.tsx'
import { AttentionTile } from '../parts/attention-tile.tsx'
import { ConnectionChip, worseConnection } from '../parts/connection-chip.tsx'
import { LinkChip } from '../parts/link-panel.tsx'
import { useLanguage } from '../words/index.ts'

export function OverviewPage() {
  const { locale, words } = useLanguage()
  const { plant } = useLive()
  const { health } = useStream()
  const shape = useShape()
  const now = useNow()
  const connections = health?.connections ?? []
  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` stands for the branches, which the plant replaces when it changes
  const areas = useMemo(() => areasOf(plant.branches.root).map((branch) => ({ branch, members: membersOf(branch) })), [plant, shape])
  // biome-ignore lint/correctness/useExhaustiveDependencies: ranking once per second is enough; `now` is that beat
  const views = useMemo(() => {
    const live = new Set(health?.connections.filter(({ liveness }) => liveness === 'live').map(({ name }) => name))
    return areas.map((area) => viewArea(area, plant, live)).sort(worseArea)
  }, [areas, plant, health, now])

  const { root } = plant.branches
  const total = totalOf(root)
  const calm = total > 0 && worstOf(root) === 0
  return (
    <>
      <header className="page-head">
        <h1>{words.overview.title}</h1>
        <p className="soft">
          {words.overview.signals(formatNumber(total, locale))}
          {calm && ` · ${words.overview.normal}`}
        </p>
      </header>
      <section aria-label={words.overview.connections} className="chips">
        {connections.toSorted(worseConnection).map((connection) => (
          <ConnectionChip key={connection.name} connection={connection} />
        ))}
        {health?.link && <LinkChip link={health.link} />}
      </section>
      <AttentionTile />
      <section aria-label={words.overview.areas} className="tiles">
        {views.map((view) => (
          <AreaTile key={view.branch.path} view={view} />
        ))}
        {views.length === 0 && <p className="soft">{words.overview.empty}</p>}
      </section>
    </>
  )
}
