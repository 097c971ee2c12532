import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { violations } from '../web/test/axe.ts'
import { type Browser, noBrowser, openBrowser } from '../web/test/browser.ts'

const MOTOR = 'Carousel 3: motor current'
const PASSWORD = 'a sentence of some length'

describe('the demo as a visitor meets it', { skip: noBrowser, timeout: 60_000 }, () => {
  const data = mkdtempSync(join(tmpdir(), 'ecluse-demo-pages-'))
  let browser: Browser
  let child: ChildProcess
  let link = ''
  before(async () => {
    browser = await openBrowser()
    const program = join(import.meta.dirname, '..', 'bin', 'ecluse.js')
    child = spawn(process.execPath, [program, 'demo', '--port', '0', '--no-open', '--data', data], {
      env: { PATH: process.env.PATH ?? '', LANG: 'en_GB.UTF-8' },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    link = await signInLink(child)
  })
  after(async () => {
    child?.kill('SIGKILL')
    await browser?.close()
    rmSync(data, { recursive: true, force: true })
  })

  test('from the one-time link to a trend, in two languages and themes, and out again', async () => {
    const { page, errors } = browser
    await page.goto(link)
    await page.getByLabel('Name').fill('ana')
    await page.getByLabel('Password', { exact: false }).first().fill(PASSWORD)
    await page.getByLabel('Password again').fill(PASSWORD)
    await assertAccessible('welcome')
    await page.getByRole('button', { name: 'Create the account' }).click()
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    await page.locator('.worst-row .value').filter({ hasText: /\d/ }).first().waitFor()
    await assertAccessible('overview')

    const menu = page.getByRole('navigation', { name: 'Pages' })
    await menu.getByRole('link', { name: 'Connections' }).click()
    await page
      .locator('.card dd')
      .filter({ hasText: /^Connected/ })
      .nth(3)
      .waitFor()
    assert.equal(await page.locator('.card').count(), 6)
    await assertAccessible('connections')

    await menu.getByRole('link', { name: 'Security' }).click()
    await menu.getByRole('link', { name: 'Zones & conduits' }).click()
    await page.getByText(/4 zones, \d+ conduits/).waitFor()
    await page.getByRole('row', { name: /baggage Baggage handling field → operations/ }).waitFor()
    assert.equal(await page.getByRole('row', { name: /not declared/ }).count(), 0)
    await assertAccessible('zones and conduits')
    await page.getByRole('link', { name: 'baggage', exact: true }).click()
    await page.getByText('rounds along the carousels every 15 minutes').waitFor()
    await assertAccessible('conduit')
    await menu.getByRole('link', { name: 'Policy' }).click()
    await page.getByText('3 hold, 0 do not').waitFor()
    await page.getByLabel('Subject').fill('energy')
    await page.getByLabel('Object').fill('baggage/carousel-3/motor/current')
    await page.getByRole('button', { name: 'Explain' }).click()
    await page.getByText(/Decided by .*ecluse\.yaml:\d+, conduits\.energy\.signals/).waitFor()
    await assertAccessible('policy')

    await menu.getByRole('link', { name: 'Namespace' }).click()
    await page.getByRole('searchbox').fill('carousel-3/motor/current')
    await assertAccessible('namespace')
    await page.locator('.tree-link').first().click()
    await page.getByRole('heading', { name: MOTOR }).waitFor()
    await page.locator('.trend canvas').first().waitFor()
    await page.getByRole('application').focus()
    await page.keyboard.press('ArrowLeft')
    await page.locator('.trend-reading').filter({ hasText: / A · / }).waitFor()
    await assertAccessible('signal')

    await page.getByRole('button', { name: 'Français' }).click()
    await page.getByRole('heading', { name: 'Tapis 3 : courant moteur' }).waitFor()
    await assertAccessible('signal in French')
    await page.getByRole('button', { name: 'Se déconnecter' }).click()
    await page.getByRole('heading', { name: 'Se connecter' }).waitFor()
    await assertAccessible('sign-in')
    assert.deepEqual(errors, [])
  })

  test('SIGTERM ends it with 0', async () => {
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    assert.deepEqual(await ended, [0, null])
  })

  /** No finding of axe, in the light theme and in the dark one. */
  async function assertAccessible(name: string): Promise<void> {
    const { page } = browser
    for (const theme of [/^(Clair|Light)$/, /^(Sombre|Dark)$/]) {
      await page.getByRole('button', { name: theme }).click()
      const found = await violations(page)
      assert.deepEqual(found, [], `${name}, ${theme}`)
    }
  }
})

/** The one-time link from what the demo prints; rejects when the demo ends without one. */
function signInLink(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let out = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      out += text
      const link = /works once\): (http:\S+)\n/.exec(out)?.[1]
      if (link) resolve(link)
    })
    child.once('exit', (code) => reject(new Error(`the demo ended with ${code} before it printed its link:\n${out}`)))
  })
}
