import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

/** Colour is for what is abnormal: everything but the alarm tokens is grey, and no colour is written outside of the tokens. */
const folder = join(import.meta.dirname, '..', 'src')
const tokens = readFileSync(join(folder, 'style', 'tokens.css'), 'utf8')

/** Chroma above which a colour no longer reads as grey, of 255. */
const GREY_CHROMA = 16

const chroma = (hex: string): number => {
  const channels = [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16))
  return Math.max(...channels) - Math.min(...channels)
}

const declared = [...tokens.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, hex]) => ({ name, hex }))

test('only alarm tokens have a hue, and each theme has all four', () => {
  assert.ok(declared.length > 30)
  assert.deepEqual(
    declared.filter(({ name, hex }) => !name.startsWith('alarm-') && chroma(hex) > GREY_CHROMA),
    [],
  )
  for (const level of [1, 2, 3, 4]) assert.equal(declared.filter(({ name }) => name === `alarm-${level}`).length, 2)
})

test('no alarm hue is green', () => {
  for (const { name, hex } of declared.filter(({ name }) => /^alarm-\d$/.test(name))) {
    const [red, green, blue] = [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16))
    assert.ok(green < Math.max(red, blue), `${name} ${hex}`)
  }
})

test('no colour is written outside of the tokens', () => {
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(css|tsx?)$/.test(file) && !file.endsWith('tokens.css'))
    .flatMap((file) =>
      [...readFileSync(join(folder, file), 'utf8').matchAll(/#[0-9a-f]{3,8}\b|\b(?:rgba?|hsla?|oklch)\(/gi)].map(
        ([text]) => `${file}: ${text}`,
      ),
    )
  assert.deepEqual(found, [])
})

test('alarm ink is readable on its alarm, marks on the panel, text on every ground (WCAG 2.2 AA)', () => {
  const themes = tokens
    .split('[data-theme="dark"]')
    .map((part) => new Map([...part.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, hex]) => [name, hex])))
  for (const theme of themes) {
    const ratio = (a: string, b: string) => contrast(theme.get(a) ?? '', theme.get(b) ?? '')
    for (const level of [1, 2, 3, 4]) assert.ok(ratio(`alarm-${level}`, `alarm-${level}-ink`) >= 4.5, `alarm-${level}`)
    for (const ground of ['page', 'panel', 'raised', 'band'])
      for (const ink of ['ink', 'soft']) assert.ok(ratio(ink, ground) >= 4.5, `${ink} on ${ground}`)
    assert.ok(ratio('line-strong', 'panel') >= 3)
  }
})

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (light + 0.05) / (dark + 0.05)
}

function luminance(hex: string): number {
  const [red, green, blue] = [1, 3, 5].map((i) => {
    const part = Number.parseInt(hex.slice(i, i + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
