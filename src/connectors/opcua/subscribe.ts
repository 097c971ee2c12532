import type { CreateSubscriptionResponse, MonitoredItemCreateRequestOptions } from 'node-opcua'
import { Status, statusName } from '../../core/status.ts'
import type { OpcuaConfig } from './config.ts'
import type { Opcua } from './library.ts'
import type { Attempt } from './line.ts'
import { refusalReason } from './problems.ts'
import type { Session } from './services.ts'
import type { Item } from './targets.ts'

/** A subscription lives this many keep-alives without a publish request of ours. */
const LIFETIME_KEEPALIVES = 10
/** A healthy server is never silent for longer than this many of its keep-alives. */
const SILENT_KEEPALIVES = 3
/** No server is called silent sooner. */
const SILENT_AT_LEAST_MS = 1_000

export interface Subscribed {
  readonly subscriptionId: number
  /** Without a word for this long the server is gone. */
  readonly silentMs: number
  readonly problems: string[]
}

const FILTER_REFUSED: ReadonlySet<number> = new Set([
  Status.BadDeadbandFilterInvalid,
  Status.BadMonitoredItemFilterUnsupported,
  Status.BadMonitoredItemFilterInvalid,
  Status.BadFilterNotAllowed,
])

/** Creates the subscription and a monitored item for every item that is not refused; the client handle is the item's place in the list. */
export async function subscribe(
  attempt: Attempt,
  session: Session,
  items: readonly Item[],
  maxNotificationsPerPublish: number,
): Promise<Subscribed> {
  const { publishingInterval, keepAlive } = attempt.config.subscription
  const keepAliveCount = Math.max(1, Math.round(keepAlive / Math.max(1, publishingInterval)))
  const created = await session.createSubscription({
    requestedPublishingInterval: publishingInterval,
    requestedMaxKeepAliveCount: keepAliveCount,
    requestedLifetimeCount: keepAliveCount * LIFETIME_KEEPALIVES,
    maxNotificationsPerPublish,
    publishingEnabled: true,
    priority: 0,
  })
  const { subscriptionId } = created
  const handles = [...items.keys()].filter((i) => items[i]?.nodeId !== undefined && !items[i]?.refused)
  const problems = await monitor(attempt, session, items, subscriptionId, handles)
  return { subscriptionId, silentMs: silence(created, attempt.config), problems }
}

/** Creates monitored items for these places in the list; returns what went wrong. */
export async function monitor(
  { opcua, config }: Attempt,
  session: Session,
  items: readonly Item[],
  subscriptionId: number,
  handles: readonly number[],
): Promise<string[]> {
  const problems: string[] = []
  const withoutFilter = await create(opcua, session, config, items, subscriptionId, handles, true, problems)
  // Changes without a deadband are more than asked for, but nothing is lost.
  await create(opcua, session, config, items, subscriptionId, withoutFilter, false, problems)
  return problems
}

/** Monitors `handles`; returns those whose deadband the server refused, and marks the others it refused. */
async function create(
  opcua: Opcua,
  session: Session,
  config: OpcuaConfig,
  items: readonly Item[],
  subscriptionId: number,
  handles: readonly number[],
  withDeadband: boolean,
  problems: string[],
): Promise<number[]> {
  const again: number[] = []
  const requests = handles.map((handle) => request(opcua, config, items[handle] as Item, handle, withDeadband))
  const results = await session.createItems(subscriptionId, requests)
  handles.forEach((handle, i) => {
    const item = items[handle] as Item
    const status = (results[i]?.statusCode.value ?? Status.BadUnknownResponse) >>> 0
    if (status < 0x80000000) return
    if (withDeadband && item.declared.deadband && FILTER_REFUSED.has(status)) {
      problems.push(`${item.address}: the server takes no such deadband (${statusName(status)}); every change is collected`)
      again.push(handle)
      return
    }
    item.refused = { status, reason: refusalReason(status) }
    problems.push(`${item.address}: the server answers ${statusName(status)}`)
  })
  return again
}

function request(
  opcua: Opcua,
  config: OpcuaConfig,
  item: Item,
  clientHandle: number,
  withDeadband: boolean,
): MonitoredItemCreateRequestOptions {
  const { samplingInterval, queueSize } = config.subscription
  const { deadband } = item.declared
  const filter =
    withDeadband && deadband
      ? new opcua.DataChangeFilter({
          trigger: opcua.DataChangeTrigger.StatusValue,
          deadbandType: deadband.absolute === undefined ? opcua.DeadbandType.Percent : opcua.DeadbandType.Absolute,
          deadbandValue: deadband.absolute ?? deadband.percent ?? 0,
        })
      : null
  return {
    itemToMonitor: { nodeId: item.nodeId ?? null, attributeId: opcua.AttributeIds.Value },
    monitoringMode: opcua.MonitoringMode.Reporting,
    requestedParameters: {
      clientHandle,
      samplingInterval: item.declared.samplingInterval ?? samplingInterval,
      queueSize: item.declared.queueSize ?? queueSize,
      // When the queue is full the oldest goes, and the overflow bit says so.
      discardOldest: true,
      filter,
    },
  }
}

function silence(created: CreateSubscriptionResponse, config: OpcuaConfig): number {
  const revised = created.revisedPublishingInterval * created.revisedMaxKeepAliveCount
  const keepAliveMs = Number.isFinite(revised) && revised > 0 ? revised : config.subscription.keepAlive
  return Math.max(SILENT_AT_LEAST_MS, SILENT_KEEPALIVES * Math.max(keepAliveMs, config.subscription.publishingInterval))
}
