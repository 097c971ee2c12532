import type { LedgerView } from '../src/core/ledger.ts'
import type { NodeView } from '../src/core/node-view.ts'

/** The sums of a node's ledger that do not close, in words; empty when all do. */
export async function openSums(view: NodeView): Promise<string[]> {
  const { lines } = await view.ledger()
  return lines.flatMap(({ connection, destinations }) =>
    destinations.flatMap(({ destination, off }) => (off === 0 ? [] : [`${view.node}: ${connection} to ${destination} off by ${off}`])),
  )
}

/** Where an edge and its hub do not say the same: what the edge's link delivered, and what the hub's historian has of it. Both have settled. */
export async function disagreements(edge: NodeView, hub: NodeView): Promise<string[]> {
  const sent = byConnection(await edge.ledger(), 'link', edge.node)
  const stored = byConnection(await hub.ledger(), 'historian', edge.node)
  return [...new Set([...sent.keys(), ...stored.keys()])].flatMap((name) => {
    const [there, here] = [sent.get(name) ?? 0, stored.get(name) ?? 0]
    return there === here ? [] : [`${edge.node}: ${name} sent ${there}, the hub has ${here}`]
  })
}

function byConnection({ lines }: LedgerView, destination: string, node: string): Map<string, number> {
  const found = new Map<string, number>()
  for (const line of lines) {
    const to = line.destinations.find((one) => one.destination === destination)
    if (line.node === node && to && to.delivered > 0) found.set(`${line.connection} ${line.unit}`, to.delivered)
  }
  return found
}
