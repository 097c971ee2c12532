import { buildGraph } from '../../continuity/graph/index.ts'
import type { ContractState } from '../../core/contracts.ts'
import type { Fact } from '../../core/facts.ts'
import { MemoryHistory } from '../../core/memory-history.fixture.ts'
import type { ConnectionHealth, DerivationView } from '../../core/node-view.ts'
import { toRoles } from '../../core/people-config.ts'
import type { PolicyView } from '../../core/policy.ts'
import { recordKindsConfig, toRecordKinds } from '../../core/record-kinds.ts'
import { type Grant, PERMISSIONS, type Permission, type Role, type Roles } from '../../core/roles.ts'
import type { SignalDefinition } from '../../core/signals.ts'
import { DAY, systemClock } from '../../core/time.ts'
import { type Fixture, type FixtureOptions, json, noPolicy, startFixture } from '../fixture.ts'
import type { PeopleSettings } from './access.ts'

/** Zones of the fixture: things of `field` are called open, those of `safety` hidden, the node itself is in `office`. */
export const ZONES = ['field', 'safety', 'office'] as const
const PREFIX = { field: 'open', safety: 'hidden', office: 'own' } as const

const outward = (may: Permission[], zones: string[]): Grant => ({ direction: 'outward', may, zones })
const inward = (may: Permission[], zones: string[]): Grant => ({ direction: 'inward', may, zones })

/** A role per permission and zone, `read@field`, and one over all zones, `read@*`; one that may nothing. */
export const everyRole = (): Roles => {
  const of = (permission: Permission, zone: string): readonly [string, Role] => {
    const grant = permission === 'operate' || permission === 'administer' ? inward([permission], [zone]) : outward([permission], [zone])
    return [`${permission}@${zone}`, { name: `${permission}@${zone}`, grants: [grant], mfa: false }]
  }
  const made = PERMISSIONS.flatMap((permission) => [...ZONES, '*'].map((zone) => of(permission, zone)))
  return new Map<string, Role>([...toRoles({ roles: {} }), ...made, ['nobody', { name: 'nobody', grants: [], mfa: false }]])
}

export const settings = (given: Partial<PeopleSettings> = {}): PeopleSettings => ({
  roles: everyRole(),
  mfa: 'optional',
  sessions: { idle: 3_600_000, longest: 24 * 3_600_000, perAccount: 20 },
  zones: {
    ...{ zones: ZONES, own: 'office' },
    ofConnection: (name) => (Object.keys(PREFIX) as (keyof typeof PREFIX)[]).find((zone) => name.startsWith(PREFIX[zone])),
  },
  ...given,
})

const signal = (zone: keyof typeof PREFIX): SignalDefinition => {
  const name = PREFIX[zone]
  return { id: `t/${name}/m`, connection: `${name}-plc`, address: `${name}-address`, zone, dataType: 'number', unit: 'A' }
}

