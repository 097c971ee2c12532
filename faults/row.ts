import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { program } from '../bench/report.ts'

/** `short` is what `npm test` runs, `long` what a release does. */
export type Form = 'short' | 'long'

/** So many of what the long form does; `ECLUSE_SHARE=0.1` does a tenth of it, and the runs say so. */
export function ofLong(count: number): number {
  return Math.max(1, Math.round(count * Number(process.env.ECLUSE_SHARE ?? 1)))
}

/** One line of the scorecard. */
export interface Row {
  readonly fault: string
  readonly method: string
  readonly runs: number
  readonly target: string
  readonly figure: string
  readonly met: boolean
}

/** A file `faults/NAME.fault.ts`. */
export interface Fault {
  readonly title: string
  /** Several whole nodes: not part of `npm test` on its own. */
  readonly ofGateway?: boolean
  /** How much else may run: its target is a time that other work on the machine would spoil, or some seconds that leave room for one other test. */
  readonly beside?: 'nothing' | 'one'
  /** Programs without which nothing can be said. */
  readonly needs?: readonly string[]
  /** It mounts file systems, which containers often forbid. */
  readonly mounts?: boolean
  run(form: Form): Promise<Row[]>
}

/** The programs of a fault that this machine lacks. */
export function missing({ needs = [] }: Pick<Fault, 'needs'>): string[] {
  return needs.filter((name) => program(name) === undefined)
}

/** The path of a program that `needs` names. */
export function tool(name: string): string {
  const path = program(name)
  if (!path) throw new Error(`${name} is not installed`)
  return path
}

/** May this process mount? Tried, because neither the user's id nor a capability tells it for sure. */
export function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'ecluse-mount-'))
  try {
    if (spawnSync(tool('mount'), ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]).status !== 0) return false
    spawnSync(tool('umount'), [folder])
    return spawnSync(tool('losetup'), ['-f']).status === 0
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export const HEADING = '| fault | method | runs | target | figure | met? |\n|---|---|---|---|---|---|'

export function line({ fault, method, runs, target, figure, met }: Row): string {
  return `| ${fault} | ${method} | ${runs.toLocaleString('en')} | ${target} | ${figure} | ${met ? 'yes' : '**NO**'} |`
}

/** A line that says why nothing was found out. */
export function notRun(fault: string, why: string): string {
  return `| ${fault} | | 0 | | ${why} | not run |`
}
