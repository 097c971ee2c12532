import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digestOf } from './digest.ts'

const of = (...files: [path: string, text: string, isContract?: boolean][]) =>
  digestOf({ sources: files.map(([path, text, isContract = false]) => ({ path, text, isContract })) })

test('the digest is of the letters and of the places of contracts, not of the name or the folder of a single file', () => {
  const one = of(['/etc/a/ecluse.yaml', 'x'], ['/etc/a/c/m.odcs.yaml', 'm', true])
  assert.equal(of(['/tmp/next.yaml', 'x'], ['/tmp/c/m.odcs.yaml', 'm', true]), one)
  const others = [
    of(['/etc/a/ecluse.yaml', 'x '], ['/etc/a/c/m.odcs.yaml', 'm', true]),
    of(['/etc/a/ecluse.yaml', 'x'], ['/etc/a/m.odcs.yaml', 'm', true]),
    of(['/etc/a/ecluse.yaml', 'x']),
    of(['/etc/a/ecluse.yaml', 'xm']),
  ]
  assert.equal(new Set([one, ...others]).size, 5)
  // Of a folder the files are told apart by name; in which order they were read is all one.
  assert.equal(of(['/a/1.yaml', 'x'], ['/a/2.yaml', 'y']), of(['/b/2.yaml', 'y'], ['/b/1.yaml', 'x']))
  assert.notEqual(of(['/a/1.yaml', 'x'], ['/a/2.yaml', 'y']), of(['/a/1.yaml', 'y'], ['/a/2.yaml', 'x']))
})
