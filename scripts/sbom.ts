import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Locked, lockedPackages, ROOT } from './lock.ts'

/**
 * `npm run sbom [FILE]`: what the program is made of, as CycloneDX 1.5; default dist/ecluse-VERSION.cdx.json. Made of the lock file alone: the same lock file gives the
 * same bytes. (`npm sbom --omit dev` leaves out packages that tools of development need too, of which the program ships some.)
 */
export function sbomOf(version: string, packages: readonly Locked[]): object {
  const shipped = packages.filter(({ dev }) => !dev)
  const byPath = new Map(shipped.map((one) => [one.path, one]))
  const components = new Map(shipped.map((one) => [purl(one), componentOf(one)]))
  const seed = createHash('sha256')
    .update(JSON.stringify([version, ...components.values()]))
    .digest('hex')
  const root = `pkg:npm/ecluse@${version}`
  const edges = new Map<string, Set<string>>()
  for (const one of shipped) {
    const found = one.needs.flatMap((name) => purl(nearest(byPath, one.path, name)) ?? [])
    edges.set(purl(one), new Set([...(edges.get(purl(one)) ?? []), ...found]))
  }
  const { dependencies = {} } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { dependencies?: object }
  edges.set(root, new Set(Object.keys(dependencies).flatMap((name) => purl(nearest(byPath, '', name)) ?? [])))
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    ...{ bomFormat: 'CycloneDX', specVersion: '1.5', version: 1 },
    serialNumber: `urn:uuid:${seed.slice(0, 8)}-${seed.slice(8, 12)}-4${seed.slice(13, 16)}-8${seed.slice(17, 20)}-${seed.slice(20, 32)}`,
    metadata: {
      component: {
        type: 'application',
        'bom-ref': root,
        name: 'ecluse',
        version,
        purl: root,
        licenses: [{ license: { id: 'Apache-2.0' } }],
      },
    },
    components: [...components.values()],
    dependencies: [...edges].map(([ref, on]) => ({ ref, dependsOn: [...on].sort() })),
  }
}

function purl<One extends Locked | undefined>(one: One): One extends undefined ? undefined : string {
  return (one && `pkg:npm/${one.name.replace('@', '%40')}@${one.version}`) as never
}

function componentOf(one: Locked): object {
  const [group, name] = one.name.startsWith('@') ? one.name.split('/') : [undefined, one.name]
  return {
    type: 'library',
    'bom-ref': purl(one),
    ...(group !== undefined && { group }),
    ...{ name, version: one.version, purl: purl(one), scope: one.optional ? 'optional' : 'required' },
    hashes: [{ alg: 'SHA-512', content: Buffer.from(one.integrity.replace('sha512-', ''), 'base64').toString('hex') }],
    licenses: [one.license.includes(' ') ? { expression: one.license } : { license: { id: one.license } }],
  }
}

/** The package that a module at `path` gets for a name: its own, or that of a folder above it. */
function nearest(byPath: ReadonlyMap<string, Locked>, path: string, name: string): Locked | undefined {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const found = byPath.get(at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`)
    if (found || at === '') return found
  }
}

if (import.meta.main) {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
  const file = process.argv[2] ?? join(ROOT, 'dist', `ecluse-${version}.cdx.json`)
  mkdirSync(join(ROOT, 'dist'), { recursive: true })
  const sbom = sbomOf(version, lockedPackages()) as { components: unknown[] }
  writeFileSync(file, `${JSON.stringify(sbom, null, 1)}\n`)
  console.log(`${file}: ${sbom.components.length} components`)
}
