import type { PolicyAnswer } from '../../../src/api/schemas.ts'
import { formatNumber, labelOf } from '../format.ts'
import { hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'

/** Zones from the highest level to the lowest, with what each is to reach. */
export function ZoneTable({ of: { zones, conduits } }: { of: PolicyAnswer }) {
  const { locale, words } = useLanguage()
  const text = words.zones
  const ordered = zones.toSorted((a, b) => b.level - a.level || a.name.localeCompare(b.name))
  return (
    <div className="panel zone-panel">
      <h2>{text.zoneList}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className="scroll-x zone-list" aria-label={text.zoneList} tabIndex={0}>
        <table className="samples">
          <thead>
            <tr>
              {[text.zone, text.level('').trim(), text.target, text.impactClass, text.owner, text.ways].map((title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {ordered.map(({ name, label, level, target, impact, owner }) => (
              <tr key={name}>
                <th scope="row">
                  <a href={hrefTo('zones', { zone: name })}>{name}</a> <small className="soft">{labelOf(label, locale)}</small>
                </th>
                <td>{`${formatNumber(level, locale)}${level === 3.5 ? ` · ${text.dmz}` : ''}`}</td>
                <td>
                  {Object.entries(target)
                    .map(([requirement, reached]) => `${requirement} ${reached}`)
                    .join(' · ')}
                </td>
                <td>{impact ?? '–'}</td>
                <td>{owner ?? '–'}</td>
                <td>{`${conduits.filter(({ to }) => to === name).length} / ${conduits.filter(({ from }) => from === name).length}`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </div>
  )
}
