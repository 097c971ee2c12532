import type { Ready } from './index.ts'

const failures = { unit: '1', meaning: { en: 'failures that began in the period', fr: 'défaillances commencées dans la période' } }

/** Of a period without a failure there is no mean: the figure is not known then. */
export const mtbf: Ready = {
  label: { en: 'Mean time between failures', fr: 'Temps moyen entre défaillances' },
  description: 'How long it works on average until it fails again.',
  scope: 'work unit',
  inputs: { operating: { unit: 's', meaning: { en: 'time it worked', fr: 'temps de marche' } }, failures },
  formula: 'operating / failures',
  unit: 's',
  range: { lower: 0 },
  trend: 'higher',
}

export const mttr: Ready = {
  label: { en: 'Mean time to repair', fr: 'Temps moyen de réparation' },
  description: 'How long it takes on average until it works again.',
  scope: 'work unit',
  inputs: { repairing: { unit: 's', meaning: { en: 'time it was failed', fr: 'temps en panne' } }, failures },
  formula: 'repairing / failures',
  unit: 's',
  range: { lower: 0 },
  trend: 'lower',
}
