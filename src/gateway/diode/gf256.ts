/**
 * The field of 256 elements that Reed–Solomon codes usually work in: bytes as polynomials over GF(2), modulo x^8 + x^4 + x^3 + x^2 + 1
 * (0x11d), in which 2 generates every element but zero.
 */
export interface Field {
  /** 2 to the power of the index, 0-509: twice the period, so that the sum of two logarithms needs no remainder. */
  readonly exp: Uint8Array
  /** The power of 2 that the index is; of no meaning at 0. */
  readonly log: Uint8Array
  multiply(a: number, b: number): number
  /** Throws RangeError for zero. */
  inverse(a: number): number
}

const POLYNOMIAL = 0x11d

export function galoisField(): Field {
  const exp = new Uint8Array(510)
  const log = new Uint8Array(256)
  for (let power = 0, element = 1; power < 255; power++) {
    exp[power] = element
    exp[power + 255] = element
    log[element] = power
    element = element & 0x80 ? (element << 1) ^ POLYNOMIAL : element << 1
  }
  const logOf = (a: number) => log[a] as number
  return {
    exp,
    log,
    multiply: (a, b) => (a === 0 || b === 0 ? 0 : (exp[logOf(a) + logOf(b)] as number)),
    inverse: (a) => {
      if (a === 0) throw new RangeError('zero has no inverse')
      return exp[255 - logOf(a)] as number
    },
  }
}

/** A matrix of field elements, row after row. */
export type Matrix = Uint8Array<ArrayBuffer>

/** `a` (rows × inner) times `b` (inner × columns). */
export function product(field: Field, a: Matrix, b: Matrix, inner: number): Matrix {
  const rows = a.length / inner
  const columns = b.length / inner
  const result = new Uint8Array(rows * columns)
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < inner; i++) {
      const factor = a[r * inner + i] as number
      if (factor !== 0) addScaled(field, result, r * columns, b, i * columns, columns, factor)
    }
  }
  return result
}

/** The inverse of a square matrix, by Gauss–Jordan elimination. Throws RangeError when there is none. */
export function inverted(field: Field, matrix: Matrix, size: number): Matrix {
  const left = matrix.slice()
  const right = new Uint8Array(size * size)
  for (let i = 0; i < size; i++) right[i * size + i] = 1
  for (let column = 0; column < size; column++) {
    let pivot = column
    while (pivot < size && left[pivot * size + column] === 0) pivot++
    if (pivot === size) throw new RangeError('the matrix has no inverse')
    for (const side of [left, right]) {
      swapRows(side, pivot, column, size)
    }
    const scale = field.inverse(left[column * size + column] as number)
    for (const side of [left, right]) {
      for (let i = column * size; i < (column + 1) * size; i++) side[i] = field.multiply(side[i] as number, scale)
    }
    for (let row = 0; row < size; row++) {
      const factor = left[row * size + column] as number
      if (row === column || factor === 0) continue
      for (const side of [left, right]) addScaled(field, side, row * size, side, column * size, size, factor)
    }
  }
  return right
}

function swapRows(matrix: Matrix, a: number, b: number, size: number): void {
  if (a === b) return
  const row = matrix.slice(a * size, (a + 1) * size)
  matrix.copyWithin(a * size, b * size, (b + 1) * size)
  matrix.set(row, b * size)
}

/** `into` += factor × `from`; adding is XOR. */
function addScaled(field: Field, into: Matrix, at: number, from: Matrix, fromAt: number, count: number, factor: number): void {
  for (let i = 0; i < count; i++) {
    into[at + i] = (into[at + i] as number) ^ field.multiply(factor, from[fromAt + i] as number)
  }
}
