/** Bounds of what is remembered of flows; what finds no room is counted. */
export const FLOW_LIMITS = {
  flows: 4_096,
  /** Of one flow. */
  services: 64,
  identities: 8,
  /** Of one service's addresses, and of the units of a flow; beyond, the two nearest become one. */
  ranges: 64,
  /** Services, and ranges of addresses and units, of all flows together: mirrored traffic is whatever somebody sends. */
  allServices: 32_768,
  allRanges: 131_072,
  deviceFields: 16,
  findings: 2_048,
  /** Of one finding's evidence. */
  evidenceLength: 256,
  canaries: 256,
  /** Addresses and networks of one zone. */
  hosts: 256,
  sensors: 8,
  /** A state file that is larger was not written by us. */
  stateBytes: 128 * 1024 * 1024,
  /** Signals whose values are held against those of the last hour: about 28 KiB each. */
  watchedSignals: 2_000,
  changesShown: 1_000,
} as const
