import type { Words } from '../words/index.ts'

/** Words of a status code; its own name where we have none. */
export const statusText = (code: string, words: Words): string =>
  Object.hasOwn(words.statusCodes, code) ? words.statusCodes[code as keyof Words['statusCodes']] : code

/** A reason without the version of its rule: `range@3` is `range`. */
export const reasonName = (reason: string): string => reason.split('@', 1)[0]

/** Words of a reason; what follows a colon names the group or the contract meant: `peers:boiler`. */
export function reasonText(reason: string, words: Words): string {
  const name = reasonName(reason)
  if (Object.hasOwn(words.reasons, name)) return words.reasons[name as keyof Words['reasons']]
  const [kind, ...rest] = name.split(':')
  if (rest.length === 0 || !Object.hasOwn(words.reasons, kind)) return reason
  return `${words.reasons[kind as keyof Words['reasons']]} (${rest.join(':')})`
}

export const anomalyText = (kind: string, words: Words): string =>
  Object.hasOwn(words.anomalies, kind) ? words.anomalies[kind as keyof Words['anomalies']] : kind
