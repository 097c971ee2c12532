/** True where time does not matter: in `.ci/run`, whose machine has all peers, and in the long form. Elsewhere a part of many alike will do. */
export const isThorough = process.env.ECLUSE_PEERS === 'required' || process.env.ECLUSE_LONG === '1'

/** Of how many like cases a law is tried: a third of what `.ci/run` tries where the time of a person counts; the long form looks for new ones. */
export const cases = (all: number, long = all) => (process.env.ECLUSE_LONG === '1' ? long : isThorough ? all : Math.ceil(all / 3))
