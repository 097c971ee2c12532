import { useLanguage, type Words } from '../words/index.ts'

/** Words of a status code; its own name where we have none. */
export const statusText = (code: string, words: Words): string =>
  Object.hasOwn(words.statusCodes, code) ? words.statusCodes[code as keyof Words['statusCodes']] : code

/** Words of a reason; a rule's version (`range@3`) does not change them. */
export function reasonText(reason: string, words: Words): string {
  const name = reason.split('@', 1)[0]
  return Object.hasOwn(words.reasons, name) ? words.reasons[name as keyof Words['reasons']] : reason
}

export function ReasonList({ reasons }: { reasons: readonly string[] }) {
  const { words } = useLanguage()
  return (
    <ul className="reasons">
      {reasons.map((reason) => (
        <li key={reason}>
          {reasonText(reason, words)} {reasonText(reason, words) !== reason && <code>{reason}</code>}
        </li>
      ))}
    </ul>
  )
}
