import assert from 'node:assert/strict'
import { test } from 'node:test'
// @ts-expect-error the package has no types
import ucum from '@lhncbc/ucum-lhc'
import { METRIC, PLAIN, SCALES } from './atoms.ts'
import { convert, sameDimension } from './convert.ts'
import { readUnit } from './index.ts'
import { rec20Units } from './rec20.ts'

/** The reference implementation of the U.S. National Library of Medicine, by other hands and with floating numbers. */
interface Peer {
  convertUnitTo(from: string, value: number, to: string): { status: string; toVal: number | null }
}
const peer = (ucum as { UcumLhcUtils: { getInstance(): Peer } }).UcumLhcUtils.getInstance()

/** Older constants than those of the 2019 SI (eV, u, [e]), and a zero of the Réaumur scale that is not where ice melts; no conversion of the baud. */
const OUTDATED = /(^|[^A-Za-z])(Bd|eV|u|\[e\]|\[degRe\])$/

test('ucum-lhc agrees on every atom and every unit of Rec 20: which convert into each other, and by what', () => {
  const codes = [METRIC, PLAIN, SCALES].flatMap(Object.keys).concat(rec20Units().filter((code) => !code.includes('{')))
  const known = codes
    .filter((code) => !OUTDATED.test(code))
    .flatMap((code) => readUnit(code) ?? [])
    .filter(({ code }) => peer.convertUnitTo(code, 1, code).status === 'succeeded')
  let compared = 0
  const disagreements: string[] = []
  for (const from of known) {
    for (const to of known.filter((one) => sameDimension(from, one)).slice(0, 12)) {
      const theirs = peer.convertUnitTo(from.code, 2.5, to.code).toVal ?? Number.NaN
      const ours = convert(2.5, from, to)
      compared++
      if (!(Math.abs(theirs - ours) <= 1e-12 * Math.abs(ours))) disagreements.push(`${from.code} ${to.code}: ${ours}, ucum-lhc ${theirs}`)
    }
  }
  assert.deepEqual(disagreements, [])
  assert.ok(compared > 3_000, `${compared} pairs`)
})
