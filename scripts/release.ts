import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { parseArgs } from 'node:util'

/**
 * Signed releases (docs/security.md). A release is files and a manifest: name, size and SHA-256 of each, one a line, behind a head with product and version. The manifest
 * is signed with Ed25519; what was not in it is not of the release.
 *
 *   node scripts/release.ts keygen --key FILE         a new key: FILE and FILE.pub
 *   node scripts/release.ts sign --key FILE FILES...  RELEASE and RELEASE.sig beside the first file
 *   node scripts/release.ts verify --key FILE.pub RELEASE [--not-before VERSION]
 */
export const HEAD = 'ecluse-release/1'

export function manifestOf(version: string, files: readonly string[]): string {
  const lines = files.map((file) => {
    const bytes = readFileSync(file)
    return `${createHash('sha256').update(bytes).digest('hex')} ${bytes.length} ${basename(file)}`
  })
  return `${HEAD} ${version}\n${lines.join('\n')}\n`
}

export function signRelease(manifest: string, key: string): string {
  return sign(null, Buffer.from(manifest), createPrivateKey(key)).toString('hex')
}

/** What is wrong with a release; empty: nothing. `notBefore`: an older version is refused. */
export function checkRelease(release: string, publicKey: string, notBefore?: string): string[] {
  const manifest = readFileSync(release, 'utf8')
  if (!existsSync(`${release}.sig`)) return ['there is no signature']
  const signature = Buffer.from(readFileSync(`${release}.sig`, 'utf8').trim(), 'hex')
  const key = createPublicKey(publicKey)
  if (key.asymmetricKeyType !== 'ed25519') return ['the key is no Ed25519 key']
  if (signature.length !== 64 || !verify(null, Buffer.from(manifest), key, signature))
    return ['the signature is not that of this key over this manifest']
  const [head = '', ...lines] = manifest.trimEnd().split('\n')
  const [product, version = ''] = head.split(' ')
  if (product !== HEAD) return [`a manifest of another kind: ${product}`]
  const problems: string[] = []
  if (notBefore !== undefined && isOlder(version, notBefore)) problems.push(`version ${version} is older than ${notBefore}: refused`)
  for (const line of lines) {
    const [hash, size, name = ''] = line.split(' ')
    const file = join(dirname(release), name)
    if (name !== basename(name) || name.startsWith('.')) problems.push(`${name}: not a plain name`)
    else if (!existsSync(file)) problems.push(`${name}: missing`)
    else {
      const bytes = readFileSync(file)
      if (bytes.length !== Number(size) || createHash('sha256').update(bytes).digest('hex') !== hash) problems.push(`${name}: altered`)
    }
  }
  return problems
}

function isOlder(version: string, least: string): boolean {
  const [a, b] = [version, least].map((text) => text.split('.').map(Number)) as [number[], number[]]
  for (let i = 0; i < 3; i++) if (a[i] !== b[i]) return !((a[i] as number) > (b[i] as number))
  return false
}

function main(): number {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { key: { type: 'string' }, version: { type: 'string' }, 'not-before': { type: 'string' } },
  })
  const [verb, ...files] = positionals
  const key = values.key
  if (key === undefined || !['keygen', 'sign', 'verify'].includes(verb ?? '')) {
    console.error('keygen|sign|verify --key FILE ...')
    return 1
  }
  if (verb === 'keygen') {
    const pair = generateKeyPairSync('ed25519')
    writeFileSync(key, pair.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' })
    writeFileSync(`${key}.pub`, pair.publicKey.export({ type: 'spki', format: 'pem' }), { flag: 'wx' })
    return 0
  }
  const [first] = files
  if (first === undefined) return 1
  if (verb === 'sign') {
    const version =
      values.version ?? (JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as { version: string }).version
    const release = join(dirname(first), 'RELEASE')
    const manifest = manifestOf(version, files)
    writeFileSync(release, manifest)
    writeFileSync(`${release}.sig`, `${signRelease(manifest, readFileSync(key, 'utf8'))}\n`)
    console.log(manifest.trimEnd())
    return 0
  }
  const problems = checkRelease(first, readFileSync(key, 'utf8'), values['not-before'])
  for (const problem of problems) console.error(problem)
  if (problems.length === 0) console.log(readFileSync(first, 'utf8').split('\n')[0])
  return problems.length === 0 ? 0 : 1
}

if (import.meta.main) process.exitCode = main()
