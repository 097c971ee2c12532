import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { digestOf, type LoadedConfig } from '../config/index.ts'
import { ConfigurationError } from '../core/errors.ts'
import type { KeptConfiguration } from '../core/node-view.ts'
import { keptConfigurations } from '../run/configurations.ts'
import { type ApplyOptions, putInForce } from './apply.ts'
import { dataOf } from './client.ts'
import { configPath, loadLoosely } from './configuration.ts'
import { type Exit, Refused, type Verb } from './context.ts'
import { inside, lintHere } from './plan.ts'

/** `ecluse rollback [VERSION] --reason TEXT`: puts a configuration that this node ran before in force again; what was approved then is approved still. */
export async function rollback(verb: Verb, version: string | undefined, options: ApplyOptions): Promise<Exit> {
  const words = verb.words.apply
  const { loaded } = await loadLoosely(verb, options.config)
  const data = loaded?.config.data ?? dataOf(configPath(verb, options.config))
  const kept = keptConfigurations(data)
  const all = await kept.list()
  const target = version === undefined ? earlier(all, loaded) : all.find((one) => one.version === version)
  if (!target)
    throw new Refused(
      version === undefined ? words.noEarlier : words.noVersion(version),
      words.noVersionHint(all.map((one) => one.version).join(', ')),
    )
  const found = await kept.read(target.version)
  if (!found) throw new Refused(words.noVersion(target.version))
  const folder = await mkdtemp(join(tmpdir(), 'ecluse-rollback-'))
  try {
    for (const [i, name] of found.files.entries()) {
      const file = inside(folder, name)
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, found.texts[i] ?? '', { mode: 0o600 })
    }
    const next = await lintHere(verb, inside(folder, found.entry))
    if (!next.loaded) throw new ConfigurationError(next.problems)
    // Where its data lies is told by the place of the file.
    const there = { ...next.loaded, config: { ...next.loaded.config, data } }
    return await putInForce(verb, there, options, 'rolled back')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The newest that began before the one in force and did not begin without its approvals. One that never began is later than all. */
function earlier(all: readonly KeptConfiguration[], inForce: LoadedConfig | undefined): KeptConfiguration | undefined {
  const digest = inForce && digestOf(inForce)
  const since = all.find((one) => one.digest === digest)?.keptTime ?? Number.POSITIVE_INFINITY
  return all.find((one) => one.keptTime < since && one.version !== inForce?.version && one.approval !== 'missing')
}
