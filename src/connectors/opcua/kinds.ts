import type { NodeId } from 'node-opcua'
import type { DataType } from '../../core/signals.ts'
import type { Opcua } from './library.ts'
import type { Session } from './services.ts'

/** What a server's data type is for us: a kind of sample, or why it cannot be one. Undefined when the type says too little. */
export interface Kind {
  readonly dataType: DataType
  readonly refused?: 'structure-refused' | 'bytes-refused' | 'type-refused'
  /** The type's name as people know it. */
  readonly name: string
}

const number = (name: string): Kind => ({ dataType: 'number', name })
const text = (name: string): Kind => ({ dataType: 'text', name })
const refuse = (name: string, refused: Kind['refused']): Kind => ({ dataType: 'text', name, ...(refused && { refused }) })

/** By identifier in namespace 0 (OPC 10000-6, 5.1.2). Everything else derives from one of these. */
const KINDS = new Map<number, Kind>([
  [1, { dataType: 'boolean', name: 'Boolean' }],
  ...['SByte', 'Byte', 'Int16', 'UInt16', 'Int32', 'UInt32', 'Int64', 'UInt64', 'Float', 'Double'].map(
    (name, i) => [i + 2, number(name)] as const,
  ),
  [12, text('String')],
  [13, text('DateTime')],
  [14, text('Guid')],
  [15, refuse('ByteString', 'bytes-refused')],
  [16, text('XmlElement')],
  [17, refuse('NodeId', 'type-refused')],
  [18, refuse('ExpandedNodeId', 'type-refused')],
  [19, number('StatusCode')],
  [20, refuse('QualifiedName', 'type-refused')],
  [21, text('LocalizedText')],
  [22, refuse('Structure', 'structure-refused')],
  [23, refuse('DataValue', 'structure-refused')],
  [25, refuse('DiagnosticInfo', 'structure-refused')],
  [26, number('Number')],
  [27, number('Integer')],
  [28, number('UInteger')],
  [29, number('Enumeration')],
])

/** Levels a data type may be below a built-in one; deeper, or a circle, counts as unknown. */
const DEPTH = 16

/** Kinds of many data types at once: derived ones are followed up to the built-in type. */
export async function kindsOf(opcua: Opcua, session: Session, types: readonly NodeId[]): Promise<Map<string, Kind>> {
  const found = new Map<string, Kind>()
  const above = new Map<string, NodeId>()
  for (const type of types) above.set(type.toString(), type)
  for (let level = 0; level < DEPTH && above.size > 0; level++) {
    for (const [key, type] of above) {
      const kind = type.namespace === 0 && typeof type.value === 'number' ? KINDS.get(type.value) : undefined
      if (!kind) continue
      found.set(key, kind)
      above.delete(key)
    }
    const keys = [...above.keys()]
    for (let from = 0; from < keys.length; from += session.limits.browse) {
      const some = keys.slice(from, from + session.limits.browse)
      const results = await session.browse(
        some.map((key) => ({
          nodeId: above.get(key) ?? null,
          browseDirection: opcua.BrowseDirection.Inverse,
          referenceTypeId: 'i=45',
          includeSubtypes: true,
          nodeClassMask: 0,
          resultMask: 0,
        })),
        2,
      )
      some.forEach((key, i) => {
        const parent = results[i]?.references?.[0]?.nodeId
        if (parent) above.set(key, parent)
        else above.delete(key)
      })
    }
  }
  return found
}
