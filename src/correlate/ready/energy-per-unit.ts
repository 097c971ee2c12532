import type { Ready } from './index.ts'

/** Energy over pieces, passengers, tonnes: whatever `made` counts. */
export const energyPerUnit: Ready = {
  label: { en: 'Energy per unit made', fr: 'Énergie par unité produite' },
  description: 'Energy used in the period for each unit made in it.',
  scope: 'work unit, line or site',
  inputs: {
    energy: { unit: 'kW.h', meaning: { en: 'energy used', fr: 'énergie consommée' } },
    made: { unit: '1', meaning: { en: 'units made', fr: 'unités produites' } },
  },
  formula: 'energy / made',
  unit: 'kW.h',
  range: { lower: 0 },
  trend: 'lower',
}
