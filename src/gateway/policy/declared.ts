import { type Conduit, type DeclaredPolicy, FOUNDATIONAL_REQUIREMENTS, type SecurityLevels, type Zone } from '../../core/policy.ts'
import type { PolicyConfig } from './config.ts'

/** What the file declares, as the program uses it. */
export function toPolicy({ zones, conduits }: Pick<PolicyConfig, 'zones' | 'conduits'>, site: string): DeclaredPolicy {
  return {
    site,
    zones: Object.entries(zones).map(([name, { target, ...zone }]) => ({ ...zone, name, target: levels(target) }) as Zone),
    conduits: Object.entries(conduits).map(([name, { cut, ...conduit }]) => ({ ...conduit, name, isCut: cut }) as Conduit),
  }
}

const levels = (target: Partial<SecurityLevels>): SecurityLevels =>
  Object.fromEntries(FOUNDATIONAL_REQUIREMENTS.map((requirement) => [requirement, target[requirement] ?? 0])) as unknown as SecurityLevels