/** A node whose data is of three zones. */
export async function startZones(options: FixtureOptions = {}): Promise<Fixture> {
  const history = new MemoryHistory()
  for (const zone of ZONES) {
    const source = `${PREFIX[zone]}-erp`
    history.record({ kind: 'order', key: source, source, validFrom: 0, validTo: null, isDeleted: false, values: { id: source } })
  }
  const now = systemClock.now()
  const input = (zone: keyof typeof PREFIX) => ({ signal: signal(zone).id, from: now - DAY, to: now, samples: 1, newestIngest: 1 })
  const fact: Fact = {
    ...{ definition: 'own-kpi', type: 'kpi', version: '1', key: 'own', from: now - DAY, to: now, cause: 'first' },
    ...{ values: { value: { value: 1, status: 0, coverage: 1 } }, inputs: [input('field'), input('safety')] },
  }
  history.publish(fact)
  const derivation: DerivationView = {
    ...{ name: 'own-kpi', type: 'kpi', declaration: {}, version: '1', dirty: 0, lagSeconds: 0, watermark: now },
    ...{ computed: 1, published: 1, withdrawn: 0, late: 0, isStopped: false, problem: undefined },
  }
  const graph = buildGraph({
    ...{ site: 't', equipment: {}, models: {}, kinds: [], peers: [], substitutes: [], maintenance: [], contracts: [], deliveries: [] },
    connections: ZONES.map((zone) => ({ name: `${PREFIX[zone]}-plc`, records: [] })),
    signals: ZONES.map((zone) => ({ id: signal(zone).id, connection: `${PREFIX[zone]}-plc`, unit: 'A' })),
    ...{ computed: [], results: [] },
  })
  const connection = (zone: keyof typeof PREFIX): ConnectionHealth => ({
    ...{
      name: `${PREFIX[zone]}-plc`,
      kind: 'modbus',
      endpoint: `${PREFIX[zone]}.example`,
      state: 'connected',
      liveness: 'live',
      since: now,
    },
    ...{ lastHeardTime: now, lastGoodTime: now, latencyMs: 1, signals: 1, attempts: 1, reconnects: 0, read: 1, stored: 1, good: 1 },
    ...{ uncertain: 0, bad: 0, gaps: 0, dropped: {}, ratePerSecond: 1, pending: 0, lastError: undefined },
  })
  const line = (zone: keyof typeof PREFIX) => ({
    ...{ node: 'node-1', connection: `${PREFIX[zone]}-plc`, unit: 'samples' as const, read: 1, known: 0, quarantined: {} },
    destinations: [{ destination: 'historian', delivered: 1, dropped: {}, pending: 0, off: 0, isOwnWord: true }],
  })
  const kinds = toRecordKinds(recordKindsConfig.parse({ order: { key: ['id'], fields: { id: {} } } }))
  const api = await startFixture(0, {
    ...{ people: settings(), history, contracts: () => ZONES.map((zone, index) => contractOf(PREFIX[zone], index)), ...options },
    node: {
      policy: { ...noPolicy, letIn },
      ...{ recordKinds: kinds, recordSources: () => ZONES.map((zone) => `${PREFIX[zone]}-erp`), derivations: () => [derivation] },
      ...{
        connections: () => ZONES.map(connection),
        dependencies: () => graph,
        ledger: async () => ({ period: undefined, lines: ZONES.map(line) }),
      },
      ...options.node,
    },
  })
  for (const zone of ZONES) api.signals.define(signal(zone))
  api.publish(ZONES.map((_, index) => [index, index + 1]))
  return api
}

/** What is measured came in by a conduit that is named like it. */
const letIn: PolicyView['letIn'] = ({ id }) => {
  const name = Object.values(PREFIX).find((prefix) => id.includes(prefix))
  return {
    permitted: true,
    reason: 'conduit',
    conduit: `${name}-way`,
    path: ['conduits', `${name}-way`],
    place: `ecluse.yaml:${name}-line`,
  }
}

function contractOf(name: string, index: number): ContractState {
  const words = { meaning: undefined, timestampRule: undefined, acceptanceEvidence: undefined, changeProcess: undefined }
  const property = {
    ...{ name: `${name}.m`, signal: undefined, logicalType: undefined, unit: undefined, meaning: undefined, timestampRule: undefined },
    ...{ range: { low: 0, high: 1, lowOpen: false, highOpen: false }, states: undefined, required: true, unique: false },
    ...{ delayUs: undefined, minimumStatus: undefined, silenceUs: undefined, checks: [] },
  }
  const contract = {
    ...{ id: `${name}-contract`, version: '1', status: 'active', name: undefined, language: 'en', file: `${name}.odcs.yaml` },
    ...{ otOwner: undefined, itOwner: undefined, ...words, permittedUses: [], forbiddenUses: [], properties: [property], service: [] },
  }
  return { contract, enforced: true, bound: new Map([[`${name}.m`, new Set([index])]]), findings: [] }
}

/** Somebody with roles, signed in: asks with their cookie. The administrator of the fixture has to be signed in. */
export async function somebody(api: Fixture, name: string, roles: readonly string[], password = 'seven grey herons fishing') {
  const { link } = (await (await api.call('/api/v1/users', json({ name, roles }))).json()) as { link: string }
  const token = new URL(link.replace('/#/', '/')).searchParams.get('token')
  const answer = await fetch(`${api.url}/api/v1/invitation`, json({ token, password }))
  if (answer.status !== 200) throw new Error(await answer.text())
  return withCookie(api, answer)
}

/** Asks with the cookie of an answer, and of those that come after it. */
export function withCookie(api: Fixture, answer: Response) {
  let cookie = cookieOf(answer) ?? ''
  const call = async (path: string, init: RequestInit = {}) => {
    const got = await fetch(`${api.url}${path}`, { ...init, headers: { cookie, ...init.headers } })
    cookie = cookieOf(got) ?? cookie
    return got
  }
  return Object.assign(call, { cookie: () => cookie })
}

const cookieOf = (answer: Response): string | undefined => answer.headers.getSetCookie()[0]?.split(';')[0]
