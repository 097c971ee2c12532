import type { SampleBatch } from '../../core/batch.ts'
import type { Fact } from '../../core/facts.ts'
import type { Passing } from '../../core/policy.ts'
import { selectRows } from '../../core/select-rows.ts'
import { GLOB_LIMITS, inputsOf, type Policy } from '../../gateway/policy/index.ts'
import { compileGlob } from '../../lib/glob.ts'
import { withElement } from '../../lib/grown.ts'

const LINKS = ['link', 'diode']

interface Named {
  readonly namesInputs: boolean
  names(passing: Passing): boolean
}

const LIST = { signal: 'signals', record: 'records', result: 'results' } as const

/**
 * Which signals are always permitted alike on every way from node to node: those that the same conduits name. A record of the log holds signals of one class only, so
 * that it can be withheld whole at this hop and at any further one that is under the same policy.
 */
export class PassingClasses {
  readonly #named: readonly Named[]
  readonly #numbers = new Map<string, number>()
  #classes: Uint32Array = new Uint32Array(0)
  readonly #idOf: (index: number) => string | undefined

  constructor({ declared }: Policy, idOf: (index: number) => string | undefined) {
    this.#idOf = idOf
    this.#named = declared.conduits
      .filter(({ transports }) => transports.some((one) => LINKS.includes(one)))
      .map((conduit) => {
        const globs = (list: readonly string[]) => list.map((glob) => compileGlob(glob, GLOB_LIMITS))
        const named = { signals: globs(conduit.signals), records: globs(conduit.records), results: globs(conduit.results) }
        const start = `${declared.site}/`
        const names = ({ kind, id }: Passing) =>
          named[LIST[kind]].some((glob) => glob(kind === 'signal' && id.startsWith(start) ? id.slice(start.length) : id))
        return { namesInputs: conduit.namesInputs, names }
      })
  }

  /** Results that the same conduits let pass, with what they say they were computed from. */
  ofResult(fact: Pick<Fact, 'definition' | 'inputs'>): string {
    const inputs = inputsOf(fact)
    const result: Passing = { kind: 'result', id: fact.definition }
    return this.#named.map((one) => (one.names(result) && (one.namesInputs || inputs.every(one.names)) ? '1' : '0')).join('')
  }

  /** Whether what lets a computed signal pass lets its definition name those it is computed from (ids, or patterns of them) as well. */
  mayName(signal: string, inputs: readonly string[]): boolean {
    return this.#named
      .filter(({ names }) => names({ kind: 'signal', id: signal }))
      .every(({ namesInputs, names }) => namesInputs || inputs.every((id) => names({ kind: 'signal', id })))
  }

  /** Of a signal by its whole id. */
  of(id: string): number {
    const key = this.#named.map(({ names }) => (names({ kind: 'signal', id }) ? '1' : '0')).join('')
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    this.#numbers.set(key, this.#numbers.size + 1)
    return this.#numbers.size
  }

  /** The batch in parts of one class each, in the order in which the classes appear; what is said of the whole batch goes with the last. */
  split(batch: SampleBatch): readonly SampleBatch[] {
    const { count, signal } = batch
    if (count === 0) return [batch]
    const first = this.#classOf(signal[0] as number)
    let same = 1
    while (same < count && this.#classOf(signal[same] as number) === first) same++
    if (same === count) return [batch]
    const rows = Map.groupBy(
      Array.from({ length: count }, (_, row) => row),
      (row) => this.#classOf(signal[row] as number),
    )
    const parts = [...rows.values()].map((some) => selectRows(batch, Uint32Array.from(some)))
    return parts.map((part, i) => (i === parts.length - 1 ? part : withoutReceipt(part)))
  }

  #classOf(index: number): number {
    const known = this.#classes[index]
    if (known) return known
    const id = this.#idOf(index)
    const found = id === undefined ? 0 : this.of(id)
    if (found > 0) this.#classes = withElement(this.#classes, index, found)
    return found
  }
}

const withoutReceipt = ({ receipt: _, ...batch }: SampleBatch): SampleBatch => batch
