import { useMemo } from 'react'
import type { FlowList, PolicyAnswer } from '../../../src/api/schemas.ts'
import { readFindings, readFlows, readPolicy } from '../api.ts'
import { type ConduitRow, conduitRows } from '../live/zone-rows.ts'
import { useAnswer } from './use-answer.ts'

const AGAIN_MS = 10_000
/** The most that the node tells of at once. */
const FLOWS = 4_096

const readAllFlows = () => readFlows(FLOWS)
// How many there are of each conduit comes with any of them.
const readOpenFindings = () => readFindings({ state: 'open', limit: 1 })

export interface PolicyReading {
  readonly policy: PolicyAnswer | undefined
  readonly flows: FlowList | undefined
  /** Worst first; what is declared against what is seen. */
  readonly rows: readonly ConduitRow[]
  readonly problem: string | undefined
}

/** The policy of the node with what it sees of it. */
export function usePolicy(): PolicyReading {
  const policy = useAnswer(readPolicy, AGAIN_MS)
  const flows = useAnswer(readAllFlows, AGAIN_MS)
  const findings = useAnswer(readOpenFindings, AGAIN_MS)
  const rows = useMemo(
    () => (policy.data ? conduitRows(policy.data, flows.data?.flows ?? [], findings.data?.openByConduit ?? {}, Date.now()) : []),
    [policy.data, flows.data, findings.data],
  )
  return {
    ...{ policy: policy.data, flows: flows.data, rows },
    problem: policy.problem ?? flows.problem ?? findings.problem,
  }
}
