import { isBitTable, type ModbusConfig, type Table, width } from './config.ts'
import { type Decoder, decoderOf } from './decode.ts'
import type { Refusal } from './exceptions.ts'

/** One signal, compiled for the poll. */
export interface Item {
  /** Index in the signal table. */
  readonly signal: number
  readonly address: number
  /** Addresses taken. */
  readonly width: number
  readonly decoder: Decoder
}

/** Signals read by one request; in order of address. */
export interface Block {
  readonly unitId: number
  readonly table: Table
  readonly address: number
  readonly count: number
  readonly items: readonly Item[]
  /** For a block of one signal that the device refuses: what it said, and when it is asked again (monotonic milliseconds). */
  refused?: { readonly refusal: Refusal; readonly retryMs: number }
}

export interface Limits {
  /** Registers, or bits, in one request. */
  readonly count: number
  /** Addresses between two signals that may be read needlessly. */
  readonly gap: number
}

export function limitsOf(config: Pick<ModbusConfig, 'maxRegistersPerRequest' | 'maxBitsPerRequest' | 'maxGap'>, table: Table): Limits {
  return isBitTable(table)
    ? { count: config.maxBitsPerRequest, gap: config.maxGap * 16 }
    : { count: config.maxRegistersPerRequest, gap: config.maxGap }
}

/**
 * The fewest requests for the items of one unit and table: neighbours, and those within the gap, share one up to the limit.
 * Greedy from the lowest address; a value is never cut. Items wider than the limit get a request of their own.
 */
export function plan(unitId: number, table: Table, items: readonly Item[], limits: Limits): Block[] {
  const sorted = [...items].sort((a, b) => a.address - b.address || b.width - a.width)
  const blocks: Block[] = []
  let run: Item[] = []
  let end = 0
  for (const item of sorted) {
    const first = run[0]
    const reach = Math.max(end, item.address + item.width)
    if (first && (item.address - end > limits.gap || reach - first.address > limits.count)) {
      blocks.push(toBlock(unitId, table, run))
      run = []
      end = 0
    }
    run.push(item)
    end = Math.max(end, item.address + item.width)
  }
  if (run.length > 0) blocks.push(toBlock(unitId, table, run))
  return blocks
}

/** The block as two; undefined for a block of one signal. */
export function halve(block: Block): [Block, Block] | undefined {
  const { items, unitId, table } = block
  if (items.length < 2) return undefined
  const middle = items.length >> 1
  return [toBlock(unitId, table, items.slice(0, middle)), toBlock(unitId, table, items.slice(middle))]
}

function toBlock(unitId: number, table: Table, items: readonly Item[]): Block {
  const address = (items[0] as Item).address
  const end = items.reduce((reach, item) => Math.max(reach, item.address + item.width), 0)
  return { unitId, table, address, count: end - address, items }
}

/** A configured signal with its index. */
export interface Wanted {
  readonly index: number
  readonly config: ModbusConfig['signals'][number]
  readonly decoder: Decoder
}

/** Blocks by period: every period has its own requests, so that a slow signal never rides on a fast one. */
export function planAll(config: ModbusConfig, wanted: readonly Wanted[]): Map<number, Block[]> {
  const groups = new Map<string, { period: number; unitId: number; table: Table; items: Item[] }>()
  for (const { index, config: signal, decoder } of wanted) {
    const period = signal.period ?? config.period
    const unitId = signal.unitId ?? config.unitId
    const key = `${period} ${unitId} ${signal.table}`
    let group = groups.get(key)
    if (!group) groups.set(key, (group = { period, unitId, table: signal.table, items: [] }))
    group.items.push({ signal: index, address: signal.address, width: width(signal), decoder })
  }
  const byPeriod = new Map<number, Block[]>()
  for (const { period, unitId, table, items } of groups.values()) {
    const blocks = byPeriod.get(period) ?? []
    blocks.push(...plan(unitId, table, items, limitsOf(config, table)))
    byPeriod.set(period, blocks)
  }
  return byPeriod
}

/** Requests that all signals take, when the device answers each. */
export function requestsPerSecond(config: ModbusConfig): number {
  const blocks = planAll(
    config,
    config.signals.map((signal, index) => ({ index, config: signal, decoder: decoderOf(signal, config) })),
  )
  return [...blocks].reduce((sum, [periodMs, { length }]) => sum + (length * 1_000) / periodMs, 0)
}
