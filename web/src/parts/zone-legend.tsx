import { useLanguage } from '../words/index.ts'

/** What the lines of the drawing mean. */
export function ZoneLegend() {
  const { words } = useLanguage()
  const text = words.zones.legend
  const entries = [
    { look: 'zone-line', label: text.flowing },
    { look: 'zone-line zone-silent', label: text.silent },
    { look: 'zone-line zone-undeclared zone-standing-2', label: text.undeclared },
    { look: 'zone-line zone-standing-2', label: text.abnormal },
  ]
  return (
    <ul className="zone-legend soft">
      {entries.map(({ look, label }) => (
        <li key={label}>
          <svg viewBox="0 0 30 10" width="30" height="10" aria-hidden="true" className={look}>
            <path d="M1 5H29" />
          </svg>
          {label}
        </li>
      ))}
      <li>
        <svg viewBox="0 0 14 10" width="14" height="10" aria-hidden="true" className="zone-line">
          <path className="zone-tip" d="M3 1L12 5L3 9Z" />
        </svg>
        {text.data}
      </li>
      <li>
        <svg viewBox="0 0 10 10" width="10" height="10" aria-hidden="true" className="zone-line">
          <circle className="zone-dial" cx="5" cy="5" r="3.5" />
        </svg>
        {text.dials}
      </li>
      <li>
        <svg viewBox="0 0 14 10" width="14" height="10" aria-hidden="true" className="zone-line">
          <path className="zone-bar" d="M1 5h12" />
        </svg>
        {text.oneWay}
      </li>
      <li>{text.count}</li>
    </ul>
  )
}
