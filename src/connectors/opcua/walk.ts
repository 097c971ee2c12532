import type { BrowseResult, NodeId, ReferenceDescription } from 'node-opcua'
import { Status } from '../../core/status.ts'
import { asSegment } from './globs.ts'
import type { Opcua } from './library.ts'
import type { Session } from './services.ts'

/** Bounds of one walk through a server. What lies beyond is not found, and the walk says so. */
export const WALK_LIMITS = {
  /** Levels below Objects. */
  depth: 32,
  /** Objects and variables looked into. */
  nodes: 200_000,
  /** References received. */
  references: 2_000_000,
  /** References asked for per node and answer; the rest comes by continuation points. */
  referencesPerAnswer: 1_000,
} as const

export interface FoundVariable {
  /** Browse names from `Objects` on. */
  readonly path: readonly string[]
  readonly nodeId: NodeId
}

export interface Walker {
  /**
   * Variables in the order of their depth, where `enter` lets the walk in. Each node is looked into once, so circles end.
   * The Server object, with its hundreds of diagnostics, is left out unless asked for.
   */
  variables(enter: (path: readonly string[]) => boolean, withServer: boolean): AsyncGenerator<FoundVariable>
  /** Limits met so far, and nodes the server would not show, as sentences. */
  readonly problems: ReadonlySet<string>
}

interface Child {
  readonly name: string
  readonly nodeId: NodeId
  readonly isVariable: boolean
}

const OBJECTS = 'ns=0;i=85'
const SERVER = 'ns=0;i=2253'
/** Hierarchical references that describe or signal rather than contain: properties, event sources, notifiers. */
const NOT_CONTENT = new Set(['ns=0;i=46', 'ns=0;i=36', 'ns=0;i=48'])

/** Walks the address space below Objects. One walker remembers what it was told, so that several globs share the requests. */
export function makeWalker(opcua: Opcua, session: Session): Walker {
  const known = new Map<string, readonly Child[]>()
  const problems = new Set<string>()
  const spent = { references: 0 }
  const ask = (some: readonly NodeId[]) => fetchChildren(opcua, session, some, known, problems, spent)
  return {
    problems,
    async *variables(enter, withServer) {
      let level: { path: readonly string[]; nodeId: NodeId }[] = [{ path: ['Objects'], nodeId: opcua.resolveNodeId(OBJECTS) }]
      const entered = new Set<string>(withServer ? [OBJECTS] : [OBJECTS, SERVER])
      for (let depth = 0; level.length > 0; depth++) {
        if (depth >= WALK_LIMITS.depth) {
          problems.add(`nothing deeper than ${WALK_LIMITS.depth} levels was looked at`)
          return
        }
        const next: typeof level = []
        for (let from = 0; from < level.length; from += session.limits.browse) {
          const some = level.slice(from, from + session.limits.browse)
          await ask(some.map((one) => one.nodeId).filter((nodeId) => !known.has(nodeId.toString())))
          for (const { path, nodeId } of some) {
            for (const child of known.get(nodeId.toString()) ?? []) {
              const below = [...path, child.name]
              if (child.isVariable) yield { path: below, nodeId: child.nodeId }
              const key = child.nodeId.toString()
              if (entered.has(key) || !enter(below)) continue
              if (entered.size >= WALK_LIMITS.nodes) {
                problems.add(`only the first ${WALK_LIMITS.nodes} nodes were looked at`)
                continue
              }
              entered.add(key)
              next.push({ path: below, nodeId: child.nodeId })
            }
          }
        }
        level = next
      }
    },
  }
}

async function fetchChildren(
  opcua: Opcua,
  session: Session,
  nodes: readonly NodeId[],
  known: Map<string, readonly Child[]>,
  problems: Set<string>,
  spent: { references: number },
): Promise<void> {
  if (nodes.length === 0) return
  if (spent.references >= WALK_LIMITS.references) {
    problems.add(`only the first ${WALK_LIMITS.references} references were followed`)
    return
  }
  const results = await session.browse(
    nodes.map((nodeId) => describe(opcua, nodeId)),
    WALK_LIMITS.referencesPerAnswer,
  )
  for (const [i, nodeId] of nodes.entries()) {
    let result: BrowseResult | undefined = results[i]
    // The server ran out of continuation points for so many nodes at once: this one alone.
    if (result?.statusCode.value === Status.BadNoContinuationPoints) {
      result = (await session.browse([describe(opcua, nodeId)], WALK_LIMITS.referencesPerAnswer))[0]
    }
    if (!result || result.statusCode.isNotGood()) problems.add(`${nodeId} cannot be browsed: ${result?.statusCode.name ?? 'no answer'}`)
    const references = await allReferences(session, result, problems, spent)
    known.set(nodeId.toString(), toChildren(opcua, references))
  }
}

function describe(opcua: Opcua, nodeId: NodeId) {
  return {
    nodeId,
    browseDirection: opcua.BrowseDirection.Forward,
    referenceTypeId: 'i=33',
    includeSubtypes: true,
    nodeClassMask: 1 | 2,
    // Reference type, node class, browse name.
    resultMask: 1 | 4 | 8,
  }
}

async function allReferences(
  session: Session,
  first: BrowseResult | undefined,
  problems: Set<string>,
  spent: { references: number },
): Promise<ReferenceDescription[]> {
  const all = [...(first?.references ?? [])]
  spent.references += all.length
  let point = first?.continuationPoint
  while (point && point.length > 0) {
    const over = spent.references >= WALK_LIMITS.references
    if (over) problems.add(`only the first ${WALK_LIMITS.references} references were followed`)
    const [more]: (BrowseResult | undefined)[] = await session.browseNext([point], over)
    if (over || !more) break
    const references = more.references ?? []
    // A server that says "there is more" and sends nothing would hold us for ever.
    spent.references += Math.max(1, references.length)
    for (const reference of references) all.push(reference)
    point = more.continuationPoint
  }
  return all
}

function toChildren(opcua: Opcua, references: readonly ReferenceDescription[]): Child[] {
  const children: Child[] = []
  for (const r of references) {
    // A node on another server has no value here.
    if (NOT_CONTENT.has(r.referenceTypeId.toString()) || r.nodeId.serverIndex) continue
    const name = r.browseName.name ?? ''
    if (name === '') continue
    const nodeId = new opcua.NodeId(r.nodeId.identifierType, r.nodeId.value, r.nodeId.namespace)
    children.push({ name: asSegment(name), nodeId, isVariable: r.nodeClass === opcua.NodeClass.Variable })
  }
  return children
}
