import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compile, EXPRESSION_PROBLEMS } from '../core/expression/index.ts'
import { addExpressionProblems } from './expressions.ts'
import { Problems } from './places.ts'
import { configWords } from './words.ts'

test('every mistake of an expression has its sentence in both languages', () => {
  for (const code of EXPRESSION_PROBLEMS) {
    const problem = { code, start: 4, end: 8, found: 'kW', expected: 'W' }
    assert.match(configWords.en.expression(problem)[0], /^character 5: ./)
    assert.match(configWords.fr.expression(problem)[0], /^caractère 5 : ./)
  }
})

test('mistakes stand where the expression stands', () => {
  const problems = new Problems()
  const { problems: found } = compile('a + bb', { variables: { a: { type: 'number' }, b: { type: 'number' } }, result: { type: 'number' } })
  addExpressionProblems(found, { source: { file: 'f', at: () => ({ line: 3, column: 7 }) }, offset: 0 }, problems, configWords.en)
  assert.deepEqual(problems.all(), [
    {
      ...{ file: 'f', line: 3, column: 7, code: 'E_EXPRESSION', level: 'error' },
      ...{ message: 'character 5: nobody knows `bb`', hint: 'did you mean `b`?' },
    },
  ])
})
