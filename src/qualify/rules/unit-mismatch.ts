import { Status } from '../../core/status.ts'
import { unitReader, unitsDisagree } from '../../core/units/index.ts'
import { Parameter } from '../column.ts'
import { mark, type RuleKind } from '../rule.ts'

/**
 * Unit mismatch: a number in the unit the device says (`sourceUnit`) means something else in the declared one (`unit`), so it is not what it is taken for:
 * Uncertain. `°C` and `Cel` are one unit; a unit nobody knows is compared with nothing. Found once for each declaration.
 */
export const unitMismatch: RuleKind = {
  id: 'unit-mismatch',
  version: 1,
  reasons: ['unit-mismatch'],
  parametersOf: ({ unit, sourceUnit }) =>
    unit === undefined || sourceUnit === undefined ? undefined : { declared: unit, device: sourceUnit },
  create: (reasons) => {
    const wrong = new Parameter(0)
    const read = unitReader()
    return {
      get isActive() {
        return wrong.isUsed
      },
      declare: (signal, { unit, sourceUnit }) => {
        const isWrong = unitsDisagree(unit, sourceUnit, read)
        wrong.set(signal, isWrong ? 1 : undefined)
        return { isAlways: isWrong }
      },
      judge: (rows) => {
        const { noticed, row, signal, value } = rows
        const wrongs = wrong.values
        for (let k = 0; k < noticed; k++) {
          const i = row[k] as number
          const isNumber = !Number.isNaN(value[i])
          if (isNumber && wrongs[signal[i] as number] === 1) mark(rows, i, reasons, 'unit-mismatch', Status.Uncertain)
        }
      },
    }
  },
}
