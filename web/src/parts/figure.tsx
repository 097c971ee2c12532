import type { ReactNode } from 'react'

/** One entry of a list of figures: its name, and what it is. */
export function Figure({ name, note, children }: { name: string; note?: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {children}
        {note && <small className="soft">{note}</small>}
      </dd>
    </div>
  )
}
