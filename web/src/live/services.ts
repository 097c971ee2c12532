import type { BaselineAnswer } from '../../../src/api/schemas.ts'

type Changes = BaselineAnswer['changes']

/** What a service does in words, where the protocol only has a number for it: `3 read holding registers`. What follows the number stays. */
export function serviceText(protocol: string, service: string, modbus: Readonly<Record<string, string>>): string {
  const [, code = '', rest = ''] = /^(\d+)(.*)$/.exec(service) ?? []
  const name = protocol === 'modbus' ? modbus[code] : undefined
  return name === undefined ? service : `${code} ${name}${rest}`
}

/** Words for what a line of a baseline says of a flow. */
export interface WhatWords {
  readonly whats: Readonly<Record<string, string>>
  readonly whatUnit: (ids: string) => string
  readonly modbus: Readonly<Record<string, string>>
}

export function whatText(protocol: string, what: string, words: WhatWords): string {
  if (what.startsWith('unit ')) return words.whatUnit(what.slice(5))
  return words.whats[what] ?? serviceText(protocol, what, words.modbus)
}

export interface ChangedFlow {
  readonly change: Changes[number]['change']
  readonly flow: string
  readonly protocol: string
  readonly whats: readonly string[]
}

/** Changes of one flow together, in the order they came. */
export function byFlow(changes: Changes): ChangedFlow[] {
  const groups = Map.groupBy(changes, ({ change, flow }) => `${change} ${flow}`)
  return [...groups.values()].flatMap((all) => {
    const [first] = all
    if (!first) return []
    // Of `self → 10.0.0.5:502 modbus (meters)`.
    const protocol = / (\S+) \([^)]*\)$/.exec(first.flow)?.[1] ?? ''
    return [{ change: first.change, flow: first.flow, protocol, whats: all.map(({ what }) => what) }]
  })
}
