import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { isAccessibleInEachLook, widerBy } from './axe.ts'
import { type Browser, noBrowser, openBrowser } from './browser.ts'
import { type FixtureServer, startFixture } from './fixture-server.ts'

const SIGNAL = 't2e/baggage/carousel-3/motor/current'
const PASSPORT = `#/passport?${new URLSearchParams({ definition: 'plant', key: 'site@1', value: 'value' })}`

describe('the passport page in a browser', { skip: noBrowser }, () => {
  let fixture: FixtureServer
  let browser: Browser
  before(async () => {
    fixture = await startFixture({ signals: 60, samplesPerSecond: 10, facts: 10 })
    browser = await openBrowser()
  })
  after(async () => {
    await browser?.close()
    await fixture?.close()
  })
  const open = async (hash: string) => {
    await browser.page.goto('about:blank')
    await browser.page.goto(fixture.url + hash)
    await browser.page.locator('h1').waitFor()
  }
  const verdict = async (is: string) => browser.page.locator(`h2[data-verdict="${is}"]`).waitFor()

  test('no accessibility violation in either theme or language, everything shown, nothing cut off at 200 % zoom', async () => {
    const { page } = browser
    await open(`${PASSPORT}&use=billing`)
    await verdict('no')
    await page.locator('.panel-head button').click()
    await isAccessibleInEachLook(page, 'passport')
    await page.setViewportSize({ width: 680, height: 420 })
    const wider = await widerBy(page)
    await page.setViewportSize({ width: 1360, height: 840 })
    assert.ok(wider <= 0, `${wider} px too wide`)
  })

  test('the use is chosen in the page and stands in its address; reasons come first, in words', async () => {
    await open(PASSPORT)
    await verdict('yes')
    assert.equal(await browser.page.locator('.verdict .mark-uncertain, .verdict .mark-bad').count(), 0, 'no colour without cause')
    await browser.page.locator('.tools select').selectOption('maintenance-display')
    await verdict('with-care')
    assert.match(browser.page.url(), /use=maintenance-display/)
    await browser.page.getByRole('button', { name: 'Copy the permanent link' }).waitFor()
    const reasons = await browser.page.locator('.verdict-reasons li').allTextContents()
    assert.match(reasons[0] ?? '', /only 91\s?% of the time is covered, at least 95\s?% is asked for/)
    assert.match(reasons[1] ?? '', /Dead link in the chain: plc, its source is silent/)
  })

  test('the nearest hops and the dead ones at first; the whole chain, and the members of a group, by keyboard', async () => {
    await open(PASSPORT)
    await verdict('yes')
    const levels = () => browser.page.locator('.chain-level h3').allTextContents()
    assert.deepEqual(await levels(), ['Result', 'Samples', 'Connection'])
    const toggle = browser.page.locator('.panel-head button')
    await toggle.focus()
    await browser.page.keyboard.press('Enter')
    assert.deepEqual(await levels(), ['Result', 'Samples', 'Rules', 'Log', 'Connection', 'Conduit', 'Configuration'])
    const open250 = browser.page.getByRole('button', { name: 'Show 250 signals' }).first()
    await open250.focus()
    await browser.page.keyboard.press('Enter')
    const members = browser.page.locator('.hop-members li')
    await members.first().waitFor()
    assert.equal(await members.count(), 100)
    await browser.page.getByRole('button', { name: '150 more' }).click()
    await browser.page.waitForFunction(() => document.querySelectorAll('.hop-members li').length === 200)
    assert.ok((await browser.page.locator('*').count()) < 4_000, '10,000 signals are counts until somebody opens them')
  })

  test('what it was is a link, and says that it is said otherwise now; a signal, a result and a KPI lead to their passports', async () => {
    await open(PASSPORT)
    await verdict('yes')
    await browser.page.locator('tbody a').last().click()
    await browser.page.getByText('It is said otherwise now.').waitFor()
    assert.match(browser.page.url(), /known=/)
    await browser.page.getByRole('link', { name: 'Show the newest' }).click()
    await browser.page.getByText('version 2 of 2').waitFor()
    await open(`#/signal?${new URLSearchParams({ id: SIGNAL })}`)
    await browser.page.getByRole('link', { name: `May I use this? ${SIGNAL}`, exact: true }).click()
    await verdict('yes')
    await open('#/kpis')
    await browser.page
      .getByRole('link', { name: /^May I use this\?/ })
      .first()
      .click()
    await verdict('yes')
    assert.deepEqual(browser.errors, [])
  })
})
