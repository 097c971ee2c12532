import { SECOND } from '../../../core/time.ts'
import type { Detector } from '../detector.ts'
import { Burst } from './burst.ts'

const WINDOW = 60 * SECOND
const FAILURES = 5

/** Refused sign-ins from one address within a minute. */
export function signInBurst(): Detector {
  const bursts = new Burst(WINDOW)
  return {
    refusedSignIn({ from, who, time }) {
      const failures = bursts.count(from, time)
      if (failures < FAILURES) return undefined
      const evidence = { failures, seconds: WINDOW / SECOND, ...(who !== undefined && { account: who }) }
      return { code: 'sign-in-burst', severity: 'high', subject: from, evidence }
    },
  }
}
