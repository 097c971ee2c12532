import { MQTT_LIMITS } from '../limits.ts'
import { Malformed, utf8, type WireReader } from './wire.ts'

/** What is read of a metric's PropertySet. */
export interface Properties {
  /** `Quality`: 0 bad, 192 good, 500 stale. tck-id-payloads-propertyset-quality-value-value */
  quality?: number
  /** `engUnit`, the unit by convention. */
  unit?: string
}

/** Bytes of a property's text worth keeping. */
const TEXT_BYTES = 64
const NOTHING: Properties = {}

/** Reads the PropertySet between two positions; nested sets are passed over. Leaves the reader at the end of the set. */
export function readProperties(reader: WireReader, from: number, until: number): Properties {
  if (from < 0) return NOTHING
  const found: Properties = {}
  const quality = keyAt(reader, from, until, 'Quality')
  const unit = keyAt(reader, from, until, 'engUnit')
  if (quality < 0 && unit < 0) return NOTHING
  let index = 0
  reader.pos = from
  while (reader.pos < until) {
    const tag = reader.uint32()
    if (tag !== 0x12) {
      reader.skip(tag & 7)
      continue
    }
    const end = reader.span()
    if (index === quality) readValue(reader, end, found, 'quality')
    if (index === unit) readValue(reader, end, found, 'unit')
    reader.pos = end
    index++
  }
  if (reader.pos !== until) throw new Malformed('a property set is longer than it says')
  return found
}

/** Position of a key among the keys; -1 when it is not there. Keys and values are two parallel lists. */
function keyAt(reader: WireReader, from: number, until: number, key: string): number {
  let index = 0
  reader.pos = from
  while (reader.pos < until) {
    const tag = reader.uint32()
    if (tag !== 0x0a) {
      reader.skip(tag & 7)
      continue
    }
    if (reader.text(MQTT_LIMITS.nameBytes) === key) return index
    index++
  }
  return -1
}

function readValue(reader: WireReader, until: number, into: Properties, what: 'quality' | 'unit'): void {
  while (reader.pos < until) {
    const tag = reader.uint32()
    if (what === 'quality' && (tag === 0x18 || tag === 0x20)) into.quality = reader.uint()
    else if (what === 'unit' && tag === 0x42) {
      const end = reader.span()
      if (end - reader.pos <= TEXT_BYTES && end > reader.pos) into.unit = utf8(reader.bytes, reader.pos, end)
      reader.pos = end
    } else reader.skip(tag & 7)
  }
}
