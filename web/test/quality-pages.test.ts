import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { widerBy } from './axe.ts'
import { type Browser, noBrowser, openBrowser } from './browser.ts'
import { type FixtureServer, startFixture } from './fixture-server.ts'

const MOTOR = 't2e/baggage/carousel-3/motor/current'
const SIGNALS = 10_000
/** From the click on a page of the rail to its first row, with all signals and a browser on the same machine. */
const FIRST_ROW_MS = 5_000
/** Elements in the page: a page of rows is drawn, not all of them. */
const ELEMENTS = 3_500

describe('quality and contracts in a browser', { skip: noBrowser }, () => {
  let fixture: FixtureServer
  let bare: FixtureServer
  let browser: Browser
  before(async () => {
    fixture = await startFixture({ signals: SIGNALS, samplesPerSecond: 400 })
    bare = await startFixture({ signals: 20, samplesPerSecond: 10, contracts: false })
    browser = await openBrowser()
  })
  after(async () => {
    await browser?.close()
    await fixture?.close()
    await bare?.close()
  })
  const open = async (hash: string, url = fixture.url) => {
    await browser.page.goto('about:blank')
    await browser.page.goto(url + hash)
    await browser.page.locator('h1').waitFor()
  }
  const rows = () => browser.page.locator('.quality tbody tr')

  test('10,000 signals: the worst come first, a page at a time, and a search finds any other', async (context) => {
    const { page, errors } = browser
    await open('#/')
    const started = performance.now()
    await page.getByRole('link', { name: 'Quality' }).click()
    await rows().first().waitFor()
    const firstRowMs = performance.now() - started
    context.diagnostic(`first row after ${Math.round(firstRowMs)} ms`)
    assert.ok(firstRowMs < FIRST_ROW_MS, `${firstRowMs} ms`)
    assert.deepEqual(await page.locator('.quality tbody th a').evaluateAll((links) => links.slice(0, 3).map((link) => link.textContent)), [
      'Carousel 3, motor current',
      'Meter 4, power',
      'Gate 2, bridge position',
    ])
    assert.ok((await page.locator('*').count()) < ELEMENTS)

    await page.getByText('1 to 50 of 10,000 signals').waitFor()
    await page.getByText('These are the 1,000 worst of 10,000.').waitFor()
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByText('51 to 100 of 10,000 signals').waitFor()
    await page.getByRole('button', { name: 'Read 1,000 more' }).click()
    await page.getByText('These are the 2,000 worst of 10,000.').waitFor()

    await page.getByRole('searchbox').fill('carousel-400/motor')
    await page.getByText('1 to 3 of 3 signals').waitFor()
    assert.equal(await rows().count(), 3)
    await page.getByRole('searchbox').fill('nobody-knows')
    await page.getByText('No signal matches.').waitFor()
    assert.match(page.url(), /q=nobody-knows/)
    assert.deepEqual(errors, [])
  })

  test('a row says in words what the eye sees: shares, what cannot be known, what was wrong, what holds the score down', async () => {
    await open('#/quality?q=meter-4/power')
    const said = (await rows().first().textContent()) ?? ''
    assert.match(said, /good 57 %, uncertain 0 %, bad 28 %, unknown 15 % of the time/)
    assert.equal(said.match(/cannot be known/g)?.length, 4)
    assert.match(said, /nothing known for 15 % of the time.*50 no communication/)
    await open('#/quality?q=carousel-3/motor/current')
    const score = rows().first().locator('td.number b')
    await score.waitFor()
    assert.deepEqual(await score.allTextContents(), ['41.2 %'])
    assert.match((await rows().first().textContent()) ?? '', /2,101 out of range.*468 contract broken.*and 2 more kinds/)
  })

  test('from the worst signal to the rule, its author and its contract, by keys alone', async () => {
    const { page } = browser
    await open('#/quality')
    await page.getByRole('link', { name: 'Carousel 3, motor current' }).focus()
    await page.keyboard.press('Enter')
    const why = page.locator('.why')
    await why.getByText('Normal range 0 … 16 A').waitFor()
    assert.match((await why.getByRole('link', { name: 'Said by a data contract' }).getAttribute('href')) ?? '', /#\/contracts/)
    await why.getByText('model carousel-motor · written by C. Martin, baggage maintenance').waitFor()
    await why.getByText('Declared so since 12/11/2026').waitFor()
    await page.getByText('Serial number M3-1102, in place since 02/06/2025').waitFor()
    await page.locator('.rules').getByText('Changes by at most 4 A per second').waitFor()
    await page.getByRole('link', { name: 'Baggage carousels of terminal 2E' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Contracts' }).waitFor()
    const contract = page.locator('.contract[aria-current]')
    await contract.getByText('Outside the promised range').waitFor()
    const text = (await contract.textContent()) ?? ''
    const order = ['Must not be used for', 'safety functions', 'May be used for', 'OT owner', 'Broken promises · 468 in the last hour']
    assert.deepEqual(
      order.toSorted((a, b) => text.indexOf(a) - text.indexOf(b)),
      order,
    )
    for (const part of order) assert.ok(text.includes(part), part)
    assert.ok(await contract.locator('.promises').isVisible())
  })

  test('the hours of a signal are one stop for Tab; arrows read them one by one', async () => {
    const { page } = browser
    await open(`#/signal?id=${MOTOR}`)
    const hours = page.locator('.hours button')
    await hours.first().waitFor()
    assert.equal(await hours.count(), 24)
    assert.equal(await page.locator('.hours button[tabindex="0"]').count(), 1)
    await page.locator('.hours button[tabindex="0"]').focus()
    await page.keyboard.press('ArrowLeft')
    const reading = page.locator('.hours-reading')
    await reading.getByText('2,101 out of range').waitFor()
    assert.match((await reading.textContent()) ?? '', /good 41.2 %, uncertain 58.8 %, bad 0 %, unknown 0 % of the time/)
    await page.keyboard.press('Home')
    await reading.getByText('nothing').waitFor()
  })

  test('without a contract the page says what one is and where it is declared', async () => {
    const { page } = browser
    await open('#/contracts', bare.url)
    await page.getByRole('heading', { name: 'No contract is declared yet' }).waitFor()
    await page.getByText('contracts: [contracts/*.odcs.yaml]').waitFor()
  })

  test('a contract in another language than the reader’s is marked as such, for the eye and for the ear', async () => {
    const { page } = browser
    await open('#/contracts?at=t2e-baggage-carousels')
    await page.locator('.contract[aria-current]').waitFor()
    assert.equal(await page.locator('.language-mark').count(), 0)
    await page.getByRole('button', { name: 'Français' }).click()
    const mark = page.locator('.contract[aria-current] h2 .language-mark')
    assert.equal(await mark.textContent(), 'ENLe contrat est écrit en anglais')
    assert.equal(await page.getByText('safety functions', { exact: true }).getAttribute('lang'), 'en')
    await page.locator('.violations').getByText('nullValues mustBeLessThan 1 %').waitFor()
    await open(`#/signal?id=${MOTOR}`)
    await page.locator('.bound .language-mark').waitFor()
    await page.getByRole('button', { name: 'English' }).click()
  })

  test('at 800 px nothing is cut off sideways, and the wide tables scroll by themselves', async () => {
    const { page } = browser
    await page.setViewportSize({ width: 800, height: 700 })
    for (const hash of ['#/quality', `#/signal?id=${MOTOR}`, '#/contracts?at=t2e-baggage-carousels']) {
      await open(hash)
      await page.locator('.samples tbody tr').first().waitFor()
      const wider = await widerBy(page)
      assert.ok(wider <= 0, `${hash} is ${wider} px too wide`)
      if (hash !== '#/quality') continue
      const hidden = await page.locator('.quality-box').evaluate((box) => box.scrollWidth - box.clientWidth)
      assert.ok(hidden <= 0, `${hidden} px of the quality table are out of sight`)
    }
    await page.setViewportSize({ width: 1360, height: 840 })
  })
})
