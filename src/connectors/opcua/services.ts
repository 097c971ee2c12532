import type {
  BrowseDescriptionOptions,
  BrowsePathResult,
  BrowseResult,
  ClientSession,
  CreateSubscriptionRequestOptions,
  CreateSubscriptionResponse,
  DataValue,
  MonitoredItemCreateRequestOptions,
  MonitoredItemCreateResult,
  PublishResponse,
  ReadValueIdOptions,
  RepublishResponse,
} from 'node-opcua'
import { type Opcua, within } from './library.ts'

/** Things in one request where the server names no limit of its own. */
const PER_CALL = 1_000
/** Nodes in one browse request: each may answer with many references. */
const BROWSED_PER_CALL = 100

/** How much the server takes in one request (its OperationLimits, and ours). */
export interface OperationLimits {
  readonly read: number
  readonly browse: number
  readonly translate: number
  readonly monitor: number
}

/** The OPC UA services we use, one method each; lists are cut to the server's limits. Errors carry the server's status (`statusOf`). */
export interface Session {
  readonly limits: OperationLimits
  read(nodes: ReadValueIdOptions[]): Promise<DataValue[]>
  /** One value, and when the server says that it sent its answer (ResponseHeader.timestamp, OPC 10000-4, 7.33). */
  readTimed(node: ReadValueIdOptions): Promise<TimedAnswer>
  /** One call: at most `limits.browse` nodes. */
  browse(nodes: BrowseDescriptionOptions[], maxReferences: number): Promise<BrowseResult[]>
  browseNext(continuationPoints: Buffer[], release: boolean): Promise<BrowseResult[]>
  translate(paths: PathOptions[]): Promise<BrowsePathResult[]>
  createSubscription(options: CreateSubscriptionRequestOptions): Promise<CreateSubscriptionResponse>
  /** Results in the order of the items. */
  createItems(subscriptionId: number, items: MonitoredItemCreateRequestOptions[]): Promise<MonitoredItemCreateResult[]>
  /** Answered when the server has something to say, so it has no time limit here; `answerWithinMs` tells the server ours. */
  publish(acknowledge: readonly Acknowledgement[], answerWithinMs: number): Promise<PublishResponse>
  republish(subscriptionId: number, sequenceNumber: number): Promise<RepublishResponse>
}

export interface TimedAnswer {
  readonly answer: DataValue | undefined
  /** Milliseconds since 1970; undefined where the server gives no time. */
  readonly sentMs: number | undefined
}

export type PathOptions = NonNullable<ConstructorParameters<Opcua['BrowsePath']>[0]>

export interface Acknowledgement {
  readonly subscriptionId: number
  readonly sequenceNumber: number
}

interface Answer {
  responseHeader?: { timestamp?: Date | null; serviceResult?: { value: number; name: string } }
}
/** The library's own way to send any request; public at run time, missing from its interface. */
interface Sender {
  performMessageTransaction(request: object, callback: (error: Error | null, response?: Answer) => void): void
}

