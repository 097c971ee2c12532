import type { RuleExplanation, Signal } from '../../../src/api/schemas.ts'
import { formatDate, formatNumber, formatSeconds, formatUnit } from '../format.ts'
import { shownNumber, shownStep, shownUnit } from '../live/shown.ts'
import type { Locale, Words } from '../words/index.ts'

/** States and members named in a sentence; a list of a thousand is not one. */
const NAMED = 12

/** What a rule holds readings to, in words, with the parameters it was declared with. A rule we have no words for shows its parameters as they are. */
export function ruleText({ rule, parameters }: RuleExplanation, signal: Signal, locale: Locale, words: Words): string {
  const says = words.rules
  const number = (name: string, digits?: number) => {
    const value = parameters[name]
    return typeof value === 'number' ? formatNumber(value, locale, digits) : '∞'
  }
  const unit = formatUnit(shownUnit(signal), locale)
  /** Parameters are declared in the stored unit: values, and distances between values. */
  const said = (name: string, of: typeof shownNumber): string => {
    const value = parameters[name]
    return typeof value === 'number' ? formatNumber(of(signal, value), locale) : '∞'
  }
  const quantity = (name: string) => [said(name, shownNumber), unit].filter(Boolean).join(' ')
  const step = (name: string) => [said(name, shownStep), unit].filter(Boolean).join(' ')
  const time = (name: string) => {
    const value = parameters[name]
    return typeof value === 'number' ? formatSeconds(value, locale) : '∞'
  }
  switch (rule) {
    case 'range':
    case 'instrument-range':
      return says[rule](parameters.low === null ? '−∞' : said('low', shownNumber), quantity('high'))
    case 'rate':
      return says.rate(step('maxRatePerSecond'))
    case 'flat-line':
      return says['flat-line'](time('afterSeconds'), step('resolution'))
    case 'gap':
      return says.gap(time('expectedPeriodSeconds'))
    case 'lateness': {
      const text = says.lateness(time('lateAfterSeconds'), time('aheadSeconds'))
      return 'acceptLateSeconds' in parameters ? `${text} · ${says.latenessAccepted(time('acceptLateSeconds'))}` : text
    }
    case 'order':
      return says.order
    case 'stale':
      return says.stale(time('afterSeconds'))
    case 'state': {
      const text = says.state(listed(Object.entries(pairs(parameters.states)).map(([code, state]) => `${state} (${code})`)))
      const steps = Object.entries(pairs(parameters.transitions)).map(([from, to]) => `${from} → ${[to].flat().join(' | ')}`)
      const times = Object.entries(pairs(parameters.longestSeconds)).map(
        ([state, most]) => `${state} ${formatSeconds(Number(most), locale)}`,
      )
      return [
        text,
        ...(steps.length > 0 ? [says.stateTransitions(listed(steps))] : []),
        ...(times.length > 0 ? [says.stateTimes(listed(times))] : []),
      ].join(' · ')
    }
    case 'counter':
      return typeof parameters.rollover === 'number' ? says.counterRollover(said('rollover', shownNumber)) : says.counter
    case 'spike':
      return says.spike(number('threshold'), number('window'))
    case 'unit-mismatch':
      return says['unit-mismatch'](formatUnit(String(parameters.declared), locale), formatUnit(String(parameters.device), locale))
    case 'calibration':
      return says.calibration(dateText(parameters.until, locale))
    case 'clock-offset':
      return says[rule](String(parameters.connection ?? signal.connection))
    case 'maintenance':
      return says.maintenance
    case 'peers':
      return peersText(parameters, step('tolerance'), words)
    default:
      return generic(parameters) || rule
  }
}

function peersText(parameters: RuleExplanation['parameters'], tolerance: string, words: Words): string {
  const { same, total, parts } = parameters
  if (Array.isArray(same)) return words.rules.peersSame(listed(same.map(String)), tolerance)
  if (total !== undefined && Array.isArray(parts)) {
    return words.rules.peersTotal(String(total), parts.slice(0, NAMED).map(String).join(' + '), tolerance)
  }
  return generic(parameters)
}

const dateText = (value: unknown, locale: Locale): string =>
  Number.isNaN(Date.parse(String(value))) ? String(value) : formatDate(new Date(String(value)), locale)

const pairs = (value: unknown): Record<string, unknown> => (typeof value === 'object' && value !== null ? { ...value } : {})

const listed = (names: readonly string[]): string => `${names.slice(0, NAMED).join(', ')}${names.length > NAMED ? ' …' : ''}`

const generic = (parameters: RuleExplanation['parameters']): string =>
  Object.entries(parameters)
    .map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join(', ')
