import type { Sample } from '../api/schemas.ts'
import type { Verb } from './context.ts'
import { type Column, paint } from './output.ts'

/** A value as a person reads it; what has none says so. */
export function valueText(sample: Sample): string {
  return sample.value === null ? '-' : String(sample.value)
}

/** The severity, and the exact code where it says more. */
export function statusText(sample: Sample): string {
  return sample.statusCode === sample.status ? sample.status : `${sample.status} (${sample.statusCode})`
}

export function ageSeconds(verb: Verb, time: string): number {
  return (verb.clock.now() / 1000 - Date.parse(time)) / 1000
}

/** Paints a whole line by severity: nothing for Good. */
export function paintStatus(verb: Verb, sample: Sample, text: string): string {
  const { warn, bad } = paint(verb.io.colour.out)
  return sample.status === 'Bad' ? bad(text) : sample.status === 'Uncertain' ? warn(text) : text
}

export function sampleColumns(verb: Verb, age: (sample: Sample) => string): Column<Sample>[] {
  const words = verb.words.values
  return [
    { title: words.signal, cell: (sample) => sample.signal },
    { title: words.value, cell: valueText, right: true },
    { title: words.unit, cell: (sample) => sample.unit ?? '' },
    { title: words.status, cell: statusText },
    { title: words.age, cell: age, right: true },
    { title: words.reasons, cell: (sample) => sample.reasons.join(', ') },
  ]
}
