import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '../..')
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, { version?: string; dev?: boolean; hasInstallScript?: boolean }>
}
const installed = Object.entries(lock.packages).filter(([path]) => path !== '')
const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
const versionsOf = (name: string) => installed.filter(([path]) => nameOf(path) === name).map(([, { version = '' }]) => version)
const atLeast = (version: string, least: string) => {
  const [a, b] = [version, least].map((text) => text.split('.').map(Number)) as [number[], number[]]
  for (let i = 0; i < 3; i++) if (a[i] !== b[i]) return (a[i] as number) > (b[i] as number)
  return true
}

test('CVE-2026-111280, CVE-2026-115723, CVE-2020-22552 (snap7): no client of a PLC in native code', () => {
  for (const name of ['node-snap7', 'snap7', 'ffi-napi', 'koffi', 'bindings', 'node-gyp-build']) {
    const shipped = installed.filter(([path, { dev }]) => nameOf(path) === name && !dev)
    assert.deepEqual(shipped, [], name)
  }
  // Scripts of packages that run when they are installed: Node itself, and a serial port for a peer of the tests that is told not to.
  const scripts = installed
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path, { dev }]) => `${nameOf(path)}${dev ? ' (dev)' : ''}`)
  assert.deepEqual(scripts.sort(), ['@serialport/bindings-cpp (dev)', 'node'])
})

test('CVE-2026-26332, CVE-2026-26956 (vm2): no package that promises to hold foreign code', () => {
  for (const name of ['vm2', 'isolated-vm', 'safe-eval', 'notevil', 'static-eval']) assert.deepEqual(versionsOf(name), [], name)
})

test('CVE-2026-44289, CVE-2026-44291, CVE-2023-36665 (protobufjs): a version that is mended, and Sparkplug has a decoder of its own', () => {
  for (const version of versionsOf('protobufjs')) assert.ok(atLeast(version, '7.5.8'), version)
  assert.deepEqual(versionsOf('sparkplug-payload'), [])
  const mqtt = globSync('src/connectors/mqtt/**/*.ts', { cwd: root }).filter((file) =>
    /from 'protobufjs/.test(readFileSync(join(root, file), 'utf8')),
  )
  assert.deepEqual(mqtt, [])
})

test('CVE-2026-54155, CVE-2026-54156, CVE-2026-68904, CVE-2026-95860 (node-opcua): every part is of the one pinned version, past all of them', () => {
  const parts = installed.filter(([path]) =>
    /^node-opcua(-client|-server|-address-space|-secure-channel|-transport|-common)?$/.test(nameOf(path)),
  )
  assert.ok(parts.length >= 5)
  for (const [path, { version = '' }] of parts) assert.ok(atLeast(version, '2.180.0'), `${path} ${version}`)
  const declared = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).dependencies as Record<string, string>
  for (const [name, range] of Object.entries(declared)) if (name.startsWith('node-opcua')) assert.match(range, /^\d+\.\d+\.\d+$/, name)
})

test('CVE-2022-24375, CVE-2022-21208 (node-opcua): no OPC UA server is part of the program: nobody can ask it anything', () => {
  const servers = globSync('src/**/*.ts', { cwd: root }).filter((file) =>
    /\bnew (\w+\.)?OPCUAServer\b/.test(readFileSync(join(root, file), 'utf8')),
  )
  assert.deepEqual(
    servers.map((file) => file.replaceAll('\\', '/')),
    ['src/connectors/opcua/simulator.ts'],
  )
})
