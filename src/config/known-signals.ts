import { z } from 'zod'
import type { KnownSignal, KnownSignals } from '../govern/contracts/config.ts'
import type { LoadedConnection } from './connections.ts'

/** What every connector's `signals:` have in common; what is not there or is written otherwise is not known. */
const listed = z.object({
  id: z.string(),
  unit: z.string().optional().catch(undefined),
  range: z.tuple([z.number(), z.number()]).optional().catch(undefined),
  states: z.array(z.string()).optional().catch(undefined),
})
const listing = z.object({ signals: z.array(z.unknown()).catch([]), discover: z.boolean().optional().catch(undefined) })

/** The signals that the file declares by id, and where devices may bring others (templates, discovery, a connection that cannot be read). */
export function knownSignals(connections: readonly (LoadedConnection | undefined)[]): KnownSignals {
  const declared = new Map<string, KnownSignal>()
  const open = new Set<string>()
  for (const connection of connections) {
    const config = listing.safeParse(connection?.config)
    if (!config.success || config.data.discover) open.add('')
    for (const item of config.data?.signals ?? []) {
      const { data } = listed.safeParse(item)
      if (!data) continue
      const template = data.id.indexOf('{')
      if (template >= 0) open.add(data.id.slice(0, template))
      else declared.set(data.id, data)
    }
  }
  return { declared, open: [...open] }
}
