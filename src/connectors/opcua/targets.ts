import type { DataValue, NodeId } from 'node-opcua'
import { toDefinition } from '../../core/config-parts.ts'
import { fullId } from '../../core/connector.ts'
import { isSignalId } from '../../core/names.ts'
import type { DataType } from '../../core/signals.ts'
import { Status } from '../../core/status.ts'
import type { OpcuaSignal } from './config.ts'
import { compileGlob, fillTemplate } from './globs.ts'
import { type Kind, kindsOf } from './kinds.ts'
import type { Opcua } from './library.ts'
import type { Attempt } from './line.ts'
import { type Namespaces, readNamespaces } from './namespaces.ts'
import type { Session } from './services.ts'
import { readUnits } from './units.ts'
import { makeWalker } from './walk.ts'

/** One signal and the node that feeds it. */
export interface Item {
  /** Index in the signal table. */
  readonly signal: number
  readonly declared: OpcuaSignal
  readonly address: string
  readonly nodeId: NodeId | undefined
  readonly dataType: DataType
  /** Why it is not monitored; it is delivered once per connection with this status. */
  refused?: { readonly status: number; readonly reason: string }
  /** Said once per connection when its values do not fit. */
  complained?: boolean
  /** The server said something of it since it was last asked whether it still has it. */
  heard?: boolean
}

export interface Targets {
  readonly items: Item[]
  /** What could not be collected and why, one sentence each, naming the node. */
  readonly problems: string[]
}

interface Wanted {
  readonly declared: OpcuaSignal
  readonly id: string
  readonly address: string
  readonly nodeId: NodeId | undefined
}

const DATA_TYPE = 14
const VALUE_RANK = 15

/** Finds the node of every declared signal, expands globs, reads types and units, and defines the signals in the table. */
export async function resolveTargets(attempt: Attempt, session: Session): Promise<Targets> {
  const { opcua, context } = attempt
  const problems: string[] = []
  const wanted = await findNodes(attempt, session, problems)
  const reachable = wanted.filter((w): w is Wanted & { nodeId: NodeId } => w.nodeId !== undefined)
  const attributes = await session.read(
    reachable.flatMap(({ nodeId }) => [
      { nodeId, attributeId: DATA_TYPE },
      { nodeId, attributeId: VALUE_RANK },
    ]),
  )
  const types = reachable.map((_, i) => attributes[2 * i]?.value?.value as NodeId | undefined)
  const kinds = await kindsOf(
    opcua,
    session,
    types.filter((type) => type instanceof opcua.NodeId),
  )
  const kindOf = new Map<Wanted, Kind | undefined>()
  const refusalOf = new Map<Wanted, Item['refused']>()
  reachable.forEach((w, i) => {
    const kind = types[i] instanceof opcua.NodeId ? kinds.get(types[i].toString()) : undefined
    kindOf.set(w, kind)
    const refused = refusal(kind, attributes[2 * i + 1])
    if (!refused) return
    refusalOf.set(w, refused)
    problems.push(`${w.address}: ${refused.what}, so ${w.id} has no value`)
  })
  const units = await readUnits(
    opcua,
    session,
    reachable.filter((w) => kindOf.get(w)?.dataType === 'number').map((w) => w.nodeId),
  )
  const items = wanted.map((w): Item => {
    const dataType = w.declared.dataType ?? kindOf.get(w)?.dataType ?? 'number'
    const sourceUnit = w.nodeId && units.get(w.nodeId.toString())
    const unit = w.declared.unit ?? sourceUnit
    const id = fullId(context.site, w.id)
    // Beside a declared unit the server's is kept, so that a rule can compare them.
    const compared = w.declared.unit !== undefined && sourceUnit !== undefined && { sourceUnit }
    const known = { id, connection: context.connection, address: w.address, dataType, ...compared }
    const signal = context.signals.define(toDefinition(unit === undefined ? w.declared : { ...w.declared, unit }, known))
    const refused = w.nodeId ? refusalOf.get(w) : { status: Status.BadNodeIdUnknown, reason: 'node-unknown' }
    return { signal, declared: w.declared, address: w.address, nodeId: w.nodeId, dataType, ...(refused && { refused }) }
  })
  return { items, problems }
}

