import { describe } from 'node:test'
import { accounting } from './contract-accounts.ts'
import { asking } from './contract-asking.ts'
import type { Open } from './contract-bench.ts'
import { compacting } from './contract-compacting.ts'
import { stating } from './contract-facts.ts'
import { filling } from './contract-gaps.ts'
import { measuring } from './contract-measures.ts'
import { reading } from './contract-reading.ts'
import { lining } from './contract-series.ts'
import { tallying } from './contract-tally.ts'
import { recording } from './contract-versions.ts'
import { writing } from './contract-writing.ts'

/** What every historian must do. `open` opens or reopens the one in a directory. */
export function historianContract(name: string, open: Open): void {
  describe(`historian: ${name}`, () => {
    writing(open)
    filling(open)
    reading(open)
    tallying(open)
    compacting(open)
    asking(open)
    measuring(open)
    recording(open)
    stating(open)
    lining(open)
    accounting(open)
  })
}
