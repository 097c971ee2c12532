import { spawnSync } from 'node:child_process'
import { ROOT } from './lock.ts'

/**
 * `npm run advisories`: known vulnerabilities of what is shipped. Ends with 0 when there are none, 1 when there are, 2 when the question could not be asked. No
 * answer is never taken for a good one: `npm audit` itself prints an error as JSON and is easily read as "nothing found".
 */
export interface Verdict {
  readonly exit: 0 | 1 | 2
  readonly lines: readonly string[]
}

export function judge(output: string, said: string): Verdict {
  const notRun = (why: string): Verdict => ({
    exit: 2,
    lines: [`ADVISORIES NOT RUN: ${why}`, 'nothing is known about vulnerabilities of the packages'],
  })
  let report: {
    metadata?: { vulnerabilities?: Record<string, number>; dependencies?: { prod?: number } }
    message?: string
    vulnerabilities?: Record<string, { severity: string; range: string }>
  }
  try {
    report = JSON.parse(output)
  } catch {
    return notRun(said.trim().split('\n')[0] || 'no answer')
  }
  const counts = report.metadata?.vulnerabilities
  if (!counts || !report.vulnerabilities || typeof counts.total !== 'number') return notRun(report.message ?? 'an answer without a count')
  if (!report.metadata?.dependencies?.prod) return notRun('an answer about no packages')
  if (counts.total === 0) return { exit: 0, lines: ['advisories: none known'] }
  const found = Object.entries(report.vulnerabilities).map(([name, { severity, range }]) => `${severity}: ${name} ${range}`)
  return { exit: 1, lines: [`advisories: ${counts.total}`, ...found] }
}

if (import.meta.main) {
  const { stdout, stderr } = spawnSync('npm', ['audit', '--json', '--omit=dev'], { cwd: ROOT, encoding: 'utf8', timeout: 120_000 })
  const { exit, lines } = judge(stdout ?? '', stderr ?? '')
  for (const line of lines) console.log(line)
  process.exitCode = exit
}
