import { compileGlob, GlobError } from '../lib/glob.ts'
import { PROCESS_LIMITS } from '../process/config.ts'
import type { LoadedConnection } from './connections.ts'
import { fallsUnsaid } from './known-signals.ts'
import { type Located, locate, type Path, type Problems } from './places.ts'
import type { EcluseConfig } from './schema.ts'
import type { ConfigWords } from './words.ts'

/** A difference that the file asks for, and the signals it may be of. */
interface Difference {
  readonly path: Path
  readonly isOf: (id: string) => boolean
}

const isDifference = (name: string): boolean => name === 'Delta' || name === 'DeltaBounds'

/**
 * Differences of signals of which nobody said whether they only count up: over a reset of a meter last less first is a number all the same, and a wrong one. One
 * warning for each place in the file.
 */
export function checkDifferences(
  config: EcluseConfig,
  connections: readonly (LoadedConnection | undefined)[],
  { at, problems, words }: { readonly at: Located; readonly problems: Problems; readonly words: ConfigWords },
): void {
  const unsaid = fallsUnsaid(connections)
  for (const { path, isOf } of [...ofProcess(config), ...ofCorrelations(config)]) {
    const id = unsaid.find(isOf)
    if (id !== undefined) problems.add(locate(at, path), 'W_MAY_BE_COUNTER', words.mayBeCounter(id))
  }
}

function* ofProcess({ windows, events }: EcluseConfig): Iterable<Difference> {
  for (const [i, one] of windows.entries()) {
    if (isDifference(one.function)) yield { path: ['windows', i, 'function'], isOf: under(one.for, one.signal) }
  }
  for (const [i, one] of events.entries()) {
    for (const [name, { signal, function: of }] of Object.entries(one.attributes)) {
      if (isDifference(of)) yield { path: ['events', i, 'attributes', name, 'function'], isOf: under(one.for, signal) }
    }
  }
}

function* ofCorrelations({ correlations, kpis }: EcluseConfig): Iterable<Difference> {
  const all = [
    ...Object.entries(correlations).map(([name, { values }]) => ({ path: ['correlations', name, 'values'], values })),
    ...Object.entries(kpis).map(([name, { inputs }]) => ({ path: ['kpis', name, 'inputs'], values: inputs })),
  ]
  for (const { path, values } of all) {
    for (const [name, value] of Object.entries(values)) {
      if (!('function' in value && isDifference(value.function))) continue
      const { signal } = value
      const isOf = signal.startsWith('./') ? (id: string) => id.endsWith(signal.slice(1)) : (id: string) => id === signal
      yield { path: [...path, name, 'function'], isOf }
    }
  }
}

/** A signal of equipment that a glob names; what is wrong with the glob is said elsewhere. */
function under(glob: string | undefined, signal: string): (id: string) => boolean {
  if (glob === undefined) return (id) => id === signal
  const tail = `/${signal}`
  try {
    const matches = compileGlob(glob, { length: PROCESS_LIMITS.globLength, alternatives: PROCESS_LIMITS.globAlternatives })
    return (id) => id.endsWith(tail) && matches(id.slice(0, -tail.length))
  } catch (error) {
    if (!(error instanceof GlobError)) throw error
    return () => false
  }
}
