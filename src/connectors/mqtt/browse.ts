import { BatchBuilder } from '../../core/batch.ts'
import type { BrowseEntry, SourceContext } from '../../core/connector.ts'
import { NotConnected } from '../../core/errors.ts'
import { SignalTable } from '../../core/signals.ts'
import type { SourceCounters } from '../../core/source.ts'
import { statusName } from '../../core/status.ts'
import { Acks } from './acks.ts'
import type { MqttConfig, SparkplugConfig } from './config.ts'
import { MQTT_LIMITS } from './limits.ts'
import { type Message, Session, TICK } from './session.ts'
import { SparkplugHost } from './sparkplug/host.ts'
import { parseTopic } from './sparkplug/types.ts'

/** How long `browse` listens. */
const LISTEN_MS = 5_000
/** Characters shown of a message. */
const PREVIEW_LENGTH = 60

type Found = Map<string, BrowseEntry>

/** Listens for a while, as a client of its own that acknowledges nothing, and tells what it heard. Sparkplug nodes are asked for their births. */
export async function* browseBroker(
  config: MqttConfig,
  context: SourceContext,
  match: string,
  stop: AbortSignal,
): AsyncGenerator<BrowseEntry> {
  const parts = {
    config: { ...config, cleanStart: true },
    clientId: `${config.clientId ?? 'ecluse'}-browse-${Math.floor(context.random() * 1e9).toString(36)}`,
    clock: context.clock,
    acks: new Acks(),
    onOversized: () => {},
  }
  const session = await Session.open(parts, stop)
  const found: Found = new Map()
  try {
    if (config.format === 'plain') await topics(session, context, stop, found)
    else await metrics(session, config, context, stop, found)
  } finally {
    await session.close()
  }
  const wanted = matcher(match)
  for (const path of [...found.keys()].sort()) if (wanted(path)) yield found.get(path) as BrowseEntry
}

async function topics(session: Session, context: SourceContext, stop: AbortSignal, found: Found): Promise<void> {
  await session.subscribe(['#'], 0)
  await listen(session, context, stop, (item) => {
    if (item === TICK || found.size >= MQTT_LIMITS.browseEntries) return
    const text = item.payload.subarray(0, PREVIEW_LENGTH).toString('utf8')
    const dataType = text.trimStart().startsWith('{') ? 'json' : Number.isNaN(Number(text)) || text.trim() === '' ? 'text' : 'number'
    found.set(item.topic, { path: item.topic, address: item.topic, dataType, value: text })
  })
}

async function metrics(session: Session, config: SparkplugConfig, context: SourceContext, stop: AbortSignal, found: Found): Promise<void> {
  const signals = new SignalTable()
  const counters: SourceCounters = { dropped: {} }
  const publish = (topic: string, payload: Uint8Array) => session.publish(topic, payload, { qos: 0, retain: false })
  const host = new SparkplugHost({ config: { ...config, discover: true }, context: { ...context, signals }, counters, publish })
  const own = { status: 0, value: Number.NaN, text: undefined as string | undefined }
  await session.subscribe(host.accept.filters, 0)
  await listen(session, context, stop, (item) => {
    const into = new BatchBuilder()
    const received = context.clock.now()
    if (item === TICK) host.tick(context.clock.monotonicMs(), into, received)
    else {
      // Whoever speaks without a birth is asked for one; whoever is silent cannot be found.
      if (parseTopic(item.topic)) host.handle(item.topic, item.payload, into, received)
    }
    for (let row = 0; row < into.count && found.size < MQTT_LIMITS.browseEntries; row++) {
      const definition = signals.at(into.signal[row] as number)
      if (!definition) continue
      own.status = into.status[row] as number
      own.value = into.value[row] as number
      own.text = into.text?.get(row)
      const [refused] = context.reasons
        .names(into.reasons[row] as number)
        .filter((name) => name.endsWith('-refused') || name === 'data-type-unknown')
      found.set(definition.address, {
        path: definition.address,
        address: definition.address,
        dataType: definition.dataType,
        ...(Number.isNaN(own.value) && own.text === undefined ? {} : { value: own.text ?? String(own.value) }),
        ...(definition.unit !== undefined && { unit: definition.unit }),
        status: statusName(own.status),
        ...(refused !== undefined && { refused }),
      })
    }
  })
}

async function listen(
  session: Session,
  { clock }: SourceContext,
  stop: AbortSignal,
  hear: (item: Message | typeof TICK) => void,
): Promise<void> {
  const limit = new AbortController()
  void clock.sleep(LISTEN_MS, stop).then(() => limit.abort(new NotConnected('heard enough')))
  try {
    for (;;) for (const item of await session.next(AbortSignal.any([stop, limit.signal]))) if (item !== 'alive') hear(item)
  } catch (error) {
    if (!limit.signal.aborted) throw error
  }
}

/** `*` and `?` within the parts of a path, `**` over parts; a text without them matches what holds it. */
function matcher(match: string): (path: string) => boolean {
  if (match === '' || match === '**' || match === '*') return () => true
  if (!/[*?]/.test(match)) return (path) => path.includes(match)
  const pattern = match
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*\*/g, '\u0000')
    .replace(/\*/g, '[^/]*')
    .replace(/\?/g, '[^/]')
    .replaceAll('\u0000', '.*')
  const test = new RegExp(`^${pattern}$`, 'su')
  return (path) => test.test(path)
}
