import assert from 'node:assert/strict'
import { test } from 'node:test'
import { linkConfig } from './config.ts'

test('an IPv6 address to listen on may stand in brackets, as it does before a port', () => {
  const hostOf = (host: string) => linkConfig.parse({ listen: { host } }).listen.host
  assert.deepEqual(['[::1]', '::1', '[fd00::5]', '10.0.0.5', 'hub.example'].map(hostOf), [
    '::1',
    '::1',
    'fd00::5',
    '10.0.0.5',
    'hub.example',
  ])
})

test('the key of a one-way link is 32 bytes in base64, and nothing else', () => {
  const isTaken = (key: string) => linkConfig.safeParse({ diode: { key } }).success
  const key = Buffer.alloc(32, 0xfb)
  assert.deepEqual(
    [
      key.toString('base64'),
      key.toString('base64url'),
      key.subarray(1).toString('base64'),
      `${key.toString('base64')}A`,
      'hunter2',
      key.toString('hex'),
    ].map(isTaken),
    [true, true, false, false, false, false],
  )
})
