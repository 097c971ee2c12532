import { Status } from '../../core/status.ts'
import { Parameter } from '../column.ts'
import { mark, type RuleKind } from '../rule.ts'

/**
 * Unit mismatch: the device says another unit (`sourceUnit`) than the declaration (`unit`), so the number does not mean what it is taken for: Uncertain.
 * Both are UCUM codes here; who reads the device's unit brings it to UCUM.
 */
export const unitMismatch: RuleKind = {
  id: 'unit-mismatch',
  version: 1,
  reasons: ['unit-mismatch'],
  parametersOf: ({ unit, sourceUnit }) =>
    unit === undefined || sourceUnit === undefined ? undefined : { declared: unit, device: sourceUnit },
  create: (reasons) => {
    const wrong = new Parameter(0)
    return {
      get isActive() {
        return wrong.isUsed
      },
      declare: (signal, { unit, sourceUnit }) =>
        wrong.set(signal, unit !== undefined && sourceUnit !== undefined && unit !== sourceUnit ? 1 : undefined),
      judge: (rows) => {
        const { count, signal } = rows
        const wrongs = wrong.values
        for (let i = 0; i < count; i++) if (wrongs[signal[i] as number] === 1) mark(rows, i, reasons, 'unit-mismatch', Status.Uncertain)
      },
    }
  },
}
