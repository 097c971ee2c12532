import type { Contract, ContractProperty } from '../core/contracts.ts'
import {
  API_VERSIONS,
  CONTRACT_FIELDS,
  CONTRACT_LIMITS,
  checkBinding,
  contractWords,
  durationUs,
  flatten,
  foreignOptions,
  isPattern,
  type KnownSignals,
  type Odcs,
  optionsOf,
  PROPERTY_FIELDS,
  readCheck,
  readFields,
  STATUSES,
  type WrittenCheck,
} from '../govern/contracts/config.ts'
import { compileGlob, type Glob, GlobError } from '../lib/glob.ts'
import { nearest } from '../lib/suggest.ts'
import { addIssues } from './issues.ts'
import { type Located, locate, locateKey, type Path, type Problems } from './places.ts'
import { configWords, type Language } from './words.ts'

interface Place {
  readonly at: Located
  readonly value: unknown
  readonly problems: Problems
  readonly language: Language
}

type Custom = Odcs['customProperties']

/** What the schema of contracts cannot see, each thing at its place. */
export class ContractChecks {
  readonly #parsed: Odcs
  readonly #contract: Contract
  readonly #place: Place

  constructor(parsed: Odcs, contract: Contract, place: Place) {
    this.#parsed = parsed
    this.#contract = contract
    this.#place = place
  }

  get #words() {
    return contractWords[this.#place.language]
  }

