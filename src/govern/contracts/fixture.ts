import type { Contract } from '../../core/contracts.ts'
import { toContract } from './contract.ts'
import { ContractDocument } from './document.ts'
import { odcs } from './schema.ts'

/** For tests: a contract of one object `m` with these properties and these other keys, each as YAML flow text. */
export function contractOf(properties: readonly string[], custom: readonly string[] = [], more: Record<string, string> = {}): Contract {
  const keys = { id: 'c', version: '"1"', status: 'active', ...more }
  const text = [
    'apiVersion: v3.1.0',
    'kind: DataContract',
    ...Object.entries(keys).map(([key, value]) => `${key}: ${value}`),
    `schema: [{ name: m, properties: [${properties.join(', ')}] }]`,
    `customProperties: [${custom.join(', ')}]`,
  ].join('\n')
  return toContract(odcs.parse(new ContractDocument(text).value), 'c.odcs.yaml')
}

/** One entry of customProperties. */
export const custom = (property: string, value: unknown): string => JSON.stringify({ property, value })
/** One property with its customProperties. */
export const property = (name: string, keys: object, fields: Record<string, unknown> = {}): string =>
  JSON.stringify({ name, ...keys, customProperties: Object.entries(fields).map(([key, value]) => ({ property: key, value })) })
