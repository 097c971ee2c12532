import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parse } from 'yaml'
import { type Addition, editFile, type LineEdit, NOTES, unifiedDiff } from './suggest-edit.ts'

const FILE = `version: 1
connections:
  plc:
    kind: paper # the north one
    signals:
      # What the pump draws.
      - id: pump/current
        address: a # from the drawing
        range: [0, 9]

      - { id: pump/pressure, address: b }
      - { id: pump/flow, model: flow }
  other: { kind: paper, signals: [{ id: x }, { id: y, address: z } ] }
`

const addition = (
  id: string,
  connection = 'plc',
  keys: Addition['keys'] = [
    ['range', '[0, 5]'],
    ['expectedPeriod', '1s'],
  ],
): Addition => ({
  ...{ id, connection, keys },
  evidence: [`evidence of ${id}`],
})

/** The text with the edits made. */
function applied(text: string, edits: ReadonlyMap<number, LineEdit>): string {
  return text
    .split('\n')
    .flatMap((line, i) => [...(edits.get(i)?.before ?? []), edits.get(i)?.text ?? line, ...(edits.get(i)?.after ?? [])])
    .join('\n')
}

/** The text with a unified diff applied; every line of it must be where the diff says. */
function patched(text: string, diff: string): string {
  const old = text.split('\n')
  const out: string[] = []
  let at = 0
  for (const line of diff.split('\n').slice(2)) {
    const hunk = /^@@ -(\d+),\d+ \+(\d+),\d+ @@$/.exec(line)
    if (hunk) {
      while (at < Number(hunk[1]) - 1) out.push(old[at++] as string)
      assert.equal(out.length, Number(hunk[2]) - 1)
    } else if (line[0] === '+') out.push(line.slice(1))
    else if (line[0] === ' ' || line[0] === '-') {
      assert.equal(old[at++], line.slice(1))
      if (line[0] === ' ') out.push(line.slice(1))
    }
  }
  return [...out, ...old.slice(at)].join('\n')
}

test('keys are added in the style of their map, evidence above it, comments stay; what is declared is left as it is', () => {
  const { edits, written, noted } = editFile(FILE, [
    addition('pump/current'),
    addition('pump/pressure'),
    addition('x', 'other'),
    addition('y', 'other'),
  ])
  assert.deepEqual([[...written], [...noted]], [['pump/current', 'pump/pressure', 'x', 'y'], []])
  assert.equal(
    unifiedDiff('ecluse.yaml', FILE, edits),
    `--- a/ecluse.yaml
+++ b/ecluse.yaml
@@ -4,10 +4,15 @@
     kind: paper # the north one
     signals:
       # What the pump draws.
+      # evidence of pump/current
       - id: pump/current
         address: a # from the drawing
         range: [0, 9]
+        expectedPeriod: 1s
 
-      - { id: pump/pressure, address: b }
+      # evidence of pump/pressure
+      - { id: pump/pressure, address: b, range: [0, 5], expectedPeriod: 1s }
       - { id: pump/flow, model: flow }
-  other: { kind: paper, signals: [{ id: x }, { id: y, address: z } ] }
+  # evidence of x
+  # evidence of y
+  other: { kind: paper, signals: [{ id: x, range: [0, 5], expectedPeriod: 1s }, { id: y, address: z, range: [0, 5], expectedPeriod: 1s } ] }
`,
  )
})

test('signals of a model and signals the file does not name are noted, at most so many', () => {
  const many = Array.from({ length: NOTES + 5 }, (_, i) => addition(`found/${i}`))
  const { edits, written, noted } = editFile(FILE, [addition('pump/flow'), ...many])
  assert.deepEqual([written.size, noted.size], [0, NOTES + 1])
  const text = applied(FILE, edits)
  assert.deepEqual(parse(text), parse(FILE))
  assert.match(text, /# evidence of pump\/flow\n {6}# {3}range: \[0, 5\], expectedPeriod: 1s\n {6}- \{ id: pump\/flow/)
  assert.match(text, /^ {2}# found\/0: evidence of found\/0\n {2}# {3}range: /m)
})

test('a file with errors, without connections, or with nothing new is not changed', () => {
  for (const text of ['a: [', 'connections: 3', '', FILE]) {
    const { edits } = editFile(text, [addition('pump/current', 'plc', [['range', '[0, 1]']])])
    assert.deepEqual([edits.size, unifiedDiff('x', text, edits)], [0, ''])
  }
})

test('the diff applied is the edited text, and that text holds the keys and all that it held before', () => {
  const style = fc.record({ isFlow: fc.boolean(), gap: fc.nat(9), extra: fc.boolean(), isWanted: fc.boolean() })
  fc.assert(
    fc.property(fc.array(style, { minLength: 1, maxLength: 12 }), fc.boolean(), fc.boolean(), (list, hasEnd, isWindows) => {
      const items = list.map(({ isFlow, gap, extra }, i) => {
        const comments = Array.from({ length: gap }, (_, k) => `    # line ${k}\n`).join('')
        if (isFlow) return `${comments}    - { id: s${i}${extra ? ',\n        a: 1' : ''} }\n`
        return `${comments}    - id: s${i}\n${extra ? '      a: { b: [1, 2] } # c\n' : ''}`
      })
      const whole = `connections:\n  plc:\n    signals:\n${items.join('')}`
      const lines = hasEnd ? whole : whole.slice(0, -1)
      const text = isWindows ? lines.replaceAll('\n', '\r\n') : lines
      const wanted = list.flatMap(({ isWanted }, i) => (isWanted ? [addition(`s${i}`)] : []))
      const { edits } = editFile(text, wanted)
      const diff = unifiedDiff('x', text, edits)
      const after = diff === '' ? text : patched(text, diff)
      const expected = parse(text)
      for (const { id } of wanted) {
        Object.assign(
          expected.connections.plc.signals.find((one: { id: string }) => one.id === id),
          { range: [0, 5], expectedPeriod: '1s' },
        )
      }
      assert.deepEqual(parse(after), expected)
      assert.equal(after.replaceAll('\r', ''), applied(text, edits).replaceAll('\r', ''))
    }),
  )
})
