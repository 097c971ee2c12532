import { toRoles } from '../core/people-config.ts'
import type { DeclaredPolicy, Passing } from '../core/policy.ts'
import { grants as grantsTo } from '../core/roles.ts'
import type { Micros } from '../core/time.ts'
import {
  compilePeers,
  compilePolicy,
  contradictions,
  decide,
  expiryOf,
  isPolicyGlob,
  type Policy,
  type RoleMay,
  runPolicyTests,
  type TestFinding,
  toPolicy,
} from '../gateway/policy/config.ts'
import { isLoopback } from '../lib/network-address.ts'
import { nearest } from '../lib/suggest.ts'
import type { LoadedConnection } from './connections.ts'
import { type ConfiguredCrossing, crossingsOf, recordsOf } from './crossings.ts'
import { declaredIds } from './known-signals.ts'
import { type Located, locate, locateHolder, locateKey, type Path, type Problems, type Wording } from './places.ts'
import { withheldResults, withoutInputs } from './result-inputs.ts'
import type { EcluseConfig } from './schema.ts'
import type { ConfigWords } from './words.ts'

/** A review that is due within this long is said. */
const SOON_DAYS = 30
const DAY_US = 86_400_000_000
/** Ids that one sentence lists. */
const LISTED = 3

export interface PolicyContext {
  readonly at: Located
  readonly problems: Problems
  readonly words: ConfigWords
  readonly now: Micros
  /** False where a connection could not be read: what it would use is not known. */
  readonly isComplete: boolean
  readonly isLint: boolean
}

/** What zones, conduits and tests say of each other and of the rest of the file. */
export function checkPolicy(config: EcluseConfig, connections: readonly LoadedConnection[], context: PolicyContext): void {
  const { at, problems, words } = context
  const declared = toPolicy(config, config.site.id)
  checkZoneNames(config, connections, context)
  const isReadable = checkPatterns(declared, config, context)
  if (!isReadable) return
  for (const { first, second, is } of contradictions(declared.conduits))
    problems.add(locateKey(at, ['conduits'], first), 'E_CONDUITS_CONTRADICT', words.conduitsContradict(first, second, is))
  if (declared.zones.length === 0) {
    const goesOut = config.link || config.openLineage || config.audit.forward.length > 0 || !isLoopback(config.http.host)
    // For whoever reviews the file: a command that runs with it has nothing to say of it.
    if (goesOut && context.isLint) problems.add(locateKey(at, [], 'link'), 'W_NO_ZONES', words.noZones())
  } else checkCrossings(config, connections, compilePolicy(declared), context)
  checkReviews(declared, context)
  for (const { findings } of runPolicyTests(config.policyTests, declared, roleMayOf(config)))
    for (const finding of findings) {
      const { path } = finding
      const place = finding.is === 'path' ? locateKey(at, path.slice(0, -1), String(path.at(-1))) : locate(at, path)
      problems.add(place, 'E_POLICY_TEST', testWording(finding, words))
    }
}

/** What the roles of a file may, for its policy tests. */
export function roleMayOf(config: Pick<EcluseConfig, 'roles'>): RoleMay {
  const roles = toRoles(config)
  return (role, permission, { name }) => {
    if (!roles.has(role)) return undefined
    const grants = roles.get(role)?.grants ?? []
    const at = grants.findIndex((one) => grantsTo(one, permission, name))
    return { permitted: at >= 0, path: ['roles', role, ...(at >= 0 ? ['grants', at] : [])] }
  }
}

/** What a policy test found, in the person's language. */
export function testWording(finding: TestFinding, words: ConfigWords): Wording {
  switch (finding.is) {
    case 'carries':
      return words.testCarries(finding.glob, finding.conduit, finding.never)
    case 'path': {
      const by = { data: words.byData, connection: words.byConnection }
      const steps = finding.steps.map((step) => `${step.to} (${by[step.by](step.conduit)})`).join(' -> ')
      return words.testPath(finding.steps[0]?.from ?? '', steps)
    }
    case 'may':
      return words.testMay(finding.role, finding.action, finding.zone)
    case 'unknown':
      return words.testUnknown(finding.name)
  }
}