export async function openServices(
  opcua: Opcua,
  client: ClientSession,
  timeoutMs: number,
  stop: AbortSignal,
  onAnswer?: OnAnswer,
): Promise<Session> {
  const send = sender(client, onAnswer)
  const ask = <T>(request: object, what: string) => within(send<T>(request, what), stop, timeoutMs, what)
  /** For services whose answer is a list of results. */
  const list = async <T>(request: object, what: string) => (await ask<{ results: T[] | null }>(request, what)).results ?? []
  const timestampsToReturn = opcua.TimestampsToReturn.Source
  const readRequest = (nodesToRead: ReadValueIdOptions[]) => new opcua.ReadRequest({ maxAge: 0, nodesToRead, timestampsToReturn })
  const read = (nodes: ReadValueIdOptions[]) => list<DataValue>(readRequest(nodes), 'reading')
  const limits = await readLimits(read)
  return {
    limits,
    read: (nodes) => inChunks(nodes, limits.read, read),
    async readTimed(node) {
      const { results, responseHeader } = await ask<Answer & { results: DataValue[] | null }>(readRequest([node]), 'reading')
      return { answer: results?.[0], sentMs: responseHeader?.timestamp?.getTime() }
    },
    browse: (nodesToBrowse, requestedMaxReferencesPerNode) =>
      list(new opcua.BrowseRequest({ nodesToBrowse, requestedMaxReferencesPerNode }), 'browsing'),
    browseNext: (continuationPoints, releaseContinuationPoints) =>
      list(new opcua.BrowseNextRequest({ continuationPoints, releaseContinuationPoints }), 'browsing on'),
    translate: (paths) =>
      inChunks(paths, limits.translate, (browsePaths) =>
        list<BrowsePathResult>(new opcua.TranslateBrowsePathsToNodeIdsRequest({ browsePaths }), 'translating paths'),
      ),
    createSubscription: (options) => ask(new opcua.CreateSubscriptionRequest(options), 'creating the subscription'),
    createItems: (subscriptionId, items) =>
      inChunks(items, limits.monitor, (itemsToCreate) =>
        list<MonitoredItemCreateResult>(
          new opcua.CreateMonitoredItemsRequest({ subscriptionId, timestampsToReturn, itemsToCreate }),
          'creating monitored items',
        ),
      ),
    publish: (subscriptionAcknowledgements, timeoutHint) =>
      send(
        new opcua.PublishRequest({ requestHeader: { timeoutHint }, subscriptionAcknowledgements: [...subscriptionAcknowledgements] }),
        'publishing',
      ),
    republish: (subscriptionId, retransmitSequenceNumber) =>
      ask(new opcua.RepublishRequest({ subscriptionId, retransmitSequenceNumber }), 'asking for a lost message'),
  }
}

/** A request was answered, or not: its service, and the name of a bad result. */
export type OnAnswer = (service: string, exception: string | undefined) => void

/** Sends one request and settles with its answer; a bad service result is an error that carries it. */
function sender(client: ClientSession, onAnswer?: OnAnswer): <T>(request: object, what: string) => Promise<T> {
  const raw = client as unknown as Sender
  return <T>(request: object, what: string) =>
    new Promise<T>((resolve, reject) => {
      raw.performMessageTransaction(request, (error, response) => {
        const result = response?.responseHeader?.serviceResult
        const isBad = result !== undefined && result.value !== 0
        onAnswer?.(request.constructor.name.replace(/Request$/, ''), isBad ? result.name : error ? 'no answer' : undefined)
        if (error) return reject(error)
        if (!response || isBad) {
          return reject(Object.assign(new Error(`${what}: ${result?.name ?? 'no answer'}`), { response }))
        }
        resolve(response as T)
      })
    })
}

async function inChunks<I, O>(all: readonly I[], size: number, call: (some: I[]) => Promise<O[]>): Promise<O[]> {
  const results: O[] = []
  for (let from = 0; from < all.length; from += size) {
    const some = all.slice(from, from + size)
    const got = await call(some)
    if (got.length !== some.length) throw new Error(`the server answered ${got.length} results to ${some.length} questions`)
    for (const one of got) results.push(one)
  }
  return results
}

/** Server.ServerCapabilities.OperationLimits (OPC 10000-5, 6.3.11); 0 or absent means no limit. */
async function readLimits(read: (nodes: ReadValueIdOptions[]) => Promise<DataValue[]>): Promise<OperationLimits> {
  const ids = { read: 11705, browse: 11710, translate: 11712, monitor: 11714 }
  const limit = (value: unknown, ours: number) => (typeof value === 'number' && value > 0 ? Math.min(value, ours) : ours)
  // One by one: the limit on reading may be 1.
  const values: unknown[] = []
  for (const id of Object.values(ids)) {
    const [answer] = await read([{ nodeId: `i=${id}`, attributeId: VALUE }])
    values.push(answer?.value?.value)
  }
  return {
    read: limit(values[0], PER_CALL),
    browse: limit(values[1], BROWSED_PER_CALL),
    translate: limit(values[2], PER_CALL),
    monitor: limit(values[3], PER_CALL),
  }
}

const VALUE = 13
