/** The array with one element set, grown when it is too short: to twice its length at least, so that filling it in order costs each element once. */
export function withElement(array: Uint32Array, at: number, value: number): Uint32Array {
  let target = array
  if (at >= array.length) {
    target = new Uint32Array(Math.max(at + 1, array.length * 2, 64))
    target.set(array)
  }
  target[at] = value
  return target
}