/** Each zone that the file names is declared. */
function checkZoneNames(config: EcluseConfig, connections: readonly LoadedConnection[], { at, problems, words }: PolicyContext): void {
  const zones = Object.keys(config.zones)
  const check = (name: string | undefined, path: Path) => {
    if (name === undefined || zones.includes(name)) return
    problems.add(locate(at, path), 'E_UNKNOWN_ZONE', words.unknownZone(name, nearest(name, zones), zones.join(', ')))
  }
  for (const [name, { from, to }] of Object.entries(config.conduits)) {
    check(from, ['conduits', name, 'from'])
    check(to, ['conduits', name, 'to'])
    if (from === to) problems.add(locate(at, ['conduits', name, 'to']), 'E_CONDUIT_SELF', words.conduitToItself(from))
  }
  check(config.node.zone, ['node', 'zone'])
  for (const { name, zone } of connections) check(zone, ['connections', name, 'zone'])
  check(config.link?.zone, ['link', 'zone'])
  for (const [node, { zone }] of Object.entries(config.link?.nodes ?? {})) check(zone, ['link', 'nodes', node, 'zone'])
  check(config.http.zone, ['http', 'zone'])
  for (const zone of Object.keys(config.detection.hosts)) check(zone, ['detection', 'hosts', zone])
  check(config.openLineage?.zone, ['openLineage', 'zone'])
  config.audit.forward.forEach(({ zone }, i) => {
    check(zone, ['audit', 'forward', i, 'zone'])
  })
}

/** Patterns and addresses that can be read. */
function checkPatterns(
  { conduits }: DeclaredPolicy,
  { policyTests, detection }: EcluseConfig,
  { at, problems, words }: PolicyContext,
): boolean {
  let isReadable = true
  const refuse = (path: Path, code: string, wording: ReturnType<ConfigWords['badGlob']>) => {
    isReadable = false
    problems.add(locate(at, path), code, wording)
  }
  for (const conduit of conduits) {
    for (const list of ['signals', 'records', 'results'] as const)
      conduit[list].forEach((glob, i) => {
        if (!isPolicyGlob(glob)) refuse(['conduits', conduit.name, list, i], 'E_VALUE', words.badGlob())
      })
    conduit.peers.forEach((peer, i) => {
      if (!isPeer(peer)) refuse(['conduits', conduit.name, 'peers', i], 'E_VALUE', words.badPeer())
    })
  }
  for (const [zone, hosts] of Object.entries(detection.hosts))
    hosts.forEach((host, i) => {
      if (!isPeer(host)) refuse(['detection', 'hosts', zone, i], 'E_VALUE', words.badPeer())
    })
  policyTests.forEach((test, index) => {
    if (!('conduit' in test)) return
    test.neverCarries.forEach((glob, i) => {
      if (!isPolicyGlob(glob)) refuse(['policyTests', index, 'neverCarries', i], 'E_VALUE', words.badGlob())
    })
  })
  return isReadable
}

