import type { Ready } from './index.ts'

/** One factor above 1 can hide in a product below it. */
const SHARE = { lower: 0, upper: 1 }

/** The three factors and their product, over the time a machine was meant to work. */
export const oee: Ready = {
  label: { en: 'Overall equipment effectiveness', fr: 'Taux de rendement synthétique' },
  description: 'How much of what a machine could have made in the time it was meant to work it did make, and well.',
  scope: 'work unit',
  inputs: {
    planned: { unit: 's', meaning: { en: 'time it was meant to work', fr: 'temps où elle devait travailler' } },
    running: { unit: 's', meaning: { en: 'time it did work', fr: 'temps où elle a travaillé' } },
    cycle: {
      unit: 's',
      meaning: { en: 'time one piece takes at the best declared speed', fr: 'temps d’une pièce à la meilleure cadence déclarée' },
    },
    made: { unit: '1', meaning: { en: 'pieces made, good or not', fr: 'pièces faites, bonnes ou non' } },
    good: { unit: '1', meaning: { en: 'pieces that were good at first', fr: 'pièces bonnes du premier coup' } },
  },
  parts: {
    availability: { expression: 'running / planned', unit: '1', range: SHARE },
    performance: { expression: 'made * cycle / running', unit: '1', range: SHARE },
    quality: { expression: 'good / made', unit: '1', range: SHARE },
  },
  formula: 'availability * performance * quality',
  unit: '1',
  range: SHARE,
  trend: 'higher',
}
