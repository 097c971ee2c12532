import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '..')

/** One package of package-lock.json. */
export interface Locked {
  readonly path: string
  readonly name: string
  readonly version: string
  readonly resolved: string
  readonly integrity: string
  readonly license: string
  readonly dev: boolean
  /** Names of what it depends on. */
  readonly needs: readonly string[]
  /** Installed on some platforms only. */
  readonly optional: boolean
}

/** Licences that packages state in their folder but not in the field the lock file copies. Each was read. */
const STATED_ELSEWHERE: Readonly<Record<string, string>> = {
  // node_modules/dequeue/LICENSE, node_modules/humanize/LICENSE, node_modules/precond/README.md.
  dequeue: 'BSD-2-Clause',
  humanize: 'MIT',
  precond: 'MIT',
}

export function lockedPackages(): Locked[] {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<
      string,
      {
        version?: string
        resolved?: string
        integrity?: string
        license?: string
        dev?: boolean
        dependencies?: object
        optionalDependencies?: object
        optional?: boolean
      }
    >
  }
  return Object.entries(lock.packages).flatMap(([path, one]) => {
    if (path === '') return []
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
    return [
      {
        ...{ path, name, version: one.version ?? '', resolved: one.resolved ?? '', integrity: one.integrity ?? '' },
        license: one.license ?? STATED_ELSEWHERE[name] ?? '',
        dev: one.dev === true,
        needs: Object.keys({ ...one.dependencies, ...one.optionalDependencies }),
        optional: one.optional === true,
      },
    ]
  })
}
