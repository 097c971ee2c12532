import axe from 'axe-core'
import type { Page } from 'playwright-core'

interface Found {
  readonly violations: readonly { id: string; nodes: readonly { target: unknown[]; failureSummary?: string }[] }[]
}

/** What breaks the rules of WCAG 2.2 A and AA and axe's best practices, as lines. Run through the debugger, so that the page's policy stays in force. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: { run(): Promise<Found> } }).axe.run()
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id} ${node.target.join(' ')} ${node.failureSummary}`))
  })
}

/** By how many pixels the page is wider than its window. */
export function widerBy(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth')
}