async function findNodes(attempt: Attempt, session: Session, problems: string[]): Promise<Wanted[]> {
  const { opcua, config } = attempt
  const namespaces = await namespacesOf(session, attempt)
  const wanted = new Map<string, Wanted>()
  for (const declared of config.signals) {
    if (declared.node === undefined) continue
    const found = toNodeId(opcua, declared.node, namespaces)
    if ('problem' in found) problems.push(`${declared.node}: ${found.problem}, so ${declared.id} has no value`)
    wanted.set(declared.id, { declared, id: declared.id, address: declared.node, nodeId: 'nodeId' in found ? found.nodeId : undefined })
  }
  const walker = makeWalker(opcua, session)
  for (const declared of config.signals) {
    if (declared.browse === undefined) continue
    const glob = compileGlob(declared.browse)
    let matches = 0
    for await (const { path, nodeId } of walker.variables(glob.mayContain, declared.browse.startsWith('Objects/Server/'))) {
      if (!glob.matches(path)) continue
      matches++
      const id = fillTemplate(declared.id, glob.between(path).join('/'), path.at(-1) ?? '')
      const taken = wanted.get(id)
      if (!isSignalId(id)) problems.push(`${nodeId}: ${path.join('/')} makes no signal id`)
      else if (!taken) wanted.set(id, { declared, id, address: nodeId.toString(), nodeId })
      else if (taken.nodeId?.toString() !== nodeId.toString()) {
        problems.push(`${nodeId}: ${path.join('/')} would be ${id}, which is already ${taken.address}; use {path} in the template`)
      }
    }
    if (matches === 0) problems.push(`${declared.browse} finds no variable at the server`)
  }
  problems.push(...walker.problems)
  return [...wanted.values()]
}

const BY_INDEX = /^ns=(\d{1,5});(.*)$/s
const BY_URI = /^nsu=([^;]+);(.*)$/s

/** Turns addresses of the file into node ids as the server numbers its namespaces now. */
async function namespacesOf(session: Session, { config, context }: Attempt): Promise<Namespaces | undefined> {
  const nodes = config.signals.flatMap(({ node }) => (node === undefined ? [] : [node]))
  if (!nodes.some((node) => BY_INDEX.test(node) || BY_URI.test(node))) return undefined
  const used = new Set(nodes.flatMap((node) => BY_INDEX.exec(node)?.[1] ?? []).map(Number))
  return readNamespaces(session, context, [...used])
}

function toNodeId(opcua: Opcua, address: string, namespaces: Namespaces | undefined): { nodeId: NodeId } | { problem: string } {
  const indexed = BY_INDEX.exec(address)
  const [, name = '', rest = ''] = indexed ?? BY_URI.exec(address) ?? []
  const place = indexed ? namespaces?.byIndex(Number(name)) : name === '' ? undefined : namespaces?.byUri(name)
  if (!place) return { nodeId: opcua.coerceNodeId(address) }
  return 'problem' in place ? place : { nodeId: opcua.coerceNodeId(`ns=${place.index};${rest}`) }
}

function refusal(kind: Kind | undefined, rank: DataValue | undefined): { status: number; reason: string; what: string } | undefined {
  const valueRank = rank?.value?.value as unknown
  if (typeof valueRank === 'number' && valueRank >= 0)
    return { status: Status.BadTypeMismatch, reason: 'array-refused', what: 'an array is not collected' }
  if (kind?.refused) return { status: Status.BadTypeMismatch, reason: kind.refused, what: `a ${kind.name} is not collected` }
  return undefined
}

/** Problems shown on the health page. */
const SHOWN = 3

/** One line for the health page: the first few problems and how many more there are. */
export function summarise(problems: readonly string[]): string | undefined {
  if (problems.length === 0) return undefined
  const more = problems.length - SHOWN
  return problems.slice(0, SHOWN).join('; ') + (more > 0 ? `; and ${more} more` : '')
}