function isPeer(peer: string): boolean {
  try {
    compilePeers([peer])
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/** Every way that the file has: its ends are known, and a conduit lets through what it brings. */
function checkCrossings(config: EcluseConfig, connections: readonly LoadedConnection[], policy: Policy, context: PolicyContext): void {
  const { at, problems, words } = context
  const { node, link } = config
  if (node.zone === undefined) {
    problems.add(locateKey(at, [], 'node'), 'E_ZONE_NEEDED', words.nodeZoneNeeded(Object.keys(config.zones).join(', ')))
    return
  }
  const crossings = crossingsOf(config, connections)
  const takes = node.role === 'hub' || node.role === 'relay'
  if (takes && Object.keys(link?.nodes ?? {}).length === 0) problems.add(locateKey(at, [], 'link'), 'W_NO_NODES', words.noNodesDeclared())
  const used = new Set<string>()
  const refused = new Set<string>()
  for (const crossing of crossings) {
    if (crossing.from === undefined || crossing.to === undefined) {
      problems.add(locateHolder(at, crossing.path), 'E_ZONE_NEEDED', words.zoneNeeded(crossing.zonePath.join('.')))
      continue
    }
    for (const name of conduitsFor(policy, crossing)) used.add(name)
    for (const { id } of checkCrossing(crossing, connections, policy, context)) refused.add(id)
    if (crossing.part === 'link-out' && !problems.failed) checkResults(config, connections, crossing, policy, context)
  }
  if (!problems.failed) checkStarved(config, connections, refused, context)
  for (const { name, from, to } of policy.declared.conduits) {
    // A file that several nodes share has conduits of the others, too.
    const isOurs = from === node.zone || to === node.zone
    if (context.isComplete && isOurs && from !== to && !used.has(name))
      problems.add(locateKey(at, ['conduits'], name), 'W_CONDUIT_UNUSED', words.conduitUnused())
  }
}

/** Conduits that are made for a crossing, whatever passes and however long. */
const conduitsFor = ({ declared }: Policy, { from, to, transport, direction }: ConfiguredCrossing): string[] =>
  declared.conduits
    .filter((one) => one.from === from && one.to === to && one.transports.includes(transport) && one.direction === direction)
    .map(({ name }) => name)

/** Gives what the crossing brings and no conduit names. */
function checkCrossing(
  crossing: ConfiguredCrossing,
  connections: readonly LoadedConnection[],
  policy: Policy,
  context: PolicyContext,
): Passing[] {
  const { at, problems, words, now } = context
  const { reason, permitted, conduit } = decide(policy, crossing, undefined, now)
  const place = locateHolder(at, crossing.path)
  if (reason === 'peer' && crossing.isPeerOpen) return []
  // What is cut or past its review is said at the conduit itself: the file is right, and nothing passes.
  if (!permitted && reason !== 'cut' && reason !== 'expired' && reason !== 'no-zone') {
    problems.add(place, 'E_NO_CONDUIT', words.notPermitted(crossing, reason, conduit))
    return []
  }
  const connection = crossing.part === 'connection' ? connections.find(({ name }) => name === crossing.name) : undefined
  if (!connection || crossing.from === crossing.to) return []
  const { site } = policy.declared
  const passing: Passing[] = [
    ...declaredIds(connection).map((id): Passing => ({ kind: 'signal', id: `${site}/${id}` })),
    ...recordsOf(connection),
  ]
  const refused = passing.filter((one) => decide(policy, crossing, one, now).reason === 'not-named')
  if (refused.length > 0) {
    const shown = few(
      refused.map(({ id }) => id),
      site,
    )
    problems.add(place, 'W_NOT_NAMED', words.notNamed(refused.length, passing.length, shown, conduit ?? ''))
  }
  return refused
}

/** What is computed here says on its way what it was computed from: where that may not pass, it does not either. */
function checkResults(
  config: EcluseConfig,
  connections: readonly LoadedConnection[],
  crossing: ConfiguredCrossing,
  policy: Policy,
  { at, problems, words, now }: PolicyContext,
): void {
  for (const { result, conduit, inputs } of withheldResults(config, wholeIds(config, connections), policy, crossing, now))
    problems.add(
      locate(at, ['conduits', conduit, 'results']),
      'W_INPUT_NOT_NAMED',
      words.inputNotNamed(result, few(inputs, config.site.id)),
    )
}

/** What is computed of what is not taken gets nothing. */
function checkStarved(
  config: EcluseConfig,
  connections: readonly LoadedConnection[],
  refused: ReadonlySet<string>,
  { at, problems, words }: PolicyContext,
): void {
  for (const { path, inputs } of withoutInputs(config, wholeIds(config, connections), refused))
    problems.add(locate(at, path), 'W_INPUT_REFUSED', words.inputRefused(few(inputs, config.site.id)))
}

const wholeIds = ({ site, substitutes }: EcluseConfig, connections: readonly LoadedConnection[]): string[] =>
  [...connections.flatMap(declaredIds), ...Object.keys(substitutes)].map((id) => `${site.id}/${id}`)

/** As many as one sentence lists, as the file writes them. */
function few(ids: readonly string[], site: string): string {
  const some = [...new Set(ids)].map((id) => (id.startsWith(`${site}/`) ? id.slice(site.length + 1) : id))
  return `${some.slice(0, LISTED).join(', ')}${some.length > LISTED ? ' …' : ''}`
}

/** Reviews that are due or overdue, and what is cut. */
function checkReviews({ conduits }: DeclaredPolicy, { at, problems, words, now }: PolicyContext): void {
  for (const conduit of conduits) {
    const expires = expiryOf(conduit)
    const place = locate(at, ['conduits', conduit.name, 'reviewBy'])
    if (now >= expires) problems.add(place, 'W_CONDUIT_EXPIRED', words.conduitExpired(conduit.owner, conduit.riskOwner))
    else if (now >= expires - SOON_DAYS * DAY_US)
      problems.add(place, 'W_CONDUIT_REVIEW', words.conduitReview(Math.ceil((expires - now) / DAY_US)))
    if (conduit.isCut) problems.add(locate(at, ['conduits', conduit.name, 'cut']), 'W_CONDUIT_CUT', words.conduitCut())
  }
}
