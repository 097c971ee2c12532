/** True where time does not matter: in `.ci/run`, whose machine has all peers, and in the long form. Elsewhere a part of many alike will do. */
export const isThorough = process.env.ECLUSE_PEERS === 'required' || process.env.ECLUSE_LONG === '1'
