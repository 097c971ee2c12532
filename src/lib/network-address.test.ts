import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressGroup, plainAddress } from './network-address.ts'

test('an IPv4 address is one host, of IPv6 a whole /64', () => {
  assert.deepEqual(['::ffff:10.0.0.5', '10.0.0.5', 'fe80::1%eth0', undefined].map(plainAddress), ['10.0.0.5', '10.0.0.5', 'fe80::1', ''])
  assert.equal(addressGroup('10.0.0.5'), '10.0.0.5')
  assert.equal(addressGroup('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64')
  assert.equal(addressGroup('2001:db8:1:2::9'), addressGroup('2001:db8:1:2:ffff::1'))
  assert.notEqual(addressGroup('2001:db8:1:2::9'), addressGroup('2001:db8:1:3::9'))
  assert.deepEqual(['::1', 'fd00::', '::'].map(addressGroup), ['0:0:0:0::/64', 'fd00:0:0:0::/64', '0:0:0:0::/64'])
})
