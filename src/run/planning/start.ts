import { Worker } from 'node:worker_threads'
import type { KeptConfigurations } from '../../core/node-view.ts'
import { type Candidate, type Offered, PlanRefused } from '../../core/planning.ts'
import type { SignalDefinition } from '../../core/signals.ts'
import { PLANNING_LIMITS } from './limits.ts'
import type { RunningFiles } from './offered.ts'

export interface PlanningParts {
  readonly configurations: KeptConfigurations
  /** Of the configuration that runs. */
  readonly version: string
  readonly signals: () => readonly SignalDefinition[]
  /** Milliseconds for one comparison; default `PLANNING_LIMITS.planMs`. */
  readonly planMs?: number
  /** Memory for it; default `PLANNING_LIMITS.memoryMiB`. */
  readonly memoryMiB?: number
}

/** Compares offered files with those that run, one at a time. The function it gives rejects with PlanRefused. */
export function planning({ configurations, version, signals, ...more }: PlanningParts) {
  const bounds = { ...PLANNING_LIMITS, ...more }
  let isBusy = false
  return async (candidate: Candidate): Promise<Offered> => {
    check(candidate)
    if (isBusy) throw new PlanRefused('busy', 'another plan is being made')
    isBusy = true
    try {
      const kept = await configurations.read(version)
      if (!kept) throw new PlanRefused('not-kept', 'the running configuration was not kept')
      const files = kept.files.map((name, i) => ({ name, text: kept.texts[i] ?? '' }))
      const live = signals().map(({ id, connection, address, dataType, unit }) => ({
        ...{ id, connection, address, dataType },
        ...(unit !== undefined && { unit }),
      }))
      return await inThread({ candidate, running: { version, entry: kept.entry, files }, live }, bounds)
    } finally {
      isBusy = false
    }
  }
}

function check({ files }: Candidate): void {
  if (files.length > PLANNING_LIMITS.files) throw new PlanRefused('too-long', `more than ${PLANNING_LIMITS.files} files`)
  if (files.reduce((sum, { text }) => sum + text.length, 0) > PLANNING_LIMITS.characters)
    throw new PlanRefused('too-long', `more than ${PLANNING_LIMITS.characters} characters`)
  for (const { name } of files) {
    const isName = name.length <= PLANNING_LIMITS.nameLength && /^[\w][\w.-]*(\/[\w][\w.-]*)*\.ya?ml$/.test(name)
    if (!isName)
      throw new PlanRefused('bad-name', 'a file is named by letters, digits, `_`, `-` and `.`, ends in .yaml, and stays in its folder')
  }
}

interface Work {
  readonly candidate: Candidate
  readonly running: RunningFiles
  readonly live: readonly SignalDefinition[]
}

function inThread(workerData: Work, { planMs, memoryMiB }: { readonly planMs: number; readonly memoryMiB: number }): Promise<Offered> {
  // Compiled for publishing, this file and the thread's both end in `.js`.
  const script = import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js'
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(script, import.meta.url), {
      workerData,
      name: 'plan',
      resourceLimits: { maxOldGenerationSizeMb: memoryMiB },
    })
    const end = (settle: () => void) => {
      clearTimeout(timer)
      void worker.terminate()
      settle()
    }
    const timer = setTimeout(() => end(() => reject(new PlanRefused('took-too-long', `not compared within ${planMs / 1000} s`))), planMs)
    worker.once('message', (offered: Offered) => end(() => resolve(offered)))
    worker.once('error', (error) => end(() => reject(new PlanRefused('failed', error.message))))
  })
}
