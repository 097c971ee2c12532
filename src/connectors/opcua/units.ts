import type { NodeId } from 'node-opcua'
import { unitOfSource } from '../../core/units/index.ts'
import { type Opcua, statusOf } from './library.ts'
import type { Session } from './services.ts'

/** An EUInformation of a server that may be hostile. */
interface Information {
  readonly namespaceUri?: unknown
  readonly unitId?: unknown
  readonly displayName?: { readonly text?: unknown } | null
}

/**
 * Units of nodes that have an EngineeringUnits property (EUInformation, OPC 10000-8, 5.6.3), by node id, as UCUM: by its Rec 20 code,
 * else by its display name; the name itself where nobody knows the unit. A server that cannot answer leaves its values without a unit.
 */
export async function readUnits(opcua: Opcua, session: Session, nodes: readonly NodeId[]): Promise<Map<string, string>> {
  const units = new Map<string, string>()
  try {
    if (nodes.length > 0) await collect(opcua, session, nodes, units)
  } catch (error) {
    // The server answered, but not to this; a line that is down is found by whoever uses it next.
    if (statusOf(error) === undefined) throw error
  }
  return units
}

async function collect(opcua: Opcua, session: Session, nodes: readonly NodeId[], units: Map<string, string>): Promise<void> {
  const found: { node: NodeId; property: NodeId }[] = []
  const paths = nodes.map((startingNode) => ({
    startingNode,
    relativePath: {
      elements: [
        { referenceTypeId: 'i=46', isInverse: false, includeSubtypes: true, targetName: { namespaceIndex: 0, name: 'EngineeringUnits' } },
      ],
    },
  }))
  const answers = await session.translate(paths)
  answers.forEach((answer, i) => {
    const target = answer.targets?.[0]?.targetId
    const node = nodes[i]
    if (node && target && answer.statusCode.isGood()) {
      found.push({ node, property: new opcua.NodeId(target.identifierType, target.value, target.namespace) })
    }
  })
  const values = await session.read(found.map(({ property }) => ({ nodeId: property, attributeId: 13 })))
  values.forEach((answer, i) => {
    const information = answer.value?.value as Information | null | undefined
    const { namespaceUri, unitId, displayName } = information ?? {}
    const unit = unitOfSource({ namespaceUri, unitId, displayName: displayName?.text })
    const node = found[i]?.node
    if (node && unit !== undefined) units.set(node.toString(), unit)
  })
}
