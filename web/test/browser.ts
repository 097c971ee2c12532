import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
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

/** Builds the bundle where it is stale, then opens a fresh profile. */
export async function openBrowser(locale = 'en-GB'): Promise<Browser> {
  const root = join(import.meta.dirname, '..', '..')
  execFileSync(process.execPath, [join(root, 'scripts', 'build-web.ts')], { stdio: 'ignore' })
  const profile = mkdtempSync(join(tmpdir(), 'ecluse-web-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM,
    args: QUIET,
    locale,
    timezoneId: 'Europe/Paris',
    viewport: { width: 1360, height: 840 },
    colorScheme: 'light',
  })
  const page = context.pages()[0] ?? (await context.newPage())
  page.setDefaultTimeout(30_000)
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) errors.push(message.text())
  })
  const close = async () => {
    await context.close()
    rmSync(profile, { recursive: true, force: true })
  }
  return { context, page, errors, close }
}
