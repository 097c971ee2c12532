#!/usr/bin/env -S node --max-semi-space-size=4 --expose-gc
// Starts Écluse with the Node it brings along when the one that started this file is older.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module, { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const NEEDED = 24
/** Node lets its nursery grow to 64 MB; a node's work is in typed arrays outside it, so 4 MB halves (as above) cost no speed and save 50 MB. What a start leaves behind is collected once. */
const FLAGS = ['--max-semi-space-size=4', '--expose-gc']
/** Tells the newer Node that the older one holds the other end of its channel. */
const LAUNCHED = 'ECLUSE_LAUNCHED'
const home = join(dirname(fileURLToPath(import.meta.url)), '..')
// A checkout runs its TypeScript as it is; an installed package runs what `npm run build` emitted.
const entry = ['src/main.ts', 'dist/src/main.js'].map((file) => join(home, file)).find((file) => existsSync(file))

if (!entry) {
  console.error('ecluse: neither src/main.ts nor dist/src/main.js is there; reinstall the package or run `npm run build`')
  process.exit(1)
} else if (Number(process.versions.node.split('.')[0]) >= NEEDED) {
  if (process.env[LAUNCHED]) endWithLauncher()
  // What Node makes of TypeScript it keeps beside the packages, for whoever may write there: it halves the time that a command takes to load. By the
  // environment, for threads and children too: each that has to strip types itself loads 17 MB for it.
  if (entry.endsWith('.ts')) {
    process.env.NODE_COMPILE_CACHE ??= join(home, 'node_modules', '.cache', 'compile')
    module.enableCompileCache?.()
  }
  const { main } = await import(pathToFileURL(entry).href)
  await main(process.argv.slice(2))
} else {
  const runtime = bundledNode()
  if (!runtime) {
    console.error(
      `ecluse: needs Node ${NEEDED}, this is ${process.versions.node}, and the bundled runtime is missing: run \`npm rebuild node\``,
    )
    process.exit(1)
  }
  launch(runtime)
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

/** Stands in for the newer Node: passes on the signals it is sent, and ends as that one ends. */
function launch(runtime) {
  const child = spawn(runtime, [...FLAGS, fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, [LAUNCHED]: '1' },
  })
  // A terminal sends Ctrl-C and its own closing to both processes; passed on as well, they would count as a second, impatient request.
  const terminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (signal === 'SIGTERM' || !terminal) child.kill(signal)
    })
  }
  child.on('error', (error) => {
    console.error(`ecluse: ${runtime} does not start (${error.message}): run \`npm rebuild node\``)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    if (code !== null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

/** The launcher was killed without being able to say so: end in order, as if asked. */
function endWithLauncher() {
  delete process.env[LAUNCHED]
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  // The channel must not keep a verb alive that is done.
  process.channel?.unref()
}
