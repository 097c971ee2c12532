import type { Profile } from '../../../src/api/schemas.ts'
import { useLanguage } from '../words/index.ts'

interface GrantRow {
  readonly id?: string
  readonly role?: string
  readonly mfa?: boolean
  /** Absent: a role that may nothing. */
  readonly grant?: Profile['grants'][number]
}

/** What grants give: direction, permissions, zones. */
export function GrantTable({ rows, label }: { rows: readonly GrantRow[]; label: string }) {
  const { words } = useLanguage()
  const text = words.people
  const hasRoles = rows.some(({ role }) => role !== undefined)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="scroll-x" aria-label={label} tabIndex={0}>
      <table className="samples">
        <thead>
          <tr>
            {hasRoles && <th scope="col">{text.role}</th>}
            <th scope="col">{text.direction}</th>
            <th scope="col">{text.may}</th>
            <th scope="col">{text.zones}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ id, role, mfa, grant }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: grants have no names, and their order is that of the file
            <tr key={`${id} ${index}`}>
              {hasRoles && <td>{`${role}${mfa ? ` · ${text.needsFactor}` : ''}`}</td>}
              <td>{grant ? text.directions[grant.direction] : '–'}</td>
              <td>{grant?.may.map((one) => text.permissions[one]).join(', ') || text.noRoles}</td>
              <td>{grant?.zones.map((zone) => (zone === '*' ? text.everyZone : zone)).join(', ') || '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
