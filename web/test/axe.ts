import assert from 'node:assert/strict'
import axe from 'axe-core'
import type { Page } from 'playwright-core'

interface Found {
  readonly violations: readonly { id: string; nodes: readonly { target: unknown[]; failureSummary?: string }[] }[]
}

/** With the kinds of result that are wanted in full. */
interface Axe {
  run(options: { resultTypes: readonly string[] }): Promise<Found>
}

const [FRENCH, ENGLISH, LIGHT, DARK] = ['Français', 'English', /^(Clair|Light)$/, /^(Sombre|Dark)$/] as const
/** Contrast depends on the theme, and what axe finds else hardly on the language: each of them once. All four together in the long form. */
const LOOKS =
  process.env.ECLUSE_LONG === '1'
    ? ([
        [FRENCH, LIGHT],
        [FRENCH, DARK],
        [ENGLISH, LIGHT],
        [ENGLISH, DARK],
      ] as const)
    : ([
        [FRENCH, LIGHT],
        [ENGLISH, DARK],
      ] as const)

/** Shows the page in its languages and themes, by its own buttons, and breaks no rule in any. */
export async function isAccessibleInEachLook(page: Page, name: string): Promise<void> {
  for (const [language, theme] of LOOKS) {
    await page.getByRole('button', { name: language }).click()
    await page.getByRole('button', { name: theme }).click()
    assert.deepEqual(await violations(page), [], `${name} ${language} ${theme}`)
    assert.equal(await page.locator('html').getAttribute('lang'), language === ENGLISH ? 'en' : 'fr')
    assert.equal(await page.title(), `${(await page.locator('h1').first().textContent())?.trim()} – Écluse`)
  }
}

/** What breaks the rules of WCAG 2.2 A and AA and axe's best practices, as lines. Run through the debugger, so that the page's policy stays in force. */
export async function violations(page: Page): Promise<string[]> {
  if (!(await page.evaluate<boolean>('"axe" in globalThis'))) await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run({ resultTypes: ['violations'] })
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id} ${node.target.join(' ')} ${node.failureSummary}`))
  })
}

/** By how many pixels the page is wider than its window. */
export function widerBy(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth')
}

/** The page fits its window, and breaks no rule in French and light nor in English and dark. */
export async function isAccessible(page: Page, name: string): Promise<void> {
  const wider = await widerBy(page)
  assert.ok(wider <= 0, `${name} is ${wider} px too wide`)
  for (const [language, theme] of [
    ['FR, Français', 0],
    ['EN, English', 1],
  ] as const) {
    await page.getByRole('button', { name: language }).click()
    await page.locator('.strip fieldset').last().locator('button').nth(theme).click()
    assert.deepEqual(await violations(page), [], `${name} ${language}`)
  }
}
