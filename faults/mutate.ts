/** Numbers at which lengths, counts and indices turn over. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff]
const MOST_CHANGES = 4
const LONGEST = 4_096

/** A mutant of one or two true messages: bits, bytes, lengths, cuts, repetitions, splices. */
export function mutate(seeds: readonly Uint8Array[], random: () => number): Buffer {
  const draw = (n: number) => Math.floor(random() * n)
  const seed = () => Buffer.from(seeds[draw(seeds.length)] as Uint8Array)
  let bytes = seed()
  for (let changes = 1 + draw(MOST_CHANGES); changes > 0; changes--) {
    const at = draw(bytes.length + 1)
    switch (draw(8)) {
      case 0:
        if (at < bytes.length) bytes[at] = (bytes[at] as number) ^ (1 << draw(8))
        break
      case 1:
        if (at < bytes.length) bytes[at] = draw(256)
        break
      case 2:
        if (at + 4 <= bytes.length) bytes.writeUInt32LE(EDGES[draw(EDGES.length)] as number, at)
        break
      case 3:
        if (at + 2 <= bytes.length) bytes.writeUInt16BE((EDGES[draw(EDGES.length)] as number) & 0xffff, at)
        break
      case 4:
        bytes = bytes.subarray(0, at)
        break
      case 5: {
        const piece = bytes.subarray(at, at + 1 + draw(32))
        bytes = Buffer.concat([bytes.subarray(0, at), ...Array.from({ length: 1 + draw(16) }, () => piece), bytes.subarray(at)])
        break
      }
      case 6:
        bytes = Buffer.concat([bytes.subarray(0, at), seed().subarray(draw(bytes.length + 1))])
        break
      case 7:
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(Array.from({ length: draw(16) }, () => draw(256))), bytes.subarray(at)])
        break
    }
  }
  return Buffer.from(bytes.subarray(0, LONGEST))
}
