import { isDeepStrictEqual } from 'node:util'
import type { LintResult, LoadedConfig, Path } from '../../config/index.ts'
import { changesBetween, type Plan, planOf, type Refusal } from '../../continuity/plan/index.ts'
import type { DependencyKind, DependencyNode } from '../../core/dependencies.ts'
import type { ConfigProblem } from '../../core/errors.ts'
import type { SignalDefinition } from '../../core/signals.ts'
import { type ContractChange, diffContracts } from '../../govern/contracts/index.ts'
import { declarationId, dependenciesOf } from '../dependencies.ts'
import { type ConnectionLoad, loadsOf } from './load.ts'
import { thingsOf } from './things.ts'

/** A contract that is not as it was, or that something breaks. */
export interface TouchedContract {
  readonly id: string
  readonly version: string
  readonly otOwner: string | undefined
  readonly itOwner: string | undefined
  /** Of the contract itself. */
  readonly changes: readonly ContractChange[]
  readonly isBroken: boolean
}

export interface ConfigurationPlan extends Plan {
  readonly before: string
  readonly after: string
  readonly contracts: readonly TouchedContract[]
  readonly load: readonly {
    readonly connection: string
    readonly before: ConnectionLoad | undefined
    readonly after: ConnectionLoad | undefined
  }[]
  /** What lint says of the new file and did not say of the old one. */
  readonly problems: readonly ConfigProblem[]
}

/** What a new configuration does to everything that depends on the old one. `live`: signals that the running node knows besides. */
export function compareConfigurations(
  before: { readonly loaded: LoadedConfig; readonly problems: readonly ConfigProblem[] },
  after: LintResult & { readonly understood: LoadedConfig },
  live: readonly SignalDefinition[] = [],
): ConfigurationPlan {
  const [old, next] = [before.loaded, after.understood]
  const known = new Set(before.problems.map(({ code, message }) => `${code} ${message}`))
  const problems = after.problems.filter(({ code, message }) => !known.has(`${code} ${message}`))
  const changes = changesBetween(thingsOf(old), thingsOf(next))
  const refusals = problems.filter(({ level }) => level === 'error').flatMap((problem) => refusalOf(problem, after))
  // A signal that the device brought comes again, unless the file took its connection away.
  const stays = live.filter(({ connection }) => next.connections.some(({ name }) => name === connection))
  const plan = planOf({ before: dependenciesOf(old, live), after: dependenciesOf(next, withoutDeclared(stays, old)), changes, refusals })
  return {
    ...{ before: old.version, after: next.version, ...plan, problems },
    contracts: contractsOf(old, next, plan),
    load: loads(old, next),
  }
}

/** What the old file declared by id comes from the file alone: where the new one does not, it is gone. */
function withoutDeclared(live: readonly SignalDefinition[], old: LoadedConfig): SignalDefinition[] {
  const declared = new Set(thingsOf(old).flatMap(({ kind, id }) => (kind === 'signal' ? [id] : [])))
  return live.filter(({ id }) => !declared.has(id))
}

/** The thing in which lint found something. */
function refusalOf(problem: ConfigProblem, { understood, pathOf }: LintResult): Refusal[] {
  if (!understood) return []
  const contract = understood.contracts.find(({ file }) => file === problem.file)
  const node = contract ? ({ kind: 'contract', id: contract.id } as const) : nodeAt(pathOf(problem) ?? [], understood)
  return node ? [{ node, message: problem.message }] : []
}

const LISTS: Readonly<Record<string, DependencyKind>> = { derive: 'derive', windows: 'window', states: 'state', events: 'event' }
const MAPS: Readonly<Record<string, DependencyKind>> = {
  ...{ models: 'model', equipment: 'equipment', correlations: 'correlation', kpis: 'kpi', peers: 'peer', records: 'record' },
}

function nodeAt([section, at, ...rest]: Path, { config, canonical }: LoadedConfig): Pick<DependencyNode, 'kind' | 'id'> | undefined {
  const kind = LISTS[String(section)]
  if (kind) {
    const one = config[section as 'derive'][at as number]
    if (!one) return undefined
    const window = 'window' in one ? (one.window as object) : {}
    return kind === 'event' || 'session' in window || 'state' in window ? { kind: 'event', id: one.id } : { kind, id: declarationId(one) }
  }
  if (section === 'substitutes') return { kind: 'signal', id: `${config.site.id}/${String(at)}` }
  if (section === 'connections') {
    const list = (canonical.connections as Record<string, { signals?: { id?: unknown }[] }> | undefined)?.[String(at)]?.signals
    const id = rest[0] === 'signals' && typeof rest[1] === 'number' ? list?.[rest[1]]?.id : undefined
    return typeof id === 'string' ? { kind: 'signal', id: `${config.site.id}/${id}` } : { kind: 'connection', id: String(at) }
  }
  const named = MAPS[String(section)]
  return named && { kind: named, id: String(at) }
}

function contractsOf(old: LoadedConfig, next: LoadedConfig, plan: Plan): TouchedContract[] {
  const broken = new Set(plan.breaks.flatMap(({ node }) => (node.kind === 'contract' ? [node.id] : [])))
  const now = new Map(next.contracts.map((one) => [one.id, one]))
  const before = new Map(old.contracts.map((one) => [one.id, one]))
  return [...new Map([...before, ...now])].flatMap(([id, contract]) => {
    const [was, is] = [before.get(id), now.get(id)]
    const changes = was && is ? diffContracts(was, is) : []
    const isTouched =
      !was || !is || changes.length > 0 || broken.has(id) || plan.touches.some(({ node }) => node.kind === 'contract' && node.id === id)
    const { version, otOwner, itOwner } = contract
    const isBroken = broken.has(id) || !is || changes.some(({ breaking }) => breaking)
    return isTouched ? [{ id, version, otOwner, itOwner, changes, isBroken }] : []
  })
}

function loads(old: LoadedConfig, next: LoadedConfig): ConfigurationPlan['load'] {
  const [before, after] = [loadsOf(old), loadsOf(next)]
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((connection) => ({ connection, before: before.get(connection), after: after.get(connection) }))
    .filter((one) => !isDeepStrictEqual(one.before, one.after))
}
