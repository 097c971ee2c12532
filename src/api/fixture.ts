import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildGraph, type Declarations } from '../continuity/graph/index.ts'
import { noAudit } from '../core/audit.ts'
import { BatchBuilder, type SampleBatch } from '../core/batch.ts'
import { noChanges } from '../core/changes.ts'
import { EquipmentNames } from '../core/equipment.ts'
import { noFlows } from '../core/flows.ts'
import type { Historian, SampleColumns } from '../core/historian.ts'
import { LastValues } from '../core/last-values.ts'
import { silent } from '../core/log.ts'
import { MemoryHistory } from '../core/memory-history.fixture.ts'
import type { NodeView } from '../core/node-view.ts'
import type { PolicyView } from '../core/policy.ts'
import { ReasonSets } from '../core/reasons.ts'
import { SignalTable } from '../core/signals.ts'
import { Status } from '../core/status.ts'
import { SECOND, systemClock } from '../core/time.ts'
import { type ApiOptions, type RunningApi, startApi } from './index.ts'

export const PASSWORD = 'a long enough password'

export interface Fixture extends RunningApi {
  readonly view: NodeView
  readonly routes: { method: string; url: string; permission: string | undefined; scope: string | undefined }[]
  readonly directory: string
  /** The table behind the view, to define signals in. */
  readonly signals: SignalTable
  /** Makes samples durable, as the run loop would; without a time they are of now, and what is not Good is out of range. */
  publish(rows: readonly [signal: number, value: number, status?: number, time?: number, reason?: string][]): void
  /** A request with the cookie of the last sign-in. */
  call(path: string, init?: RequestInit): Promise<Response>
  /** Uses the one-time link. */
  signIn(): Promise<void>
}

/** `node`: what is other than at a plain node that stands alone. `prepare`: writes into the data folder before the start. */
export type FixtureOptions = Partial<
  ApiOptions & Pick<NodeView, 'contracts'> & { node: Partial<NodeView>; history: MemoryHistory; prepare: (directory: string) => void }
>

