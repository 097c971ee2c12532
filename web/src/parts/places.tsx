import type { Why } from '../../../src/api/schemas.ts'
import { formatDate, labelOf } from '../format.ts'
import { hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'

/** The declared places above the signal, outermost first, and the physical asset that stands in each. */
export function Places({ places }: { places: Why['equipment'] }) {
  const { locale, words } = useLanguage()
  if (places.length === 0) return null
  return (
    <section className="panel">
      <h2>{words.equipment.title}</h2>
      <dl className="facts">
        {places.map(({ path, level, label, asset }) => (
          <div key={path}>
            <dt>{words.equipment.levels[level]}</dt>
            <dd>
              <a href={hrefTo('namespace', { at: path })}>{labelOf(label, locale) ?? path}</a>
              {asset && (
                <p>
                  {words.equipment.asset(asset.serial, formatDate(new Date(asset.since), locale))}{' '}
                  <span className="soft">{[asset.type, asset.note].filter(Boolean).join(' · ')}</span>
                </p>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
