import { useLive, useShape, useStream } from '../live/use-live.ts'
import { hrefTo } from '../router.ts'

/** A path under the site, linked to its place in the namespace where there are signals. */
export function EquipmentLink({ path }: { path: string }) {
  const { plant } = useLive()
  const { health } = useStream()
  useShape()
  const id = `${health?.site.id}/${path}`
  if (!plant.branches.byPath.has(id)) return <span>{path}</span>
  return (
    <a href={hrefTo('namespace', { at: id })} title={id}>
      {path}
    </a>
  )
}
