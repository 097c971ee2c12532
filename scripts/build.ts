import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'

/**
 * `npm run build`: what is published. JavaScript of src/ and examples/ in dist/, the web bundle in dist/web, and in dist/bundle the program again, in
 * a sixth of the files: it starts faster and keeps about 10 MB less. Packages stay what was installed; names stay as written, for a stack that somebody sends us.
 */
const root = join(import.meta.dirname, '..')
const run = (...args: string[]) => execFileSync(process.execPath, args, { cwd: root, stdio: 'inherit' })

for (const folder of ['src', 'examples', 'bundle']) rmSync(join(root, 'dist', folder), { recursive: true, force: true })
run(join('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json')
run(join('scripts', 'build-web.ts'))

/** Threads are found beside the file that starts them, by the names of their own. */
const THREADS = ['historian/duckdb/owner-thread', 'connectors/sql/sqlite-thread', 'connectors/files/xlsx-thread', 'run/planning/thread']
const entries = ['main', ...THREADS].map((path) => [path.split('/').at(-1), join(root, 'dist', 'src', `${path}.js`)])
await build({
  configFile: false,
  root,
  logLevel: 'warn',
  build: {
    ssr: true,
    outDir: join(root, 'dist', 'bundle'),
    target: 'node24',
    rolldownOptions: {
      input: Object.fromEntries(entries),
      output: {
        entryFileNames: '[name].js',
        chunkFileNames: '[name]-[hash].js',
        minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
      },
    },
  },
})
