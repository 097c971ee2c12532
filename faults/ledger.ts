import type { LedgerView } from '../src/core/ledger.ts'
import type { NodeView } from '../src/core/node-view.ts'

/** The sums of a node's ledger that do not close, in words; empty when all do. */
export async function openSums(view: NodeView): Promise<string[]> {
  return notClosed(view.node, await view.ledger())
}

/** Each line is added up again here: what a ledger says of its own sums is not taken for granted, and a sum nobody kept does not close either. */
export function notClosed(node: string, { lines }: Pick<LedgerView, 'lines'>): string[] {
  return lines.flatMap(({ connection, unit, read, known, quarantined, destinations }) => {
    if (destinations.length === 0) return [`${node}: ${connection} has no destination`]
    return destinations.flatMap(({ destination, delivered, dropped, pending, off }) => {
      const lacks = read - (delivered + known + total(quarantined) + total(dropped) + pending)
      return lacks === 0 && off === 0 ? [] : [`${node}: ${connection} (${unit}) to ${destination} off by ${lacks === 0 ? off : lacks}`]
    })
  })
}

const total = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((sum, count) => sum + count, 0)

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
