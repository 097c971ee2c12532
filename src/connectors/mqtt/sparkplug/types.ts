import type { DataType } from '../../../core/signals.ts'

/** Data types of Sparkplug B (specification 3.0), by number. */
export const SparkplugType = {
  Unknown: 0,
  Int8: 1,
  Int16: 2,
  Int32: 3,
  Int64: 4,
  UInt8: 5,
  UInt16: 6,
  UInt32: 7,
  UInt64: 8,
  Float: 9,
  Double: 10,
  Boolean: 11,
  String: 12,
  DateTime: 13,
  Text: 14,
  UUID: 15,
  DataSet: 16,
  Bytes: 17,
  File: 18,
  Template: 19,
} as const
export type SparkplugTypeName = Exclude<keyof typeof SparkplugType, 'Unknown'>

const NAMES = new Map<number, string>(Object.entries(SparkplugType).map(([name, type]) => [type, name]))

export function typeName(type: number): string {
  if (type >= 22 && type <= 34) return 'array'
  return NAMES.get(type) ?? `type ${type}`
}

/** How a type's value is read from the wire. `Unwanted` marks a metric that the file does not want: its data is passed over in silence. */
export const Kind = {
  Refused: 0,
  Signed8: 1,
  Signed16: 2,
  Signed32: 3,
  Signed64: 4,
  Unsigned: 5,
  Real: 6,
  Boolean: 7,
  Text: 8,
  Time: 9,
  Unwanted: 255,
} as const

/** Kind by type number; whatever is not here is refused. */
export const KINDS = Uint8Array.of(
  Kind.Refused,
  Kind.Signed8,
  Kind.Signed16,
  Kind.Signed32,
  Kind.Signed64,
  Kind.Unsigned,
  Kind.Unsigned,
  Kind.Unsigned,
  Kind.Unsigned,
  Kind.Real,
  Kind.Real,
  Kind.Boolean,
  Kind.Text,
  Kind.Time,
  Kind.Text,
  Kind.Text,
)

/** What a signal of this type holds; undefined when it cannot be one. DateTime becomes text (RFC 3339): a time is no quantity. */
export function dataTypeOf(type: number): DataType | undefined {
  const kind = KINDS[type] ?? Kind.Refused
  if (kind === Kind.Refused) return undefined
  if (kind === Kind.Boolean) return 'boolean'
  return kind >= Kind.Text ? 'text' : 'number'
}

/** Why a type is refused, as a reason beside the status. */
export function refusal(type: number): string {
  switch (type) {
    case SparkplugType.DataSet:
      return 'dataset-refused'
    case SparkplugType.Template:
      return 'structure-refused'
    case SparkplugType.Bytes:
    case SparkplugType.File:
      return 'bytes-refused'
    default:
      return type >= 22 && type <= 34 ? 'array-refused' : 'data-type-unknown'
  }
}

export type MessageType = 'NBIRTH' | 'NDEATH' | 'NDATA' | 'DBIRTH' | 'DDEATH' | 'DDATA' | 'STATE'
export const NODE_MESSAGES = ['NBIRTH', 'NDEATH', 'NDATA'] as const
export const DEVICE_MESSAGES = ['DBIRTH', 'DDEATH', 'DDATA'] as const
const NODE_TYPES = new Set<string>(NODE_MESSAGES)
const DEVICE_TYPES = new Set<string>(DEVICE_MESSAGES)

export interface SparkplugTopic {
  readonly type: MessageType
  readonly group: string
  readonly node: string
  /** Empty for the edge node itself. */
  readonly device: string
}

export const NAMESPACE = 'spBv1.0'

/** Takes a topic apart; undefined when it is none a host reads. tck-id-topic-structure-namespace-a */
export function parseTopic(topic: string): SparkplugTopic | undefined {
  const [namespace, group, type, node, device, more] = topic.split('/')
  if (namespace !== NAMESPACE || !group || type === undefined || more !== undefined) return undefined
  if (group === 'STATE' && type && node === undefined) return { type: 'STATE', group: '', node: type, device: '' }
  if (!node) return undefined
  if (NODE_TYPES.has(type)) return device === undefined ? { type: type as MessageType, group, node, device: '' } : undefined
  return DEVICE_TYPES.has(type) && device ? { type: type as MessageType, group, node, device } : undefined
}
