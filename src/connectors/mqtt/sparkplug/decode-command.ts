import { Field, Metric } from './metric.ts'
import { WireReader } from './wire.ts'

/** What an edge node needs of NCMD: whether it asks for a rebirth. Throws Malformed. tck-id-operational-behavior-data-commands-rebirth-name */
export function decodeCommand(bytes: Uint8Array): { rebirth: boolean } {
  const reader = new WireReader()
  const metric = new Metric()
  let rebirth = false
  reader.load(bytes)
  while (reader.pos < bytes.length) {
    const tag = reader.uint32()
    if (tag !== 0x12) {
      reader.skip(tag & 7)
      continue
    }
    metric.read(reader, reader.span())
    if (metric.name(reader) === 'Node Control/Rebirth' && metric.wire === Field.boolean && metric.number === 1) rebirth = true
  }
  return { rebirth }
}
