import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** Where the package's own files are, in a checkout (`src/cli/*.ts`) and when installed (`dist/src/cli/*.js`). */
export interface Home {
  /** Folder of package.json. */
  readonly directory: string
  /** Folder of the built user interface; may not exist in a checkout where it has not been built. */
  readonly web: string
  readonly version: string
  /** URL of a module by its path from the package's folder, without ending: `examples/airport/plant`. */
  module(path: string): URL
}

export function findHome(from: string = import.meta.url): Home {
  const built = from.endsWith('.js')
  const directory = packageFolder(dirname(fileURLToPath(from)))
  const { version } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { version: string }
  return {
    directory,
    web: join(directory, 'dist', 'web'),
    version,
    module: (path) => pathToFileURL(built ? join(directory, 'dist', `${path}.js`) : join(directory, `${path}.ts`)),
  }
}

function packageFolder(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder
  const parent = dirname(folder)
  if (parent === folder) throw new Error('package.json not found above the program; reinstall ecluse')
  return packageFolder(parent)
}
