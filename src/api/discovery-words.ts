import type { DiscoveryFinding } from '../core/discovery.ts'
import type { Micros } from '../core/time.ts'

/** How findings are said to people, by language. */
export interface DiscoveryWords {
  readonly note: string
  /** `isEvent`: events and their controls; otherwise a number that is high or low. */
  says(finding: DiscoveryFinding, isEvent: boolean): string
}

export const DISCOVERY_LANGUAGES = ['en', 'fr'] as const

const en: DiscoveryWords = {
  note: 'These signals moved before. That does not make them causes: something else may move both, and what is not measured is not in here.',
  says: (finding, isEvent) => {
    const { lead, earliestUs, moments, controls, isInput, sameAs } = finding
    const { before, otherwise } = typical(finding, 'per min', 'per h')
    const moved = {
      level: finding.effect > 0 ? 'higher than before that' : 'lower than before that',
      slope: finding.effect > 0 ? 'rising' : 'falling',
      share: `${finding.effect > 0 ? 'more' : 'less'} often "${finding.state}" than before that`,
      transitions: `changing ${finding.effect > 0 ? 'more' : 'less'} often than before that`,
    }[finding.feature]
    const when = `${span(lead.fromUs)} to ${span(lead.toUs)} before`
    return [
      isEvent
        ? `${when} it was ${moved}: typically ${before}, at other times ${otherwise} (${moments} events, ${controls} controls)`
        : `${when} it was ${moved} where the number then rose: typically ${before}, else ${otherwise} (${moments} observations, worth ${Math.round(finding.effective ?? 0)})`,
      ...(earliestUs > lead.fromUs ? [`convincing already from ${span(earliestUs)} before`] : []),
      ...(isInput ? ['it is itself what the target is computed from'] : []),
      ...(sameAs.length > 0 ? [`the same is said by ${sameAs.join(', ')}`] : []),
    ].join('; ')
  },
}

const fr: DiscoveryWords = {
  note: 'Ces signaux ont bougé avant. Cela n’en fait pas des causes : autre chose peut agir sur les deux, et ce qui n’est pas mesuré n’apparaît pas ici.',
  says: (finding, isEvent) => {
    const { lead, earliestUs, moments, controls, isInput, sameAs } = finding
    const { before, otherwise } = typical(finding, 'par min', 'par h')
    const moved = {
      level: finding.effect > 0 ? 'plus haut qu’auparavant' : 'plus bas qu’auparavant',
      slope: finding.effect > 0 ? 'en hausse' : 'en baisse',
      share: `${finding.effect > 0 ? 'plus' : 'moins'} souvent « ${finding.state} » qu’auparavant`,
      transitions: `en train de changer ${finding.effect > 0 ? 'plus' : 'moins'} souvent qu’auparavant`,
    }[finding.feature]
    const when = `de ${span(lead.fromUs)} à ${span(lead.toUs)} avant`
    return [
      isEvent
        ? `${when}, il était ${moved} : typiquement ${before}, à d’autres moments ${otherwise} (${moments} évènements, ${controls} témoins)`
        : `${when}, il était ${moved} quand le nombre montait ensuite : typiquement ${before}, sinon ${otherwise} (${moments} observations, qui en valent ${Math.round(finding.effective ?? 0)})`,
      ...(earliestUs > lead.fromUs ? [`déjà convaincant dès ${span(earliestUs)} avant`] : []),
      ...(isInput ? ['la cible est elle-même calculée à partir de lui'] : []),
      ...(sameAs.length > 0 ? [`${sameAs.join(', ')} dit la même chose`] : []),
    ].join(' ; ')
  },
}

export const discoveryWords: Readonly<Record<(typeof DISCOVERY_LANGUAGES)[number], DiscoveryWords>> = { en, fr }

function typical({ feature, unit, typical: { before, otherwise } }: DiscoveryFinding, perMinute: string, perHour: string) {
  const own = unit === undefined || unit === '1' ? '' : ` ${unit}`
  const [factor, after] = {
    level: [1, own] as const,
    slope: [60, `${own} ${perMinute}`] as const,
    share: [100, ' %'] as const,
    transitions: [1, ` ${perHour}`] as const,
  }[feature]
  const say = (value: number) => `${value > 0 ? '+' : ''}${Number((value * factor).toPrecision(3))}${after}`
  return { before: say(before), otherwise: say(otherwise) }
}

/** `10 min`, `2.5 min`, `30 s`, `1.5 h`. */
export function span(us: Micros): string {
  const seconds = us / 1e6
  const [size, unit] = seconds >= 5400 ? [3600, 'h'] : seconds >= 90 ? [60, 'min'] : [1, 's']
  return `${Number((seconds / size).toPrecision(3))} ${unit}`
}
