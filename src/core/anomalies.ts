/** What is wrong with the data: one thing. The characteristic of quality that suffers from it is another. */
export type AnomalyKind =
  | (
      | 'out-of-range'
      | 'implausible-change'
      | 'spike'
      | 'flat-line'
      | 'missing'
      | 'late'
      | 'duplicate'
      | 'disorder'
      | 'clock'
      | 'stale'
      | 'state'
    )
  | (
      | 'counter'
      | 'unit'
      | 'disagreement'
      | 'maintenance'
      | 'calibration'
      | 'contract'
      | 'no-communication'
      | 'device'
      | 'flood'
      | 'substitute'
      | 'input'
      | 'other'
    )

/** Characteristics of data quality by their names in ISO/IEC 25012 and ISO 8000-210. */
export const CHARACTERISTICS = ['completeness', 'timeliness', 'accuracy', 'precision', 'consistency'] as const
export type Characteristic = (typeof CHARACTERISTICS)[number]

const KINDS: Readonly<Record<string, AnomalyKind>> = {
  ...{ range: 'out-of-range', 'instrument-range': 'out-of-range', 'not-a-number': 'out-of-range', infinite: 'out-of-range' },
  ...{
    rate: 'implausible-change',
    spike: 'spike',
    'flat-line': 'flat-line',
    gap: 'missing',
    overdue: 'missing',
    'never-heard': 'missing',
    'poll-overrun': 'missing',
  },
  ...{
    late: 'late',
    'too-late': 'late',
    duplicate: 'duplicate',
    'same-time': 'duplicate',
    'out-of-order': 'disorder',
    'clock-ahead': 'clock',
    'clock-offset': 'clock',
  },
  ...{ 'source-time-implausible': 'clock', 'dst-fold': 'clock', 'dst-gap': 'clock', stale: 'stale' },
  ...{
    'state-undeclared': 'state',
    'state-transition': 'state',
    'state-too-long': 'state',
    'counter-reset': 'counter',
    'counter-rollover': 'counter',
  },
  ...{ 'unit-mismatch': 'unit', 'under-maintenance': 'maintenance', 'calibration-expired': 'calibration', contract: 'contract' },
  ...{
    'source-silent': 'no-communication',
    'node-stopped': 'no-communication',
    'link-silent': 'no-communication',
    'log-stuck': 'no-communication',
    flood: 'flood',
    substituted: 'substitute',
  },
  ...{ 'substitute-expired': 'substitute', peers: 'disagreement' },
  // Of what is computed: from less than all of its time, from what is not Good itself, by clocks that are not sure enough.
  ...{ coverage: 'missing', 'input-missing': 'missing', 'input-bad': 'input', 'input-uncertain': 'input', 'clock-uncertainty': 'clock' },
}

const SUFFERS: Readonly<Record<AnomalyKind, Characteristic | undefined>> = {
  ...{ 'out-of-range': 'accuracy', 'implausible-change': 'accuracy', spike: 'accuracy', 'flat-line': 'accuracy', calibration: 'accuracy' },
  ...{ unit: 'accuracy', disagreement: 'accuracy', maintenance: 'accuracy', substitute: 'accuracy', missing: 'completeness' },
  ...{ 'no-communication': 'completeness', flood: 'completeness', device: 'completeness', late: 'timeliness', stale: 'timeliness' },
  ...{ clock: 'timeliness', duplicate: 'consistency', disorder: 'consistency', state: 'consistency', contract: 'consistency' },
  // A counter that begins again counts right; who takes differences must know.
  ...{ counter: undefined, input: undefined, other: undefined },
}

/** The kind of a reason; a version or a name after it does not change it. */
export function anomalyOf(reason: string): AnomalyKind {
  const name = reason.split(/[@:]/, 1)[0] as string
  if (Object.hasOwn(KINDS, name)) return KINDS[name] as AnomalyKind
  if (name.startsWith('epoch-')) return 'clock'
  return /^(modbus|sparkplug|node)-|-refused$|^no-value$|^type-mismatch$|^text-too-long$|^message-too-large$/.test(name)
    ? 'device'
    : 'other'
}

/** The characteristic that suffers from an anomaly, where one does. */
export const sufferingOf = (kind: AnomalyKind): Characteristic | undefined => SUFFERS[kind]
