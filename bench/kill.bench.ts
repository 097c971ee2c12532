import { killRun } from '../test/kill-run.ts'
import type { Figure } from './report.ts'

export const title = 'kill -9 at random moments under load'

export async function measure(): Promise<Figure[]> {
  const report = await killRun(Number(process.env.ECLUSE_KILLS ?? 100), Math.random)
  const note = `${report.kills} kills, ${report.acknowledged.toLocaleString('en')} samples acknowledged`
  return [
    { what: 'acknowledged samples lost', unit: 'samples', runs: [report.lost], aim: '0', note },
    { what: 'samples stored twice', unit: 'samples', runs: [report.twice], aim: '0', note },
    { what: 'collecting again after a kill, from process start', unit: 'ms', runs: report.readyMs, aim: '≤ 5,000' },
  ]
}
