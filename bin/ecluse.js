#!/usr/bin/env node
// Starts Écluse with the Node it brings along when the one that started this file is older.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NEEDED = 24
const home = join(dirname(fileURLToPath(import.meta.url)), '..')
// A checkout runs its TypeScript as it is; an installed package runs what `npm run build` emitted.
const entry = ['src/main.ts', 'dist/src/main.js'].map((file) => join(home, file)).find((file) => existsSync(file))

if (!entry) {
  console.error('ecluse: neither src/main.ts nor dist/src/main.js is there; reinstall the package or run `npm run build`')
  process.exit(1)
} else if (Number(process.versions.node.split('.')[0]) >= NEEDED) {
  const { main } = await import(entry)
  await main(process.argv.slice(2))
} else {
  const runtime = bundledNode()
  if (!runtime) {
    console.error(
      `ecluse: needs Node ${NEEDED}, this is ${process.versions.node}, and the bundled runtime is missing: run \`npm rebuild node\``,
    )
    process.exit(1)
  }
  const { status, signal } = spawnSync(runtime, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' })
  process.exit(status ?? (signal === 'SIGINT' ? 130 : 1))
}

function bundledNode() {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('node/package.json'))
    const file = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
    return existsSync(file) ? file : undefined
  } catch {
    return undefined
  }
}
