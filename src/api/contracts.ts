import { z } from 'zod'
import type { ContractFinding, ContractProperty, ContractState } from '../core/contracts.ts'
import { formatTime, SECOND } from '../core/time.ts'
import { contractList } from './contract-schemas.ts'
import { API_LIMITS } from './limits.ts'
import { Refusal } from './problem.ts'
import type { Resources, Server } from './route.ts'
import type { Contract } from './schemas.ts'

export function contractRoutes(server: Server, { viewOf }: Resources): void {
  server.get(
    '/api/v1/contracts',
    {
      config: { permission: 'read', scope: 'any' },
      schema: {
        summary: 'Data contracts: both owners, permitted and forbidden uses, bound signals, violations',
        querystring: z.strictObject({ id: z.string().optional().describe('only this one') }),
        response: { 200: contractList },
      },
    },
    async (request) => {
      const { query } = request
      const view = viewOf(request)
      const all = view.contracts(view.clock.now())
      const wanted = all.filter(({ contract }) => query.id === undefined || contract.id === query.id)
      if (query.id !== undefined && wanted.length === 0) throw new Refusal(404, 'unknown-contract')
      return { contracts: wanted.map((state) => tellContract(state, (index) => view.signals.at(index)?.id)) }
    },
  )
}

type IdOf = (signal: number) => string | undefined

/** A contract in the shape of the API. */
export function tellContract({ contract, enforced, bound, findings }: ContractState, idOf: IdOf): Contract {
  const { properties, service, permittedUses, forbiddenUses, ...words } = contract
  return {
    ...withoutAbsent(words),
    enforced,
    permittedUses: [...permittedUses],
    forbiddenUses: [...forbiddenUses],
    properties: properties.map((property) => toProperty(idOf, property, bound.get(property.name) ?? new Set())),
    service: service.map((level) => withoutAbsent(level)),
    violations: findings.map(toViolation),
  }
}

function toProperty(idOf: IdOf, property: ContractProperty, bound: ReadonlySet<number>): Contract['properties'][number] {
  const { name, range, required, states, delayUs, silenceUs, checks, signal, logicalType, unit, meaning, timestampRule, minimumStatus } =
    property
  return {
    name,
    signals: firstOf(bound, API_LIMITS.contractSignals).flatMap((index) => idOf(index) ?? []),
    signalCount: bound.size,
    required,
    ...withoutAbsent({ signal, type: logicalType, unit, meaning, timestampRule, minimumStatus }),
    ...(Number.isFinite(range.low) && { minimum: range.low }),
    ...(Number.isFinite(range.high) && { maximum: range.high }),
    ...((range.lowOpen || range.highOpen) && { exclusive: { minimum: range.lowOpen, maximum: range.highOpen } }),
    ...(states && { states: [...states] }),
    ...(silenceUs !== undefined && { maxSilenceSeconds: silenceUs / SECOND }),
    ...(checks.length > 0 && { checks: checks.map(({ name }) => name) }),
    ...(delayUs !== undefined && { maxDelaySeconds: delayUs / SECOND }),
  }
}

function firstOf(all: Iterable<number>, limit: number): number[] {
  const found: number[] = []
  for (const one of all) if (found.push(one) >= limit) break
  return found
}

function toViolation({
  property,
  kind,
  check,
  firstTime,
  lastTime,
  count,
  lastHour,
  examples,
}: ContractFinding): Contract['violations'][number] {
  return {
    ...{ property, kind, count, lastHour },
    ...(check !== undefined && { check }),
    firstTime: formatTime(firstTime),
    lastTime: formatTime(lastTime),
    examples: examples.map(({ signal, time, value }) => ({ signal, time: formatTime(time), value })),
  }
}

type Present<T> = { [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key] } & {
  [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined>
}

/** The same without the keys that hold nothing. */
function withoutAbsent<T extends object>(given: T): Present<T> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Present<T>
}
