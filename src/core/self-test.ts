/** One thing looked at before anything else: a function that security rests on, or what it runs in. */
export interface SelfTestResult {
  readonly check: string
  /** `fail`: the program does not start. `warn`: it starts, and says so. */
  readonly result: 'ok' | 'warn' | 'fail'
  readonly detail?: string
}
