import { type Connection, type Health, health as healthShape, type NodeList, nodeList } from '../api/schemas.ts'
import { type ClientOptions, connectClient } from './client.ts'
import { type CommonOptions, EXIT, type Exit, type Verb } from './context.ts'
import { nodeLines, otherNodeLines } from './node-lines.ts'
import { age, bytes, offset, paint, printable, table, writeResult } from './output.ts'

/** `ecluse status`: the node at a glance, the way to the next one, and those that send here. 1 when it is failing. */
export async function status(verb: Verb, options: CommonOptions & ClientOptions): Promise<Exit> {
  const client = await connectClient(verb, options)
  const [health, nodes] = await Promise.all([client.get('/api/v1/health', {}, healthShape), client.get('/api/v1/nodes', {}, nodeList)])
  writeResult(verb.io, options.output, { ...health, gateway: nodes }, () => describe(verb, health, nodes))
  return health.status === 'failing' ? EXIT.failed : EXIT.ok
}

function describe(verb: Verb, health: Health, nodes: NodeList): string {
  const words = verb.words.status
  const { bold, warn, bad } = paint(verb.io.colour.out)
  const paintState = { ok: bold, degraded: warn, failing: bad }[health.status]
  const since = (time: string): string => age((Date.parse(health.time) - Date.parse(time)) / 1000)
  const { signals, spool, historian } = health
  const problems = [spool.problem, historian.problem].filter((text) => text !== undefined).map((text) => warn(`  ${text}`))
  return [
    paintState(words.line(health.site.id, health.node, words[health.status])),
    words.version(health.version, health.configVersion, since(health.startedTime)),
    words.signals(signals.total, signals.good, signals.uncertain, signals.bad, signals.waiting),
    words.spool(bytes(spool.bytes), bytes(spool.maxBytes), spool.droppedSamples, spool.fsyncP99Ms.toFixed(1)),
    words.historian(String(historian.samples), historian.lagRecords, bytes(historian.hotBytes + historian.coldBytes)),
    ...nodeLines(verb, nodes),
    ...problems,
    ...(health.connections.length === 0 ? [] : ['', connections(verb, health)]),
    ...health.connections.flatMap((one) => lastProblem(verb, one).map((text) => warn(text))),
    ...recordLines(verb, health.connections).map(({ text, isWrong }) => (isWrong ? warn(text) : text)),
    ...health.connections.flatMap((one) => clockProblems(verb, one).map((text) => warn(text))),
    ...otherNodeLines(verb, nodes),
  ].join('\n')
}

function connections(verb: Verb, { connections, time: now }: Health): string {
  const words = verb.words.status
  const since = (time: string): string => age((Date.parse(now) - Date.parse(time)) / 1000)
  return table(
    [
      { title: words.connection, cell: (one: Connection) => one.name },
      { title: words.kind, cell: (one) => one.kind },
      { title: words.state, cell: (one) => one.state },
      { title: words.liveness, cell: (one) => one.liveness },
      { title: words.signals_, cell: (one) => String(one.signals), right: true },
      { title: words.rate, cell: (one) => one.ratePerSecond.toFixed(1), right: true },
      { title: words.lastGood, cell: (one) => (one.lastGoodTime ? since(one.lastGoodTime) : '-'), right: true },
      { title: words.latency, cell: (one) => (one.latencyMs === undefined ? '-' : `${one.latencyMs.toFixed(1)} ms`), right: true },
      { title: words.clock, cell: (one) => (one.clock ? offset(one.clock.offsetUs, one.clock.uncertaintyUs) : '-'), right: true },
      { title: words.problem, cell: (one) => (one.state === 'connected' ? '' : (one.lastError?.message ?? '')) },
    ],
    connections,
  )
}

/** What a connection that stands could not collect; of one that does not, the table says why. */
function lastProblem(verb: Verb, { name, state, lastProblem }: Connection): string[] {
  return state === 'connected' && lastProblem !== undefined ? [verb.words.status.lastProblem(name, printable(lastProblem))] : []
}

/** What became of the rows of sources of IT records. */
export function recordLines(
  verb: Verb,
  connections: readonly Pick<Connection, 'name' | 'records'>[],
): { text: string; isWrong: boolean }[] {
  return connections.flatMap(({ name, records }) =>
    records ? [{ text: verb.words.records.counts(name, records), isWrong: records.quarantined + records.blurred > 0 }] : [],
  )
}

/** What a person should do about a device's clock. */
function clockProblems(verb: Verb, { name, clock }: Connection): string[] {
  const words = verb.words.status
  if (!clock) return []
  return [
    ...(clock.beyondLimit ? [words.clockOff(name, offset(clock.offsetUs, clock.uncertaintyUs), clock.maxOffsetUs / 1e6)] : []),
    ...(clock.finding === 'local-time' ? [words.localTime(name, clock.findingDetail ?? '')] : []),
  ]
}
