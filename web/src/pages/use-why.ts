import { useCallback } from 'react'
import type { Signal, Why } from '../../../src/api/schemas.ts'
import { readWhy } from '../api.ts'
import { useSample } from '../live/use-live.ts'
import { useAnswer, useCalm } from './use-answer.ts'

/** The explanation is read again when the reasons change, at most this often, and once a minute for the declaration. */
const CALM_MS = 2_000
const AGAIN_MS = 60_000

/** Why a signal has its status now; undefined until it is read. */
export function useWhy(index: number, signal: Signal): Why | undefined {
  const sample = useSample(index)
  const reasons = useCalm(sample ? [sample.statusCode, ...sample.reasons].join(' ') : '', CALM_MS)
  // biome-ignore lint/correctness/useExhaustiveDependencies: other reasons need another explanation
  const read = useCallback(() => readWhy(signal.id), [signal.id, reasons])
  return useAnswer(read, AGAIN_MS).data
}
