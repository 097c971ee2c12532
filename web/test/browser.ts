import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'

const CHROMIUM = '/usr/bin/chromium'
/** Nothing but the fixture is ever asked for. */
const QUIET = ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run']

/** Why the browser tests cannot run here; false when they can. */
export const noBrowser: string | false = existsSync(CHROMIUM) ? false : `${CHROMIUM} is not installed: the browser tests were skipped`

export interface Browser {
  readonly context: BrowserContext
  readonly page: Page
  /** Console errors and uncaught ones so far, except those of requests that the test made fail. */
  readonly errors: string[]
  close(): Promise<void>
}

/** One browser for all tests of a run: where it is asked is what ECLUSE_BROWSER holds for them. */
export const serveBrowser = () => chromium.launchServer({ executablePath: CHROMIUM, args: QUIET })

/** Builds the bundle where it is stale, then opens a fresh profile: of the browser of the run, or of one of its own. */
export async function openBrowser(locale = 'en-GB'): Promise<Browser> {
  const root = join(import.meta.dirname, '..', '..')
  execFileSync(process.execPath, [join(root, 'scripts', 'build-web.ts')], { stdio: 'ignore' })
  const endpoint = process.env.ECLUSE_BROWSER
  const browser = endpoint ? await chromium.connect(endpoint) : await chromium.launch({ executablePath: CHROMIUM, args: QUIET })
  const context = await browser.newContext({
    locale,
    timezoneId: 'Europe/Paris',
    viewport: { width: 1360, height: 840 },
    colorScheme: 'light',
  })
  const page = await context.newPage()
  page.setDefaultTimeout(30_000)
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) errors.push(message.text())
  })
  const close = async () => {
    await context.close()
    await browser.close()
  }
  return { context, page, errors, close }
}
