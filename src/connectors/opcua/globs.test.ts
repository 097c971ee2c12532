import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isSignalId } from '../../core/names.ts'
import { compileGlob, fillTemplate } from './globs.ts'

const matches = (glob: string, path: string) => compileGlob(glob).matches(path.split('/'))

test('globs over browse paths', () => {
  assert.ok(matches('Objects/Line1/**/Temp*', 'Objects/Line1/Temp1'))
  assert.ok(matches('Objects/Line1/**/Temp*', 'Objects/Line1/Cell2/Oven/Temp12'))
  assert.ok(!matches('Objects/Line1/**/Temp*', 'Objects/Line2/Temp1'))
  assert.ok(!matches('Objects/Line1/*/Temp*', 'Objects/Line1/Cell2/Oven/Temp1'))
  assert.ok(matches('Objects/{Line1,Line2}/T', 'Objects/Line2/T'))
  assert.ok(matches('Objects/**', 'Objects/.hidden'))
})

test('a walk is not led where nothing can match', () => {
  const glob = compileGlob('Objects/Line1/*/Temp*')
  assert.ok(glob.mayContain(['Objects', 'Line1', 'Cell2']))
  assert.ok(!glob.mayContain(['Objects', 'Line2']))
  assert.ok(!glob.mayContain(['Objects', 'Line1', 'Cell2', 'Temp1']))
})

test('law: where something matches, every level above it may contain it', () => {
  const name = fc.constantFrom('Line1', 'Line2', 'Cell', 'Oven', 'Temp1', 'T')
  const part = fc.constantFrom('Line*', '*', '**', 'Cell', '{Line1,Oven}', 'T?mp1', '[TL]*', '{Cell/Oven,Line2}', '!(Line2)')
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), fc.array(name, { minLength: 1, maxLength: 5 }), (parts, names) => {
      const glob = compileGlob(['Objects', ...parts].join('/'))
      const path = ['Objects', ...names]
      if (!glob.matches(path)) return
      for (let level = 1; level < path.length; level++)
        assert.ok(glob.mayContain(path.slice(0, level)), `${glob.text} ${path.join('/')} ${level}`)
    }),
    { numRuns: 2_000 },
  )
})

test('templates make ids', () => {
  const path = ['Objects', 'Line1', 'Cell 2', 'Oven', 'Temp1']
  const between = compileGlob('Objects/Line1/**/Temp*').between(path).join('/')
  assert.equal(fillTemplate('hall/{path}/{name}', between, 'Temp1'), 'hall/Cell-2/Oven/Temp1')
  assert.equal(fillTemplate('hall/{path}/{name}', '', 'Temp 1'), 'hall/Temp-1')
  assert.equal(fillTemplate('{name}', 'a/b', '   '), '')
})

test('law: a filled template is an id or is recognised as none', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (path, name) => {
      const id = fillTemplate('a/{path}/{name}', path, name)
      assert.ok(isSignalId(id) || id.length > 512, id)
    }),
  )
})
