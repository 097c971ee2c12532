import { toDefinition } from '../../../core/config-parts.ts'
import { fullId } from '../../../core/connector.ts'
import { isSignalId, toSegment } from '../../../core/names.ts'
import type { DataType, SignalDefinition, SignalTable } from '../../../core/signals.ts'
import { unitOfSource } from '../../../core/units/index.ts'
import type { SparkplugConfig, SparkplugSignal } from '../config.ts'

/** Address of a metric: `group/node/device/metric`, the device empty for the edge node's own. Metric names may hold slashes, the others cannot. */
export function addressOf(group: string, node: string, device: string, metric: string): string {
  return `${group}/${node}/${device}/${metric}`
}

export interface Address {
  readonly group: string
  readonly node: string
  readonly device: string
  readonly metric: string
}

export function parseAddress(address: string): Address | undefined {
  const [group, node, device, ...metric] = address.split('/')
  if (!group || !node || device === undefined || metric.length === 0) return undefined
  return { group, node, device, metric: metric.join('/') }
}

export interface Found {
  readonly address: Address
  readonly dataType: DataType
  readonly unit: string | undefined
}

/** A declared unit stays, the birth's is kept beside it, so that a rule can compare them. */
function withUnit(definition: SignalDefinition, engUnit: string | undefined): SignalDefinition {
  const said = unitOfSource({ displayName: engUnit })
  if (said === undefined) return definition
  return definition.unit === undefined ? { ...definition, unit: said } : { ...definition, sourceUnit: said }
}

/** Turns metrics that births announce into signals of the node's table. */
export class Naming {
  readonly #signals: SignalTable
  readonly #connection: string
  readonly #site: string
  readonly #template: string
  readonly #discover: boolean
  readonly #declared: ReadonlyMap<string, SparkplugSignal>

  constructor(config: SparkplugConfig, connection: string, site: string, signals: SignalTable) {
    this.#signals = signals
    this.#connection = connection
    this.#site = site
    this.#template = config.idTemplate
    this.#discover = config.discover
    this.#declared = new Map(config.signals.map((signal) => [signal.metric, signal]))
  }

  /** The signal's index; undefined when the file does not want it; a sentence when it cannot be one. */
  define(found: Found): number | undefined | string {
    const { group, node, device, metric } = found.address
    const address = addressOf(group, node, device, metric)
    const declared = this.#declared.get(address)
    if (!declared && !this.#discover) return undefined
    const local = declared?.id ?? this.#fill(found.address)
    const id = fullId(this.#site, local)
    if (!isSignalId(id)) return `${address}: no id can be made of this name`
    const index = this.#signals.indexOf(id)
    const holder = index === undefined ? undefined : this.#signals.at(index)
    if (holder && (holder.connection !== this.#connection || holder.address !== address))
      return `${address}: its id ${id} belongs to ${holder.address} of ${holder.connection}; give it one of its own under signals`
    const known = { id, connection: this.#connection, address, dataType: found.dataType }
    const definition: SignalDefinition = declared ? toDefinition({ ...declared, id: local }, known) : known
    try {
      return this.#signals.define(withUnit(definition, found.unit))
    } catch (error) {
      return `${address}: ${(error as Error).message}`
    }
  }

  #fill({ group, node, device, metric }: Address): string {
    return this.#template
      .replace('{group}', () => toSegment(group))
      .replace('{node}', () => toSegment(node))
      .replace('{device}', () => toSegment(device))
      .replace('{metric}', () => metric.split('/').map(toSegment).filter(Boolean).join('/'))
      .split('/')
      .filter(Boolean)
      .join('/')
  }
}
