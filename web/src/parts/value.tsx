import type { Sample, Signal } from '../../../src/api/schemas.ts'
import { formatAge, formatNumber, formatUnit, rawValue } from '../format.ts'
import { shownUnit, shownValue } from '../live/shown.ts'
import { useNow } from '../live/use-live.ts'
import { type Locale, useLanguage, type Words } from '../words/index.ts'

/** A value as the reader's language writes it. */
function valueText(value: Sample['value'] | undefined, signal: Signal, locale: Locale, words: Words): string {
  if (value === undefined || value === null) return '—'
  if (typeof value === 'number') return formatNumber(value, locale, signal.decimals)
  if (typeof value === 'boolean') return value ? words.value.yes : words.value.no
  return value
}

/** What is stored, where it is shown in another unit: `stored: 20.5 °C`. */
export function storedText(sample: Sample | undefined, signal: Signal, locale: Locale, words: Words): string | undefined {
  if (!signal.display || typeof sample?.value !== 'number') return undefined
  return words.value.stored(formatNumber(sample.value, locale), formatUnit(signal.unit, locale))
}

/** The value alone, in the unit people see. What is copied has the digits a machine wants; a value that is no longer renewed is struck, one that is missing is a dash with a word. */
export function ValueText({ sample, signal }: { sample: Sample | undefined; signal: Signal }) {
  const { locale, words } = useLanguage()
  const none = sample === undefined || sample.value === null
  const value = sample && shownValue(signal, sample.value)
  const old = sample?.statusCode.includes('LastUsableValue') ?? false
  return (
    <span
      className={`value${old ? ' value-old' : ''}${none ? ' value-none' : ''}`}
      data-raw={value === undefined ? '' : rawValue(value)}
      title={storedText(sample, signal, locale, words)}
    >
      {valueText(value, signal, locale, words)}
      {none && <span className="unseen"> {words.value.none}</span>}
    </span>
  )
}

export function UnitText({ signal }: { signal: Signal }) {
  const { locale, words } = useLanguage()
  const unit = signal.dataType === 'number' ? formatUnit(shownUnit(signal), locale) : ''
  const stored = signal.display && words.value.storedIn(formatUnit(signal.unit, locale))
  if (unit)
    return (
      <span className="unit" title={stored}>
        {unit}
      </span>
    )
  return (
    <span className="unit" title={words.value.noUnit}>
      <span aria-hidden="true">·</span>
      <span className="unseen">{words.value.noUnit}</span>
    </span>
  )
}

/** Time since this node heard the sample, once per second. */
export function Age({ sample }: { sample: Sample | undefined }) {
  const now = useNow()
  const { locale, words } = useLanguage()
  if (!sample) return <span className="age">—</span>
  const age = formatAge(now - Date.parse(sample.receivedTime ?? sample.time), locale)
  return (
    <span className="age" title={words.value.ago(age)}>
      {age}
    </span>
  )
}

/** Copying inside one value yields the digits a machine wants, not the locale's. Called once for the page. */
export function copyRawValues(root: Document): void {
  root.addEventListener('copy', (event) => {
    const selection = root.getSelection()
    const node = selection?.anchorNode
    const holder = (node instanceof Element ? node : node?.parentElement)?.closest('[data-raw]')
    if (!holder || !selection?.focusNode || !holder.contains(selection.focusNode)) return
    event.clipboardData?.setData('text/plain', holder.getAttribute('data-raw') ?? '')
    event.preventDefault()
  })
}
