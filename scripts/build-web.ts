import { globSync, statSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Builds the web pages into dist/web when a source is newer than the bundle, or with `--force`. `npm start` runs this first, so a fresh bundle
 * costs a few milliseconds: the builder is loaded only when there is something to build.
 */
const root = join(import.meta.dirname, '..')
const bundle = join(root, 'dist', 'web')

if (process.argv.includes('--force') || !isFresh()) {
  const started = performance.now()
  const [{ build }, { default: react }] = await Promise.all([import('vite'), import('@vitejs/plugin-react')])
  await build({
    root: join(root, 'web'),
    configFile: false,
    // Relative addresses: the pages work under any path of a proxy.
    base: './',
    logLevel: 'warn',
    plugins: [react()],
    // Small files stay files: the content security policy allows no data: addresses, and no inline script.
    // Served by the node itself, and kept by the browser: one file of 700 kB is no long download.
    build: {
      chunkSizeWarningLimit: 1_000,
      outDir: bundle,
      emptyOutDir: true,
      target: 'es2023',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
  })
  console.error(`web pages built in ${Math.round(performance.now() - started)} ms`)
}

function isFresh(): boolean {
  const built = statSync(join(bundle, 'index.html'), { throwIfNoEntry: false })?.mtimeMs
  if (built === undefined) return false
  const sources = globSync(['web/index.html', 'web/{src,public}/**/*', 'scripts/build-web.ts', 'package-lock.json'], { cwd: root })
  return sources.every((file) => statSync(join(root, file)).mtimeMs <= built)
}
