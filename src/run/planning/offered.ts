import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative, sep } from 'node:path'
import { digestOf, type LintResult, lintFiles } from '../../config/index.ts'
import type { Connector } from '../../core/connector.ts'
import type { ConfigProblem } from '../../core/errors.ts'
import type { Candidate, Offered } from '../../core/planning.ts'
import type { SignalDefinition } from '../../core/signals.ts'
import { compareConfigurations } from './index.ts'
import { toldPlan } from './told.ts'

type Files = readonly { readonly name: string; readonly text: string }[]

/** What the node runs by, as it was kept. */
export interface RunningFiles {
  readonly version: string
  readonly entry: string
  readonly files: Files
}

/**
 * Compares offered files with those that run. Nothing of them is executed, and nothing of this machine gets into the answer: no variable of the environment, no secret
 * file and no file outside their own folder is read.
 */
export async function planOffered(
  {
    candidate,
    running,
    live,
  }: { readonly candidate: Candidate; readonly running: RunningFiles; readonly live: readonly SignalDefinition[] },
  connectors: readonly Connector[],
): Promise<Offered> {
  const folder = await mkdtemp(join(tmpdir(), 'ecluse-offered-'))
  try {
    const lint = async (name: string, files: Files) => {
      const root = join(folder, name)
      await writeAll(root, files)
      return linted(root, running.entry, { connectors, candidate })
    }
    const before = await lint('before', running.files)
    const after = await lint('after', composed(running, candidate))
    if (!before.understood) throw new Error('the kept configuration cannot be read')
    if (!after.understood) return { problems: after.problems }
    const found = compareConfigurations(
      { loaded: before.understood, problems: before.problems },
      { ...after, understood: after.understood },
      live,
    )
    return { problems: after.problems, plan: { ...toldPlan(found, after.ok), before: running.version }, digest: digestOf(after.understood) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The files that would run. */
export function composed({ files: running }: Pick<RunningFiles, 'files'>, { files, isWhole }: Candidate): Files {
  return isWhole ? files : [...new Map([...running, ...files].map((file) => [file.name, file])).values()]
}

async function writeAll(root: string, files: Files): Promise<void> {
  await mkdir(root, { recursive: true })
  for (const { name, text } of files) {
    const path = join(root, ...name.split('/'))
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text, { mode: 0o600 })
  }
}

async function linted(
  root: string,
  entry: string,
  { connectors, candidate: { language } }: { readonly connectors: readonly Connector[]; readonly candidate: Candidate },
): Promise<LintResult> {
  const readSecret = () => {
    throw Object.assign(new Error('not read here'), { code: 'ENOENT' })
  }
  const found = await lintFiles(join(root, entry), { connectors, env: {}, readSecret, language, isConfined: true })
  const shown = (problem: ConfigProblem): ConfigProblem => ({ ...problem, file: relative(root, problem.file).split(sep).join('/') })
  // A problem is looked up by its place as lint has told it.
  const original = new Map(found.problems.map((problem) => [shown(problem), problem]))
  const problems = [...original.keys()]
  const understood = found.understood && {
    ...found.understood,
    contracts: found.understood.contracts.map((one) => ({ ...one, file: relative(root, one.file).split(sep).join('/') })),
  }
  return { ...found, problems, understood, pathOf: (problem) => found.pathOf(original.get(problem) ?? problem) }
}