/** A node without disk or devices behind the real HTTP server on a free port. */
export async function startFixture(signalCount: number, options: FixtureOptions = {}): Promise<Fixture> {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-api-'))
  const { view, signals, publish } = fakeNode(signalCount, options)
  options.prepare?.(directory)
  const routes: Fixture['routes'] = []
  const api = await startApi(view, {
    ...{ host: '127.0.0.1', port: 0, directory, webDirectory: join(directory, 'web'), log: silent },
    ...{ onRoute: (route) => routes.push(route), ...options },
  })
  let cookie = ''
  const call = (path: string, init: RequestInit = {}) =>
    fetch(`${api.url}${path}`, { ...init, headers: { ...(cookie && { cookie }), ...init.headers } })
  return {
    ...{ ...api, view, signals, routes, directory, publish, call },
    signIn: async () => {
      const token = new URL(api.signInLink?.replace('/#/', '/') ?? '').searchParams.get('token')
      const answer = await call('/api/v1/accounts', json({ token, name: 'ana', password: PASSWORD }))
      if (answer.status !== 201) throw new Error(await answer.text())
      cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    },
    close: async () => {
      await api.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

export const noPolicy: PolicyView = {
  declared: { site: 't', zones: [], conduits: [] },
  ...{
    crossings: () => [],
    tests: () => [],
    rights: () => [],
    explain: () => [],
    stateOf: () => ({ place: '', state: 'open', expires: Number.MAX_SAFE_INTEGER }),
  },
  ...{ simulate: () => undefined, againstReader: () => undefined, letIn: () => undefined },
}

const NOTHING_DECLARED: Declarations = {
  ...{ site: 't', equipment: {}, connections: [], signals: [], models: {}, kinds: [], computed: [], results: [] },
  ...{ peers: [], substitutes: [], maintenance: [], contracts: [], deliveries: [] },
}

export const json = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

function fakeNode(signalCount: number, options: FixtureOptions) {
  const signals = new SignalTable()
  const reasons = new ReasonSets()
  const last = new LastValues()
  const listeners = new Set<(batch: SampleBatch) => void>()
  for (let i = 0; i < signalCount; i++) {
    const dataType = i % 10 === 8 ? 'boolean' : i % 10 === 9 ? 'text' : 'number'
    signals.define({ id: `t/line-${i % 7}/m${i}`, connection: `plc-${i % 2}`, address: `a${i}`, dataType, unit: 'A', range: [0, 100] })
  }
  const stored: { batch: SampleBatch }[] = []
  const publish: Fixture['publish'] = (rows) => {
    const builder = new BatchBuilder()
    const now = systemClock.now()
    for (const [signal, value, status = Status.Good, time = now, reason = status === Status.Good ? undefined : 'range'] of rows) {
      const row = builder.push(signal, time, value, status, reason === undefined ? 0 : reasons.of(reason))
      if (signals.at(signal)?.dataType === 'text') builder.setText(row, `text ${value}`)
    }
    const batch = builder.build(now)
    stored.push({ batch })
    last.update(batch, signals.size)
    for (const listener of listeners) listener(batch)
  }
  const connection = {
    ...({ name: 'plc-0', kind: 'opcua', endpoint: 'opc.tcp://127.0.0.1:4840', state: 'connected', liveness: 'live' } as const),
    ...{ since: systemClock.now(), lastHeardTime: undefined, lastGoodTime: undefined, latencyMs: 2, signals: signalCount },
    ...{ attempts: 1, reconnects: 0, read: 5, stored: 5, good: 5, uncertain: 0, bad: 0, gaps: 0, dropped: { 'sequence-gap': 2 } },
    ...{ ratePerSecond: 1, pending: 0, lastError: undefined, clockMethod: 'round-trip' as const },
    clock: {
      ...{
        offsetUs: 3_600_000_000,
        uncertaintyUs: 2_500,
        driftPpm: -3.5,
        driftUncertaintyPpm: 1,
        measuredTime: 0,
        method: 'round-trip' as const,
      },
      ...{ maxOffsetUs: 5_000_000, beyondLimit: true, finding: 'local-time' as const, findingDetail: 'UTC+01:00' },
    },
  }
  const view: NodeView = {
    ...{
      site: { id: 't' },
      node: 'node-1',
      role: 'all',
      epoch: 1,
      version: '0.0.0',
      configVersion: 'abc',
      startedTime: systemClock.now(),
      clock: systemClock,
    },
    ...{ signals, reasons, last, historian: fakeHistorian(signals, reasons, stored, options.history ?? new MemoryHistory()) },
    connections: () => [connection],
    audit: noAudit,
    policy: noPolicy,
    flows: noFlows,
    writes: { ask: async () => 'writes-off', refused: () => ({ 'no-such-signal': 0, 'writes-off': 0 }) },
    contracts: options.contracts ?? (() => []),
    dependencies: () => buildGraph(NOTHING_DECLARED),
    changes: noChanges,
    configurations: { list: async () => [], read: async () => undefined },
    plan: () => Promise.reject(new Error('not part of the fixture')),
    equipment: {},
    equipmentNames: new EquipmentNames({}),
    uses: new Map(),
    recordKinds: new Map(),
    recordSources: () => [],
    originOf: () => undefined,
    behind: () => undefined,
    derivations: () => [],
    recompute: async () => [],
    discover: () => Promise.reject(new Error('not part of the fixture')),
    releaseQuarantined: async (ids) => ({ released: [...ids], refused: [] }),
    discardQuarantined: async (ids) => ({ discarded: [...ids], refused: [] }),
    ledger: async () => ({ period: undefined, lines: [] }),
    ledgerOfSignals: async () => ({ from: 1, to: 0, sums: [] }),
    spool: () => ({
      ...{ firstSequence: 1, lastSequence: 9, bytes: 100, maxBytes: 1000, segments: 1, oldestTime: undefined, droppedSamples: 0 },
      ...{ appendedBytes: 100, held: [] },
      ...{ corruptRecords: 0, fsyncP50Ms: 1, fsyncP99Ms: 2, problem: undefined },
    }),
    outlook: () => ({
      ...{ growthBytesPerSecond: undefined, overflow: 'block', maxAgeMs: 1, diskFreeBytes: undefined, timeLeft: undefined },
    }),
    uplink: () => undefined,
    remotes: () => [],
    nodeOf: () => undefined,
    connectedNodes: () => [],
    linkAddress: () => undefined,
    refusals: () => [],
    refusedFiles: () => [],
    contested: () => [],
    historianLag: () => ({ records: 0, problem: undefined }),
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    onChanges: () => () => undefined,
    ...options.node,
  }
  return { view, signals, publish }
}

/** Answers from the published batches. */
function fakeHistorian(
  signals: SignalTable,
  reasons: ReasonSets,
  stored: readonly { batch: SampleBatch }[],
  history: MemoryHistory,
): Historian {
  const refuse = () => Promise.reject(new Error('not part of the fixture'))
  return {
    series: (query) => history.series(query),
    records: (query) => history.records(query),
    facts: (query) => history.facts(query),
    quarantine: async () => ({ rows: [], truncated: false }),
    recordCursors: async () => [],
    accounts: async () => ({ checkpoints: [], rows: [] }),
    recordCounts: async () => history.recordCounts(),
    writers: async () => [],
    declared: async () => undefined,
    samples: async ({ signal, from, to, limit, descending }) => {
      const index = signals.indexOf(signal)
      const asked = ({ batch, row }: Place) => batch.signal[row] === index && timeOf({ batch, row }) >= from && timeOf({ batch, row }) < to
      const places = stored.flatMap(({ batch }) => Array.from({ length: batch.count }, (_, row) => ({ batch, row })).filter(asked))
      const rows = places.sort((a, b) => timeOf(a) - timeOf(b))
      if (descending) rows.reverse()
      return columnsOf(rows.slice(0, limit), rows.length > limit, reasons)
    },
    aggregate: async ({ signals: ids, from, functions }) => ({
      rows: ids.map((signal) => ({ signal, time: from, values: Object.fromEntries(functions.map((name) => [name, 0])) })),
      truncated: false,
    }),
    tally: async () => ({ rows: [], truncated: false }),
    measures: async () => ({ rows: [], truncated: false }),
    definitions: async () => [],
    ingests: async (ids) =>
      ids.map((ingest) => ({
        ingest,
        node: 'node-1',
        epoch: 1,
        sequence: 1,
        receivedTime: 2 * SECOND,
        recordedTime: 3 * SECOND,
        configVersion: 'abc',
      })),
    stats: async () => ({ samples: 1, hotBytes: 1, coldBytes: 0, oldestTime: undefined, newestTime: undefined, problem: undefined }),
    sql: async (text) => ({ columns: [{ name: 'n', type: 'INTEGER' }], rows: [[text.length]], truncated: false }),
    ...{
      checkpoints: refuse,
      days: refuse,
      write: refuse,
      lastAll: refuse,
      compact: refuse,
      close: async () => undefined,
    },
  }
}

interface Place {
  readonly batch: SampleBatch
  readonly row: number
}

const timeOf = ({ batch, row }: Place) => batch.sourceTime[row] as number

function columnsOf(rows: readonly Place[], truncated: boolean, known: ReasonSets): SampleColumns {
  const reasons = Uint32Array.from(rows, ({ batch, row }) => batch.reasons[row] as number)
  return {
    count: rows.length,
    time: Float64Array.from(rows, timeOf),
    value: Float64Array.from(rows, ({ batch, row }) => batch.value[row] as number),
    status: Uint32Array.from(rows, ({ batch, row }) => batch.status[row] as number),
    reasons,
    reasonSets: new Map([...new Set(reasons)].map((set) => [set, known.names(set)])),
    ingest: new Float64Array(rows.length).fill(1),
    truncated,
  }
}
