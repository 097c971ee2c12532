import type { Conduit, DeclaredPolicy, Zone } from '../../core/policy.ts'

/** A zone of a level, with no security level demanded. */
export const zone = (name: string, level: number): Zone => ({
  ...{ name, level, target: { IAC: 0, UC: 0, SI: 0, DC: 0, RDF: 0, TRE: 0, RA: 0 } },
})

/** A conduit that permits nothing until it is told what. */
export const conduit = (name: string, from: string, to: string, more: Partial<Conduit> = {}): Conduit => ({
  ...{ name, from, to, direction: 'pull', transports: ['opcua'], signals: [], records: [], results: [], peers: [], services: [] },
  ...{
    isCut: false,
    namesInputs: false,
    necessity: 'n',
    impact: 'i',
    dependencies: [],
    owner: 'o',
    riskOwner: 'r',
    reviewBy: '2027-06-30',
  },
  ...{ isolation: { by: ['shift lead'], stops: [], manual: [] } },
  ...more,
})

export const policyOf = (zones: readonly Zone[], conduits: readonly Conduit[]): DeclaredPolicy => ({ site: 't', zones, conduits })
