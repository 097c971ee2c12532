import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { z } from 'zod'
import { digestOf, type LoadedConfig } from '../config/index.ts'
import type { KeptConfiguration, KeptConfigurations } from '../core/node-view.ts'
import type { Micros } from '../core/time.ts'
import { syncDirectory } from '../lib/replace-file.ts'

/** What is kept of the configurations a node was started with. */
export const KEPT_LIMITS = {
  /** The oldest beyond these goes. */
  versions: 100,
  /** Characters of all files of one; a longer one is not kept. */
  characters: 64 * 1024 * 1024,
} as const

const kept = z.object({
  version: z.string(),
  keptTime: z.number(),
  entry: z.string(),
  files: z.array(z.string()).max(512),
  digest: z.string().optional(),
  approval: z.enum(['approved', 'not-asked', 'missing']).optional(),
})
const INDEX = 'index.json'
const folderOf = (data: string): string => join(data, 'config')

/** Keeps the files a node starts with under `DATA/config/VERSION`, whole or not at all. Rejects when they cannot be written, or are too long. */
export async function keepConfiguration(
  data: string,
  { version, sources }: Pick<LoadedConfig, 'version' | 'sources'>,
  now: Micros,
  approval?: KeptConfiguration['approval'],
  limits: { readonly versions: number; readonly characters: number } = KEPT_LIMITS,
): Promise<void> {
  if (sources.reduce((sum, { text }) => sum + text.length, 0) > limits.characters)
    throw new RangeError(`more than ${limits.characters} characters`)
  const folder = folderOf(data)
  const target = join(folder, version)
  const draft = `${target}.new`
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await rm(draft, { recursive: true, force: true })
  await mkdir(draft, { mode: 0o700 })
  const base = commonFolder(sources.map(({ path }) => path))
  const files = sources.map(({ path }) => relative(base, path).split(sep).join('/'))
  const own = sources.flatMap(({ isContract, path }) => (isContract ? [] : [path]))
  const entry = own.length === 1 ? (own[0] as string) : dirname(own[0] ?? base)
  const index: KeptConfiguration = {
    ...{ version, keptTime: now, entry: relative(base, entry).split(sep).join('/') || '.', files },
    ...{ digest: digestOf({ sources }), approval },
  }
  await Promise.all(sources.map(({ text }, i) => writeFile(join(draft, String(i)), text, { mode: 0o600, flush: true })))
  await writeFile(join(draft, INDEX), JSON.stringify(index), { mode: 0o600, flush: true })
  await rm(target, { recursive: true, force: true })
  await rename(draft, target)
  await syncDirectory(folder)
  const old = (await list(folder)).slice(limits.versions)
  await Promise.all(old.map((one) => rm(join(folder, one.version), { recursive: true, force: true })))
}

export function keptConfigurations(data: string): KeptConfigurations {
  const folder = folderOf(data)
  return {
    list: () => list(folder),
    read: async (version) => {
      const index = await indexOf(folder, version)
      if (!index) return undefined
      const texts = await Promise.all(index.files.map((_, i) => readFile(join(folder, version, String(i)), 'utf8')))
      return { ...index, texts }
    },
  }
}

/** Newest first; what somebody else put there is no configuration. */
async function list(folder: string): Promise<KeptConfiguration[]> {
  const names = await readdir(folder).catch(() => [])
  const found = await Promise.all(names.map((name) => indexOf(folder, name)))
  return found.filter((one) => one !== undefined).sort((a, b) => b.keptTime - a.keptTime)
}

async function indexOf(folder: string, version: string): Promise<KeptConfiguration | undefined> {
  if (!/^[0-9a-f]{16}$/.test(version)) return undefined
  const text = await readFile(join(folder, version, INDEX), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const parsed = kept.safeParse(JSON.parse(text))
  return parsed.success ? parsed.data : undefined
}

/** The folder that all are under. */
function commonFolder(paths: readonly string[]): string {
  const [first, ...rest] = paths.map((path) => dirname(path).split(sep))
  const steps = (first ?? []).filter((step, i, all) =>
    rest.every((other) => all.slice(0, i + 1).every((one, j) => other[j] === one) && step === other[i]),
  )
  return steps.join(sep) || sep
}