  /** `known` undefined: the contract is looked at by itself. */
  all(known: KnownSignals | undefined): void {
    this.#whole()
    this.#fields(this.#parsed.customProperties, CONTRACT_FIELDS, [])
    const placed = (this.#parsed.schema ?? []).flatMap((object, index) => flatten(object.name, object.properties, ['schema', index]))
    this.#service(new Set([...(this.#parsed.schema ?? []).map((object) => object.name), ...placed.map(({ name }) => name)]))
    this.#parsed.schema?.forEach((object, index) => {
      this.#quality(object.quality, ['schema', index], false)
    })
    const names = new Set<string>()
    placed.forEach(({ name, property: written, path }, index) => {
      this.#fields(written.customProperties, PROPERTY_FIELDS, path)
      if (names.size === names.add(name).size) this.#add([...path, 'name'], 'E_CONTRACT_DUPLICATE', this.#words.duplicateProperty(name))
      for (const key of foreignOptions(written.logicalType, written.logicalTypeOptions)) {
        const known = optionsOf(written.logicalType).join(', ')
        this.#add([...path, 'logicalTypeOptions', key], 'E_CONTRACT_OPTION', this.#words.option(key, written.logicalType ?? '', known))
      }
      this.#quality(written.quality, path, true)
      const property = this.#contract.properties[index]
      if (property) this.#property(property, written.customProperties, path, known)
    })
  }

  #add(path: Path, code: string, wording: readonly [string, string?]): void {
    this.#place.problems.add(locate(this.#place.at, path), code, wording)
  }

  #whole(): void {
    const { apiVersion, status } = this.#parsed
    const { otOwner, itOwner } = this.#contract
    const words = this.#words
    if (apiVersion !== API_VERSIONS[0]) this.#add(['apiVersion'], 'W_CONTRACT_VERSION', words.olderVersion(apiVersion))
    if (!STATUSES.some((known) => known === status)) this.#add(['status'], 'W_CONTRACT_STATUS', words.status(STATUSES.join(', ')))
    const place = locateKey(this.#place.at, [], 'customProperties')
    const given = (name: string) => this.#parsed.customProperties?.some(({ property }) => property === name) === true
    const warn = (code: string, wording: readonly [string, string?]) => this.#place.problems.add(place, code, wording)
    if (otOwner === undefined && !given('otOwner')) warn('W_CONTRACT_OWNER', words.noOtOwner())
    if (itOwner === undefined && !given('itOwner')) warn('W_CONTRACT_OWNER', words.noItOwner())
    if (!given('forbiddenUses')) warn('W_CONTRACT_USES', words.noForbiddenUses())
  }

  /** Checks that cannot be kept while data flows: those of whole tables, in SQL or by a tool, and what a metric of the library cannot mean of samples. */
  #quality(written: readonly WrittenCheck[] | undefined, path: Path, isProperty: boolean): void {
    const names = new Set<string>()
    written?.forEach((one, index) => {
      const read = readCheck(one)
      if (read === undefined) return
      const at = [...path, 'quality', index]
      if ('unsupported' in read) this.#add(at, 'W_CONTRACT_CHECK', this.#words.check(read.unsupported, read.name))
      else if (!isProperty) this.#add(at, 'W_CONTRACT_CHECK', this.#words.checkOfObject(read.name))
      else if (names.size === names.add(read.name).size) this.#add(at, 'E_CONTRACT_DUPLICATE', this.#words.duplicateCheck(read.name))
    })
  }

  /** Promises of time that nobody could keep watch over. */
  #service(elements: ReadonlySet<string>): void {
    this.#parsed.slaProperties?.forEach((entry, index) => {
      if (!/^(latency|frequency|freshness)$/i.test(entry.property)) return
      const path = ['slaProperties', index]
      if (durationUs({ value: entry.value, unit: entry.unit }) === undefined)
        this.#add([...path, 'value'], 'W_CONTRACT_SERVICE', this.#words.noTime())
      for (const element of entry.element?.split(',') ?? []) {
        const name = element.trim()
        if (!elements.has(name)) this.#add([...path, 'element'], 'W_CONTRACT_SERVICE', this.#words.unknownElement(name))
      }
    })
  }

  /** Wrong values of our names, and names that are nearly ours: any other name belongs to somebody else. */
  #fields(custom: Custom, known: typeof CONTRACT_FIELDS | typeof PROPERTY_FIELDS, path: Path): void {
    const { at, value, problems, language } = this.#place
    for (const { index, issues } of readFields(known, custom).problems)
      addIssues(issues, { at, value, schemas: [], problems, words: configWords[language] }, [...path, 'customProperties', index, 'value'])
    const names = new Set(custom?.map(({ property }) => property))
    const free = Object.keys(known).filter((name) => !names.has(name))
    custom?.forEach(({ property }, index) => {
      const near = Object.hasOwn(known, property) ? undefined : nearest(property, free)
      if (near) this.#add([...path, 'customProperties', index, 'property'], 'W_CONTRACT_FIELD', this.#words.fieldName(near))
    })
  }

  #property(property: ContractProperty, custom: Custom, path: Path, known: KnownSignals | undefined): void {
    const { low, high, lowOpen, highOpen } = property.range
    const placeOf = (name: string, otherwise: string): Path => {
      const index = custom?.findIndex((entry) => entry.property === name) ?? -1
      return index < 0 ? [...path, otherwise] : [...path, 'customProperties', index, 'value']
    }
    if (low > high || (low === high && (lowOpen || highOpen)))
      this.#add([...path, 'logicalTypeOptions'], 'E_CONTRACT_RANGE', this.#words.emptyRange())
    const places = {
      signal: placeOf('signal', 'physicalName'),
      unit: placeOf('unit', 'name'),
      range: [...path, 'logicalTypeOptions'],
      states: placeOf('validStates', 'name'),
    }
    if (property.signal !== undefined && isPattern(property.signal) && !readable(property.signal))
      this.#add(places.signal, 'E_CONTRACT_PATTERN', this.#words.badPattern())
    else if (known) {
      for (const { about, code, said } of checkBinding(property, known, glob, this.#words)) this.#add(places[about], code, said)
    }
  }
}

const glob = (pattern: string): Glob =>
  compileGlob(pattern, { length: CONTRACT_LIMITS.patternLength, alternatives: CONTRACT_LIMITS.patternAlternatives })

function readable(pattern: string): boolean {
  try {
    glob(pattern)
    return true
  } catch (error) {
    if (!(error instanceof GlobError)) throw error
    return false
  }
}
