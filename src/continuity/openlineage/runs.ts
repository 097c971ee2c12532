import type { ContractState } from '../../core/contracts.ts'
import type { DependencyGraph, DependencyNode } from '../../core/dependencies.ts'
import type { Historian, MeasureRow } from '../../core/historian.ts'
import { HOUR, type Micros } from '../../core/time.ts'
import type { Run, RunColumn, RunDataset } from './events.ts'
import { OPEN_LINEAGE_LIMITS } from './limits.ts'

/** What runs are told from: what is stored, and what is declared. */
export interface RunSource {
  readonly site: string
  readonly graph: DependencyGraph
  readonly contracts: readonly ContractState[]
  /** Id of a signal by its index in the node's table. */
  readonly signalAt: (index: number) => string | undefined
  readonly historian: Pick<Historian, 'facts' | 'measures'>
}

type Measures = ReadonlyMap<string, MeasureRow>

/** One run per hour for each connection that delivered, and for each declaration of which something was computed in it. `hour`: its start. */
export async function runsOf(source: RunSource, hour: Micros): Promise<Run[]> {
  const { rows, truncated } = await source.historian.measures({ from: hour, to: hour + HOUR, limit: OPEN_LINEAGE_LIMITS.measures })
  const measures: Measures = new Map(rows.filter((row) => row.hour === hour && row.samples > 0).map((row) => [row.signal, row]))
  const assertions = assertionsOf(source, hour)
  const runs: Run[] = []
  for (const node of source.graph.all()) {
    const run = await runOf(source, node, hour, measures, assertions)
    if (run) runs.push(truncated ? { ...run, isTruncated: true } : run)
  }
  return runs
}

async function runOf(
  source: RunSource,
  node: DependencyNode,
  hour: Micros,
  measures: Measures,
  assertions: Assertions,
): Promise<Run | undefined> {
  const { graph } = source
  const head = { job: `${node.kind}/${node.id}`, hour }
  switch (node.kind) {
    case 'connection': {
      const brought = targets(graph, node, 'collects', 'signal').filter(({ id }) => measures.has(id))
      if (brought.length === 0) return undefined
      const from = `connection/${node.id}`
      const columns = brought.map((signal): RunColumn => ({ name: signal.id, type: 'sample', ...countsOf(measures.get(signal.id)) }))
      const outputs = byPlace(source, brought, (signal) => ({ from: [{ dataset: from, column: signal.id }] }), measures)
      return { ...head, job: `delivery/${node.id}`, type: 'DELIVERY', inputs: [{ name: from, columns, rows: sum(columns) }], outputs }
    }
    case 'derive':
    case 'window':
    case 'state': {
      const made = targets(graph, node, 'makes', 'signal').filter(({ id }) => measures.has(id))
      if (made.length === 0) return undefined
      const read = made.flatMap((signal) => sources(graph, signal))
      const outputs = byPlace(source, made, (signal) => ({ from: columnsOf(source, sources(graph, signal)) }), measures)
      return { ...head, type: 'DERIVATION', inputs: inputsOf(source, read, measures, assertions), outputs }
    }
    case 'event':
    case 'correlation':
    case 'kpi': {
      const overlapping = { from: hour, to: hour + HOUR }
      const { facts, truncated } = await source.historian.facts({ definition: node.id, overlapping, limit: OPEN_LINEAGE_LIMITS.facts })
      const count = facts.filter(({ from }) => from >= hour && from < hour + HOUR).length
      if (count === 0) return undefined
      const read = sources(graph, node)
      const from = columnsOf(source, read)
      const columns = targets(graph, node, 'has', 'field').map((field): RunColumn => ({ name: lastName(field.id), type: 'value', from }))
      const outputs = [{ name: `results/${node.id}`, columns, rows: count }]
      return {
        ...head,
        type: 'DERIVATION',
        inputs: inputsOf(source, read, measures, assertions),
        outputs,
        ...(truncated && { isTruncated: true }),
      }
    }
    default:
      return undefined
  }
}

const targets = (graph: DependencyGraph, node: DependencyNode, why: string, kind: string): DependencyNode[] =>
  graph.dependents(node).flatMap((edge) => (edge.why === why && edge.to.kind === kind ? [edge.to] : []))

/** What a signal or a result is computed from. */
const sources = (graph: DependencyGraph, node: DependencyNode): DependencyNode[] =>
  graph
    .dependencies(node)
    .flatMap(({ from }) => (['signal', 'record', 'field', 'event', 'correlation', 'kpi'].includes(from.kind) ? [from] : []))

const lastName = (id: string): string => id.slice(id.indexOf('/') + 1)

