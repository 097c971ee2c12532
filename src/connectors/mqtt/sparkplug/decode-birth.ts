import { MQTT_LIMITS } from '../limits.ts'
import { Field, Metric } from './metric.ts'
import { readProperties } from './properties.ts'
import { SparkplugType } from './types.ts'
import { Malformed, utf8, WireReader } from './wire.ts'

/** One metric as a birth announces it; the members of a template stand for themselves, as `template/member`. */
export interface BornMetric {
  readonly name: string
  /** -1 when it will go by its name. */
  readonly alias: number
  readonly type: number
  readonly unit?: string
}

export interface Birth {
  /** -1 when the message has none. */
  readonly seq: number
  /** -1 when there is none; devices have none. */
  readonly bdSeq: number
  readonly metrics: readonly BornMetric[]
  /** Templates that go by an alias in data. */
  readonly templates: readonly { readonly alias: number; readonly name: string }[]
  /** The payload is wrapped in another one, deflated or gzipped. */
  readonly compressed: boolean
}

/** Reads what NBIRTH and DBIRTH announce, or the bdSeq of NDEATH; the values are read by the data decoder. Throws Malformed. */
export function decodeBirth(bytes: Uint8Array): Birth {
  const reader = new WireReader()
  const metric = new Metric()
  const metrics: BornMetric[] = []
  const templates: { alias: number; name: string }[] = []
  let seq = -1
  let bdSeq = -1
  let compressed = false
  reader.load(bytes)
  while (reader.pos < bytes.length) {
    const tag = reader.uint32()
    if (tag === 0x12) {
      const until = reader.span()
      metric.read(reader, until)
      // tck-id-payloads-nbirth-bdseq
      if (metric.name(reader) === 'bdSeq') bdSeq = metric.wire === Field.long ? metric.hi * 2 ** 32 + metric.lo : metric.number
      else announce(reader, metric, '', 0, metrics, templates)
      reader.pos = until
    } else if (tag === 0x18) seq = reader.uint()
    else if (tag === 0x22) compressed = reader.text(MQTT_LIMITS.nameBytes) === 'SPBV1.0_COMPRESSED'
    else if (tag >>> 3 === 0) throw new Malformed('field number 0')
    else reader.skip(tag & 7)
    if (metrics.length > MQTT_LIMITS.metrics) throw new Malformed(`a birth has more than ${MQTT_LIMITS.metrics} metrics`)
  }
  return { seq, bdSeq, metrics, templates, compressed }
}

function announce(
  reader: WireReader,
  metric: Metric,
  prefix: string,
  depth: number,
  metrics: BornMetric[],
  templates: { alias: number; name: string }[],
): void {
  if (metric.nameFrom < 0) return
  const name = prefix + utf8(reader.bytes, metric.nameFrom, metric.nameUntil)
  if (name.length > MQTT_LIMITS.nameBytes) throw new Malformed(`a name is longer than ${MQTT_LIMITS.nameBytes} bytes`)
  const { alias, type } = metric
  if (type !== SparkplugType.Template || metric.wire !== Field.template) {
    const { unit } = readProperties(reader, metric.propertiesFrom, metric.propertiesUntil)
    metrics.push(unit === undefined ? { name, alias, type } : { name, alias, type, unit })
    return
  }
  if (depth >= MQTT_LIMITS.templateDepth) throw new Malformed(`templates are nested deeper than ${MQTT_LIMITS.templateDepth}`)
  if (alias >= 0) templates.push({ alias, name })
  const { until } = metric
  // A definition says what instances look like; it has no values. tck-id-payloads-template-definition-is-definition
  if (isDefinition(reader, metric.from, until)) return
  reader.pos = metric.from
  while (reader.pos < until) {
    const tag = reader.uint32()
    if (tag !== 0x12) {
      reader.skip(tag & 7)
      continue
    }
    const end = reader.span()
    metric.read(reader, end)
    announce(reader, metric, `${name}/`, depth + 1, metrics, templates)
    reader.pos = end
    if (metrics.length > MQTT_LIMITS.metrics) throw new Malformed(`a birth has more than ${MQTT_LIMITS.metrics} metrics`)
  }
}

/** Field 5 of Template. */
function isDefinition(reader: WireReader, from: number, until: number): boolean {
  let definition = false
  reader.pos = from
  while (reader.pos < until) {
    const tag = reader.uint32()
    if (tag === 0x28) definition = reader.uint32() !== 0
    else reader.skip(tag & 7)
  }
  return definition
}
