import { BatchBuilder, type SampleBatch } from '../../core/batch.ts'
import type { BrowseEntry, SourceContext } from '../../core/connector.ts'
import { NotConnected } from '../../core/errors.ts'
import { type SignalDefinition, SignalTable } from '../../core/signals.ts'
import type { SourceCounters } from '../../core/source.ts'
import { statusName } from '../../core/status.ts'
import { Acks } from './acks.ts'
import type { MqttConfig, SparkplugConfig } from './config.ts'
import { MQTT_LIMITS } from './limits.ts'
import { type Message, Session, TICK } from './session.ts'
import { SparkplugHost } from './sparkplug/host.ts'

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
  await session.subscribe(['#'], 0, stop)
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
  await session.subscribe(host.accept.filters, 0, stop)
  await listen(session, context, stop, (item) => {
    const into = new BatchBuilder()
    const received = context.clock.now()
    // Whoever speaks without a birth is asked for one; whoever is silent cannot be found.
    if (item === TICK) host.tick(context.clock.monotonicMs(), into, received)
    else host.handle(item.topic, item.payload, into, received)
    const batch = into.build(received)
    for (let row = 0; row < batch.count && found.size < MQTT_LIMITS.browseEntries; row++) {
      const definition = signals.at(batch.signal[row] as number)
      if (definition) found.set(definition.address, entry(definition, batch, row, context))
    }
  })
}

function entry({ address, dataType, unit }: SignalDefinition, batch: SampleBatch, row: number, { reasons }: SourceContext): BrowseEntry {
  const names = reasons.names(batch.reasons[row] as number)
  const refused = names.find((name) => name.endsWith('-refused') || name === 'data-type-unknown')
  const number = batch.value[row] as number
  const shown = dataType === 'boolean' ? String(number === 1) : String(number)
  const value = batch.text?.get(row) ?? (Number.isNaN(number) ? undefined : shown)
  return {
    path: address,
    address,
    dataType,
    ...(value !== undefined && { value }),
    ...(unit !== undefined && { unit }),
    status: statusName(batch.status[row] as number),
    ...(refused !== undefined && { refused }),
  }
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
