/** Numbers per signal, `stride` of them each, that grow with the signal table. Unset ones hold `fill`. */
export class Column {
  values: Float64Array<ArrayBuffer> = new Float64Array(0)
  readonly stride: number
  readonly #fill: number

  constructor(fill: number, stride = 1) {
    this.#fill = fill
    this.stride = stride
  }

  /** Makes room for signals `0 .. signals-1`. */
  reserve(signals: number): void {
    const need = signals * this.stride
    if (need <= this.values.length) return
    const longer = new Float64Array(Math.max(need, this.values.length * 2)).fill(this.#fill, this.values.length)
    longer.set(this.values)
    this.values = longer
  }
}

/** A declared parameter per signal; absent ones are a limit that nothing exceeds, and are counted so that a rule nobody declares costs nothing. */
export class Parameter {
  readonly #column: Column
  readonly #absent: number
  #declared = 0

  constructor(absent: number) {
    this.#column = new Column(absent)
    this.#absent = absent
  }

  get values(): Float64Array<ArrayBuffer> {
    return this.#column.values
  }

  /** True when some signal declares it. */
  get isUsed(): boolean {
    return this.#declared > 0
  }

  set(signal: number, value: number | undefined): void {
    this.#column.reserve(signal + 1)
    const { values } = this.#column
    if (!Object.is(values[signal], this.#absent)) this.#declared--
    values[signal] = value ?? this.#absent
    if (!Object.is(values[signal], this.#absent)) this.#declared++
  }
}
