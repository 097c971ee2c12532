import { createHash } from 'node:crypto'
import { dirname, relative, sep } from 'node:path'
import type { LoadedConfig } from './load.ts'

/**
 * SHA-256 over the files of a configuration to the letter, hexadecimal: what people approve. Where it is one file, its name plays no part, so that `next.yaml`
 * approved is `ecluse.yaml` in force; contracts are named from its folder. What variables of the environment and secret files hold is not in it.
 */
export function digestOf({ sources }: Pick<LoadedConfig, 'sources'>): string {
  const own = sources.filter(({ isContract }) => !isContract)
  const folder = dirname(own[0]?.path ?? '.')
  const named = sources.map(({ path, text, isContract }) => [
    own.length === 1 && !isContract ? '' : relative(folder, path).split(sep).join('/'),
    text,
  ])
  named.sort(([a = ''], [b = '']) => (a < b ? -1 : a > b ? 1 : 0))
  return createHash('sha256').update(JSON.stringify(named)).digest('hex')
}
