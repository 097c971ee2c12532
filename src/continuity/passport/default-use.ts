import type { Use } from '../../core/uses.ts'

/**
 * The limits of a question that states no use: with care below 95 % coverage, below Good, with a clock uncertain by more than 5 s, a contract that is not active or a
 * dead hop; no below 50 % coverage, for a Bad value and for a retired contract. An answer says that these were used.
 */
export const DEFAULT_USE: Use = {
  id: 'default',
  label: { en: 'no stated use', fr: 'sans usage énoncé' },
  names: [],
  contract: 'optional',
  care: {
    ...{ minimumCoverage: 0.95, worstStatus: 'Good', maximumClockUncertaintyUs: 5_000_000 },
    ...{ contractStates: ['active'], wholeChain: true },
  },
  refuse: { minimumCoverage: 0.5, worstStatus: 'Uncertain', contractStates: ['active', 'deprecated', 'proposed', 'draft'] },
}
