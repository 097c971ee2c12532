import { MQTT_LIMITS } from '../limits.ts'
import { Malformed, utf8, type WireReader } from './wire.ts'

/** Fields of the protobuf message Metric that hold its value; `wire` of a metric is one of these, 0 when there is none. */
export const Field = { int: 10, long: 11, float: 12, double: 13, boolean: 14, string: 15, bytes: 16, dataset: 17, template: 18 } as const
export const Flag = { historical: 1, transient: 2, null: 4 } as const

/**
 * One metric as it stands in the bytes. One object is filled again and again: reading a metric allocates nothing.
 * Ranges (name, text, properties, template) are positions in the reader's bytes; -1 where the field is absent.
 */
export class Metric {
  alias = -1
  /** Milliseconds; -1 when the metric has no time of its own. */
  timeMs = -1
  type = 0
  flags = 0
  wire = 0
  number = 0
  lo = 0
  hi = 0
  nameFrom = -1
  nameUntil = -1
  from = -1
  until = -1
  propertiesFrom = -1
  propertiesUntil = -1

  /** Reads the metric that ends at `until`, and leaves the reader there. The later of repeated fields wins, as protobuf says. */
  read(reader: WireReader, until: number): void {
    this.alias = -1
    this.timeMs = -1
    this.type = 0
    this.flags = 0
    this.wire = 0
    this.nameFrom = -1
    this.propertiesFrom = -1
    while (reader.pos < until) {
      const tag = reader.uint32()
      switch (tag) {
        case 0x10:
          this.alias = reader.uint()
          break
        case 0x18:
          this.timeMs = reader.uint()
          break
        case 0x20:
          this.type = reader.uint32()
          break
        case 0x50:
          this.wire = Field.int
          this.number = reader.uint32()
          break
        case 0x58:
          this.wire = Field.long
          reader.uint64()
          this.lo = reader.lo
          this.hi = reader.hi
          break
        case 0x65:
          this.wire = Field.float
          this.number = reader.float()
          break
        case 0x69:
          this.wire = Field.double
          this.number = reader.double()
          break
        case 0x70:
          this.wire = Field.boolean
          this.number = reader.uint32() === 0 ? 0 : 1
          break
        default:
          this.#seldom(reader, tag)
      }
    }
    if (reader.pos !== until) throw new Malformed('a metric is longer than it says')
  }

  #seldom(reader: WireReader, tag: number): void {
    switch (tag) {
      case 0x28:
        this.#flag(reader, Flag.historical)
        return
      case 0x30:
        this.#flag(reader, Flag.transient)
        return
      case 0x38:
        this.#flag(reader, Flag.null)
        return
    }
    const field = tag >>> 3
    const wanted = field === 1 || field === 9 || (field >= Field.string && field <= Field.template)
    if (!wanted || (tag & 7) !== 2) {
      if (field === 0) throw new Malformed('field number 0')
      reader.skip(tag & 7)
      return
    }
    const until = reader.span()
    const from = reader.pos
    reader.pos = until
    if (field === 1) {
      if (until - from > MQTT_LIMITS.nameBytes) throw new Malformed(`a name is longer than ${MQTT_LIMITS.nameBytes} bytes`)
      this.nameFrom = from
      this.nameUntil = until
    } else if (field === 9) {
      this.propertiesFrom = from
      this.propertiesUntil = until
    } else {
      this.wire = field
      this.from = from
      this.until = until
    }
  }

  #flag(reader: WireReader, flag: number): void {
    if (reader.uint32() === 0) this.flags &= ~flag
    else this.flags |= flag
  }

  /** The name, or undefined where the metric goes by its alias only. */
  name(reader: WireReader): string | undefined {
    return this.nameFrom < 0 ? undefined : utf8(reader.bytes, this.nameFrom, this.nameUntil)
  }
}