/** A signal is a column of its equipment, a field one of its kind of record or its result. */
function columnOf(site: string, node: DependencyNode, graph: DependencyGraph): { dataset: string; column: string } {
  if (node.kind === 'field') {
    const of = node.id.slice(0, node.id.indexOf('/'))
    return { dataset: `${graph.find('record', of) ? 'records' : 'results'}/${of}`, column: lastName(node.id) }
  }
  const place = node.equipment === undefined ? site : `${site}/${node.equipment}`
  return { dataset: place, column: node.id.startsWith(`${place}/`) ? node.id.slice(place.length + 1) : node.id }
}

function columnsOf({ site, graph }: RunSource, nodes: readonly DependencyNode[]): { dataset: string; column: string }[] {
  const found = nodes.flatMap((node) =>
    node.kind === 'signal' || node.kind === 'field' ? [columnOf(site, node, graph)] : [{ dataset: datasetOf(node), column: '*' }],
  )
  return [...new Map(found.map((one) => [`${one.dataset} ${one.column}`, one])).values()]
}

const datasetOf = ({ kind, id }: DependencyNode): string => (kind === 'record' ? `records/${id}` : `results/${id}`)

const countsOf = (row: MeasureRow | undefined): Pick<RunColumn, 'counts'> =>
  row ? { counts: { samples: row.samples, good: row.good, uncertain: row.uncertain, bad: row.bad } } : {}

const sum = (columns: readonly RunColumn[]): number => columns.reduce((total, { counts }) => total + (counts?.samples ?? 0), 0)

function byPlace(
  { site, graph }: RunSource,
  signals: readonly DependencyNode[],
  more: (signal: DependencyNode) => Pick<RunColumn, 'from'>,
  measures: Measures,
): RunDataset[] {
  const places = new Map<string, RunColumn[]>()
  for (const signal of new Set(signals)) {
    const { dataset, column } = columnOf(site, signal, graph)
    const known = places.get(dataset) ?? []
    places.set(dataset, known)
    known.push({ name: column, type: 'sample', ...countsOf(measures.get(signal.id)), ...more(signal) })
  }
  return [...places].map(([name, columns]) => ({ name, columns, rows: sum(columns) }))
}

function inputsOf(source: RunSource, read: readonly DependencyNode[], measures: Measures, assertions: Assertions): RunDataset[] {
  const { site, graph } = source
  const signals = read.filter(({ kind }) => kind === 'signal')
  const others = new Map<string, Map<string, RunColumn>>()
  for (const node of read) {
    if (node.kind === 'signal') continue
    const { dataset, column } = node.kind === 'field' ? columnOf(site, node, graph) : { dataset: datasetOf(node), column: undefined }
    const columns = others.get(dataset) ?? new Map<string, RunColumn>()
    others.set(dataset, columns)
    if (column !== undefined) columns.set(column, { name: column, type: 'value' })
  }
  const places = byPlace(source, signals, () => ({}), measures).map((place) => {
    const held = signals.flatMap((signal) =>
      columnOf(site, signal, graph).dataset === place.name ? (assertions.get(signal.id) ?? []) : [],
    )
    const named = new Map(held.map((one) => [JSON.stringify(one), one]))
    return { ...place, ...(named.size > 0 && { assertions: [...named.values()] }) }
  })
  return [...places, ...[...others].map(([name, columns]) => ({ name, columns: [...columns.values()] }))]
}

type Assertions = ReadonlyMap<string, NonNullable<RunDataset['assertions']>>

/**
 * What contracts promise of signals, and whether it held in that hour. Of a breach only its first and last time and some examples are kept: an hour
 * between them of which no example is kept is left out, for nobody knows.
 */
function assertionsOf({ contracts, site, graph, signalAt }: RunSource, hour: Micros): Assertions {
  const found = new Map<string, { assertion: string; success: boolean; column: string }[]>()
  const isWithin = (time: Micros) => time >= hour && time < hour + HOUR
  for (const { contract, enforced, bound, findings } of contracts) {
    if (!enforced) continue
    for (const [property, indices] of bound) {
      const own = findings.filter((one) => one.property === property)
      const isBroken = own.some(
        (one) => isWithin(one.firstTime) || isWithin(one.lastTime) || one.examples.some(({ time }) => isWithin(time)),
      )
      const isUnknown = own.some((one) => one.firstTime < hour && one.lastTime >= hour + HOUR)
      if (isUnknown && !isBroken) continue
      for (const index of indices) {
        const id = signalAt(index)
        const node = id === undefined ? undefined : graph.find('signal', id)
        // Of several signals the examples tell which one broke it; of the others nobody knows.
        const isMeant =
          !isBroken || indices.size === 1 || own.some(({ examples }) => examples.some((one) => one.signal === id && isWithin(one.time)))
        if (!node || !isMeant) continue
        const assertion = `contract ${contract.id} ${contract.version}: ${property}`
        found.set(node.id, [...(found.get(node.id) ?? []), { assertion, success: !isBroken, column: columnOf(site, node, graph).column }])
      }
    }
  }
  return found
}
