import type { Variable } from '../core/expression/index.ts'
import { toRecordKinds } from '../core/record-kinds.ts'
import { CORRELATE_LIMITS, checkCorrelate, type Finding } from '../correlate/check-config.ts'
import type { KnownSignals } from '../govern/contracts/config.ts'
import { addExpressionProblems } from './expressions.ts'
import { type Located, locate, type Path, type Problems, type Wording } from './places.ts'
import type { EcluseConfig } from './schema.ts'
import type { ConfigWords } from './words.ts'

/** What `correlations:` and `kpis:` say of records, events, signals and each other. `events`: those that other parts of the file declare. */
export function checkCorrelations(
  { records, correlations, kpis, equipment }: Pick<EcluseConfig, 'records' | 'correlations' | 'kpis' | 'equipment'>,
  events: ReadonlyMap<string, Readonly<Record<string, Variable>>>,
  known: KnownSignals,
  context: { readonly at: Located; readonly problems: Problems; readonly words: ConfigWords },
): void {
  const { at, problems, words } = context
  const kinds = toRecordKinds(records)
  const signals = { signals: known.declared, isComplete: known.open.length === 0 }
  for (const finding of checkCorrelate({ correlations, kpis, kinds, events, equipment: Object.keys(equipment), ...signals })) {
    const place = locate(at, finding.path as Path)
    if (finding.is === 'expression') addExpressionProblems([finding.problem], place, problems, words)
    else problems.add(place, ...said(finding, words))
  }
}

function said(finding: Exclude<Finding, { is: 'expression' }>, words: ConfigWords): [code: string, Wording] {
  switch (finding.is) {
    case 'no-tolerance':
      return ['E_NO_TOLERANCE', words.noTolerance()]
    case 'no-tolerance-of-clocks':
      return ['W_NO_TOLERANCE', words.noToleranceOfClocks()]
    case 'no-interval':
      return ['E_NO_INTERVAL', words.noInterval()]
    case 'no-equipment':
      return ['E_PLACE_NEEDED', words.placeNeeded()]
    case 'no-formula':
      return ['E_NO_FORMULA', words.noFormula()]
    case 'duplicate-name':
      return ['E_DUPLICATE_NAME', words.duplicateName()]
    case 'bad-glob':
      return ['E_VALUE', words.badValue()]
    case 'no-places':
      return ['W_NO_PLACES', words.noPlaces()]
    case 'too-many':
      return ['E_TOO_MANY', words.tooMany(CORRELATE_LIMITS.equipment)]
    case 'missing-input':
      return ['E_MISSING_INPUT', words.missingInput(finding.name, finding.meaning, finding.unit)]
    case 'input-unit':
      return ['E_INPUT_UNIT', words.inputUnit(finding.name, finding.found, finding.must)]
    case 'mixed-units':
      return ['E_INPUT_UNIT', words.mixedUnits(finding.found.map((unit) => `\`${unit}\``).join(', '))]
    case 'unknown-event':
      return ['E_UNKNOWN_EVENT', words.unknownEvent(finding.name, finding.near)]
    case 'unknown-field':
      return ['E_UNKNOWN_FIELD', words.unknownField(finding.name, finding.near)]
    case 'unknown-signal':
      return ['E_UNKNOWN_SIGNAL', words.unknownSignal(finding.name, finding.near, true)]
    case 'field-type':
      return ['E_FIELD_TYPE', words.fieldType(finding.name, finding.found, finding.must)]
  }
}
