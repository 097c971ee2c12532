import { useLive, useShape, useStream } from '../live/use-live.ts'
import { hrefTo } from '../router.ts'

/** A path under the site, linked to its place in the namespace where there are signals. In a grid the Tab key passes it by: the grid is one stop. */
export function EquipmentLink({ path, isInGrid = false }: { path: string; isInGrid?: boolean }) {
  const { plant } = useLive()
  const { health } = useStream()
  useShape()
  const id = `${health?.site.id}/${path}`
  if (!plant.branches.byPath.has(id)) return <span>{path}</span>
  return (
    <a href={hrefTo('namespace', { at: id })} title={id} tabIndex={isInGrid ? -1 : undefined}>
      {path}
    </a>
  )
}
