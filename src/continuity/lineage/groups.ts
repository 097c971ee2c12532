import { type EquipmentConfig, placesOf } from '../../core/equipment.ts'

/** Groups that one chain shows; of more, what lies deeper is drawn together. */
const MOST = 40

export const groupOf = (connection: string, path: string): string => `${connection}:${path}`

/** The equipment that each signal is shown with: the innermost declared place, else the path before its name; shorter paths where there would be too many. */
export function pathsOf(signals: readonly string[], equipment: EquipmentConfig): ReadonlyMap<string, string> {
  let paths = new Map(signals.map((id) => [id, placesOf(id, equipment, 0).at(-1)?.path ?? id.split('/').slice(1, -1).join('/')]))
  for (;;) {
    const different = new Set(paths.values())
    if (different.size <= MOST) return paths
    const depth = Math.max(...[...different].map((path) => path.split('/').length))
    paths = new Map(
      [...paths].map(([id, path]) => [
        id,
        path
          .split('/')
          .slice(0, Math.max(0, depth - 1))
          .join('/'),
      ]),
    )
  }
}
