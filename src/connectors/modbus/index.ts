import type { LintFinding, SampleConnector } from '../../core/connector.ts'
import { check } from './check.ts'
import { isBitTable, type ModbusConfig, modbusConfig, width } from './config.ts'
import { requestsPerSecond } from './plan.ts'
import { ModbusSource } from './source.ts'

/** Modbus TCP, and RTU frames over TCP. */
export const modbus: SampleConnector<ModbusConfig> = {
  kind: 'modbus',
  label: { fr: 'Modbus', en: 'Modbus' },
  config: modbusConfig,
  timeless: true,
  lint,
  requestsPerSecond,
  source: (config, context) => new ModbusSource(config, context),
  check,
}

function lint(config: ModbusConfig): LintFinding[] {
  const found: LintFinding[] = []
  config.signals.forEach((signal, i) => {
    if (!isBitTable(signal.table) && width(signal) > config.maxRegistersPerRequest) {
      const message = `the value takes ${width(signal)} registers, maxRegistersPerRequest is ${config.maxRegistersPerRequest}`
      found.push({
        path: ['signals', i],
        code: 'E_MODBUS_TOO_WIDE',
        message,
        hint: 'A value is read in one request: raise the limit.',
        level: 'error',
      })
    }
    const manual = asInManuals(signal.table, signal.address)
    if (manual !== undefined) {
      found.push({
        path: ['signals', i, 'address'],
        code: 'W_MODBUS_MANUAL_ADDRESS',
        message: `${signal.address} looks like the number that manuals give to ${signal.table} ${manual}`,
        hint: `addresses count from 0, as on the wire: write ${manual}; keep it when the device really counts so far`,
        level: 'warning',
      })
    }
    const period = signal.period ?? config.period
    if (period < config.timeout / 100) {
      const message = `a period of ${period} ms under a time-out of ${config.timeout} ms: one lost answer costs ${Math.floor(config.timeout / period)} polls`
      found.push({
        path: signal.period === undefined ? ['period'] : ['signals', i, 'period'],
        code: 'W_MODBUS_PERIOD',
        message,
        level: 'warning',
      })
    }
  })
  return found
}

/** Where manuals begin to count each table: 40001 is the first holding register. Written with six digits, 400001 is beyond any address. */
const MANUALS_BEGIN = { coil: undefined, 'discrete-input': 10_001, 'input-register': 30_001, 'holding-register': 40_001 } as const
const MANUALS_COUNT = 9_999

function asInManuals(table: keyof typeof MANUALS_BEGIN, address: number): number | undefined {
  const begin = MANUALS_BEGIN[table]
  return begin !== undefined && address >= begin && address < begin + MANUALS_COUNT ? address - begin : undefined
}
