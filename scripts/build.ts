import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { checked } from './checked.ts'

/** `npm run build`: what is published. JavaScript of src/ and examples/ in dist/, the web bundle in dist/web. */
const root = join(import.meta.dirname, '..')
const run = (...args: string[]) => execFileSync(process.execPath, args, { cwd: root, stdio: 'inherit' })

for (const folder of ['src', 'examples']) rmSync(join(root, 'dist', folder), { recursive: true, force: true })
run(join('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json', ...checked)
run(join('scripts', 'build-web.ts'))
