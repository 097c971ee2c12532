import { join } from 'node:path'
import { EquipmentNames } from '../core/equipment.ts'
import type { RecordKind } from '../core/it-records.ts'
import { toRecordKinds } from '../core/record-kinds.ts'
import { placeOfRecord } from '../core/record-place.ts'
import { type ContractWatch, createContractWatch } from '../govern/contracts/index.ts'
import { byRecord, ClocksOff, clockOffset, Qualify, RecordWindows } from '../qualify/index.ts'
import type { Foundation } from './foundation.ts'
import { type Memory, RuleMemory } from './rule-memory.ts'
import { RuleRecords } from './rule-records.ts'

/** What judges samples before they are logged, and what it goes by. */
export interface Judges {
  readonly qualify: Qualify
  readonly contracts: ContractWatch
  readonly memory: RuleMemory
  readonly clocksOff: ClocksOff
  readonly ruleRecords: RuleRecords
  readonly kinds: ReadonlyMap<string, RecordKind>
  readonly equipmentNames: EquipmentNames
}

export function createJudges({ loaded, startedTime, signals, reasons, spool, clock, log }: Foundation): Judges {
  const { config } = loaded
  const { peers, maintenance, substitutes, site } = config
  const clocksOff = new ClocksOff()
  const windows = new RecordWindows(site.id, { maintenance: config.maintenanceRecords, calibration: config.calibrationRecords })
  const others = [clockOffset(reasons, clocksOff), byRecord(reasons, windows)]
  const qualify = new Qualify(signals, reasons, { peers, maintenance, substitutes, site: site.id, others })
  const contracts = createContractWatch({ contracts: loaded.contracts, site: site.id, signals, reasons, since: startedTime })
  const memory = new RuleMemory({ memories: memoriesOf(config.data, qualify, contracts), spool, clock, log })
  const kinds = toRecordKinds(config.records)
  const equipmentNames = new EquipmentNames(config.equipment)
  const placeOf = placeOfRecord(kinds, equipmentNames, () => clock.now())
  const ruleRecords = new RuleRecords({ windows, kinds, placeOf, now: () => clock.now() })
  return { qualify, contracts, memory, clocksOff, ruleRecords, kinds, equipmentNames }
}

/** What survives a restart besides the samples themselves. */
function memoriesOf(data: string, qualify: Qualify, contracts: ContractWatch): Memory[] {
  const rules: Memory = {
    ...{ name: 'the rules', file: join(data, 'qualify', 'memory') },
    save: () => qualify.save(),
    restore: (bytes) => qualify.restore(bytes),
    learn: (batch) => qualify.learn(batch),
  }
  const { save, restore, learn } = contracts
  return [rules, { name: 'the contracts', file: join(data, 'contracts', 'findings'), outlivesEpoch: true, save, restore, learn }]
}
