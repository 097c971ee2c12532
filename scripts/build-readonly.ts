import { execFileSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build, type Plugin } from 'vite'
import { checked } from './checked.ts'
import { ROOT } from './lock.ts'

/**
 * `npm run build:readonly [FOLDER]`: the read-only edition, in dist/ecluse-readonly. The same program without simulated devices and demo, and with an OPC UA client from
 * which the services that change a server are cut: not hidden, but not there, neither their classes nor the numbers by which they are called. test/readonly.test.ts looks for them.
 */

/** Services of OPC 10000-4 that change a server, with the numbers of their requests in binary encoding (OPC 10000-6, annex A). */
export const CUT: Readonly<Record<string, number>> = {
  WriteRequest: 673,
  CallRequest: 712,
  HistoryUpdateRequest: 700,
  AddNodesRequest: 488,
  AddReferencesRequest: 494,
  DeleteNodesRequest: 500,
  DeleteReferencesRequest: 506,
}

const TYPES = '_generated_opcua_types.js'
const BLOCK = /^\/\/ -{80,}$/m

/** Each type stands in a block of its own; that of a service becomes a class that nobody can make. */
export function cutServices(code: string): string {
  const cut = new Set<string>()
  const blocks = code.split(BLOCK).map((block) => {
    const name = /^export class (\w+) /m.exec(block)?.[1]
    if (name === undefined || CUT[name] === undefined) return block
    cut.add(name)
    return `\nexport class ${name} { constructor() { throw new Error('not in this edition') } }\n`
  })
  const missing = Object.keys(CUT).filter((name) => !cut.has(name))
  if (missing.length > 0) throw new Error(`not found in ${TYPES}: ${missing.join(', ')}`)
  return blocks.join('//')
}

/** The lists of all names and numbers of OPC UA lose those of the services. */
export function cutNumbers(code: string): string {
  const names = new RegExp(`"(${Object.keys(CUT).join('|')})(_Encoding_\\w+)?"`)
  return code
    .split('\n')
    .filter((line) => !names.test(line))
    .join('\n')
}

async function bundleOpcua(file: string): Promise<void> {
  const entry = join(ROOT, 'dist', '.opcua-entry.js')
  writeFileSync(
    entry,
    "export * from 'node-opcua-client'\nexport { InMemoryCertificateKeyPairProvider, InMemoryCertificateStore } from 'node-opcua-common'\nexport { ClientTCP_transport } from 'node-opcua-transport'\n",
  )
  let isCut = false
  const plugin: Plugin = {
    name: 'cut-services',
    enforce: 'pre',
    transform: (code, id) => {
      if (/node-opcua-constants[\\/]/.test(id)) return { code: cutNumbers(code), map: null }
      if (!id.split('?')[0]?.endsWith(TYPES)) return undefined
      isCut = true
      return { code: cutServices(code), map: null }
    },
  }
  try {
    await build({
      ...{ configFile: false, root: ROOT, logLevel: 'error', plugins: [plugin] },
      ssr: { noExternal: true, target: 'node' },
      build: {
        ssr: entry,
        outDir: dirname(file),
        emptyOutDir: true,
        minify: false,
        target: 'node24',
        rolldownOptions: {
          // Wanted by a package for locks between processes, and absent in an installation too.
          external: ['proper-lockfile'],
          output: { entryFileNames: 'opcua.js', codeSplitting: false },
        },
      },
    })
  } finally {
    rmSync(entry, { force: true })
  }
  if (!isCut) throw new Error(`${TYPES} was not part of the bundle`)
}

export async function buildReadonly(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(ROOT, 'dist'), { recursive: true })
  const emitted = join(folder, 'dist')
  execFileSync(
    process.execPath,
    [
      join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'),
      '-p',
      join(ROOT, 'tsconfig.build.json'),
      '--outDir',
      emitted,
      '--declaration',
      'false',
      ...checked,
    ],
    {
      cwd: ROOT,
      stdio: 'inherit',
    },
  )
  rmSync(join(emitted, 'examples'), { recursive: true, force: true })
  for (const file of globSync('src/connectors/*/simulator.js', { cwd: emitted })) rmSync(join(emitted, file))
  for (const file of ['src/index.js', 'src/cli/plant.js', 'src/cli/tether.js']) rmSync(join(emitted, file), { force: true })
  writeFileSync(
    join(emitted, 'src', 'cli', 'demo.js'),
    "export async function demo({ io }) {\n  io.err('the demo and its simulated devices are not part of the read-only edition\\n')\n  return 1\n}\n",
  )
  await bundleOpcua(join(emitted, 'opcua', 'opcua.js'))
  const library = join(emitted, 'src', 'connectors', 'opcua', 'library.js')
  writeFileSync(
    library,
    readFileSync(library, 'utf8').replaceAll(/import\('node-opcua-(client|common|transport)'\)/g, "import('../../../opcua/opcua.js')"),
  )
  for (const name of ['bin', 'LICENSE', 'NOTICE', 'SECURITY.md']) cpSync(join(ROOT, name), join(folder, name), { recursive: true })
  const own = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<string, unknown> & {
    dependencies: Record<string, string>
  }
  const dependencies = Object.fromEntries(Object.entries(own.dependencies).filter(([name]) => !/^node-opcua|^aedes$/.test(name)))
  const { version, license, type, engines, allowScripts } = own
  const description = 'Écluse without any function that writes to a device or calls a method of one.'
  const manifest = {
    name: 'ecluse-readonly',
    version,
    description,
    license,
    type,
    engines,
    bin: { 'ecluse-readonly': 'bin/ecluse.js' },
    dependencies,
    allowScripts,
  }
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
}

if (import.meta.main) {
  const folder = process.argv[2] ?? join(ROOT, 'dist', 'ecluse-readonly')
  await buildReadonly(folder)
  // For trying it in place; `npm install` in the folder does the same with packages of its own.
  if (process.argv.includes('--link')) symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  console.log(folder)
}
