import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { isAccessibleInEachLook, violations, widerBy } from './axe.ts'
import { type Browser, noBrowser, openBrowser } from './browser.ts'
import { type FixtureServer, startFixture } from './fixture-server.ts'

const MOTOR = 't2e/baggage/carousel-3/motor/current'
const PAGES = {
  overview: '#/',
  namespace: '#/namespace?at=t2e/baggage/carousel-3',
  search: '#/namespace?q=motor&status=abnormal',
  signal: `#/signal?id=${MOTOR}&range=24h`,
  unknown: '#/signal?id=nobody/knows',
  quality: '#/quality?period=1h',
  contracts: '#/contracts?at=t2e-baggage-carousels',
  connections: '#/connections?at=runway-lights',
  welcome: '#/welcome?token=one-time-token',
} as const

describe('the pages in a browser', { skip: noBrowser }, () => {
  let fixture: FixtureServer
  let browser: Browser
  before(async () => {
    fixture = await startFixture({ signals: 200, samplesPerSecond: 400 })
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

  for (const [name, hash] of Object.entries(PAGES)) {
    test(`${name}: no accessibility violation in either theme or language, and nothing against the policy`, async () => {
      const { page, errors } = browser
      await open(hash)
      if (name === 'signal') await page.locator('.hours button').first().waitFor()
      if (['signal', 'quality', 'contracts'].includes(name)) await page.locator('.samples tbody tr').first().waitFor()
      await isAccessibleInEachLook(page, name)
      assert.deepEqual(errors, [])
    })
  }

  test('a new visitor is at the motor that draws too much after one click, and learns why', async () => {
    const { page } = browser
    await open('#/')
    await page.getByRole('link', { name: 'Carousel 3, motor current' }).click()
    await page.getByRole('heading', { name: 'Carousel 3, motor current' }).waitFor()
    await page.locator('.why').getByText('Outside its declared range').waitFor()
    await page.locator('.trend canvas').waitFor()
    assert.match((await page.locator('.current-value').textContent()) ?? '', /^1[789]\.\d\s*A/)
  })

  test('no value without unit, status and age', async () => {
    const { page } = browser
    for (const [hash, rows] of [
      ['#/', '.worst-row'],
      ['#/namespace?q=gate-1', '.tree-row:not([aria-expanded])'],
    ] as const) {
      await open(hash)
      await page.locator(rows).first().waitFor()
      const bare = await page
        .locator(rows)
        .evaluateAll((found) =>
          found
            .filter((row) => ['.value', '.unit', '.status', '.age'].some((part) => !row.querySelector(part)?.textContent?.trim()))
            .map((row) => row.textContent),
        )
      assert.deepEqual(bare, [])
    }
  })

  test('the language changes words, numbers and the page’s own language; it is remembered', async () => {
    const { page } = browser
    await open(`#/signal?id=${MOTOR}`)
    await page.getByRole('button', { name: 'Français' }).click()
    await page.getByRole('heading', { name: 'Carrousel 3, courant du moteur' }).waitFor()
    assert.match((await page.locator('.current-value .value').textContent()) ?? '', /^1[789],\d$/)
    await page.reload()
    await page.getByRole('heading', { name: 'Carrousel 3, courant du moteur' }).waitFor()
    await page.getByRole('button', { name: 'English' }).click()
  })

  test('copying a value takes the raw digits', async () => {
    const { page } = browser
    await open('#/signal?id=t2e/baggage/carousel-1/bags')
    await page.getByRole('button', { name: 'Français' }).click()
    const copied = await page.locator('.current-value .value').evaluate((value) => {
      window.getSelection()?.selectAllChildren(value)
      const event = new ClipboardEvent('copy', { clipboardData: new DataTransfer(), bubbles: true, cancelable: true })
      value.dispatchEvent(event)
      return event.clipboardData?.getData('text/plain')
    })
    assert.match(copied ?? '', /^\d+(\.\d+)?$/)
    await page.getByRole('button', { name: 'English' }).click()
  })

  test('the tree is walked by keys alone, and Enter shows the signal', async () => {
    const { page } = browser
    await open('#/namespace')
    const tree = page.getByRole('treegrid')
    await tree.focus()
    /** The row that the tree names as the one in use; it is drawn a moment after the key. */
    const becomes = (start: string) =>
      page.waitForFunction((wanted) => {
        const id = document.querySelector('[role=treegrid]')?.getAttribute('aria-activedescendant') ?? ''
        return document.getElementById(id)?.textContent?.startsWith(wanted)
      }, start)
    await page.keyboard.press('End')
    await becomes('gate-')
    await page.keyboard.press('Home')
    await becomes('t2e')
    await page.keyboard.type('carousel-3')
    await becomes('carousel-3')
    for (const key of ['ArrowRight', 'ArrowRight', 'ArrowDown', 'ArrowRight', 'ArrowRight']) await page.keyboard.press(key)
    await becomes('current')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Carousel 3, motor current' }).waitFor()
  })

  test('a connection says how far the clock of its device is off, and what to do about it', async () => {
    const { page } = browser
    await open('#/connections')
    const said = (name: string) => page.locator(`#connection-${name} .clock`).innerText()
    assert.match(await said('baggage-plc'), /\+3,600\.0 ± 0\.0 s[\s\S]*beyond the limit of 5 s[\s\S]*local time, UTC\+01:00/)
    assert.match(await said('gates-broker'), /−1\.2 ± 1\.3 ms[\s\S]*being behind may be delay/)
    assert.match(await said('energy-meters'), /not measurable/)
  })

  test('every control is reached by Tab and shows its focus', async () => {
    const { page } = browser
    await open('#/connections')
    const reached: string[] = []
    for (let i = 0; i < 12; i++) {
      await page.keyboard.press('Tab')
      const [name, outline] = await page.evaluate(() => {
        const at = document.activeElement
        return [at?.textContent ?? '', at ? getComputedStyle(at).outlineStyle : ''] as const
      })
      assert.equal(outline, 'solid', name)
      reached.push(name.trim())
    }
    assert.equal(reached[0], 'Skip to the content')
    for (const name of ['FR', 'Sign out', 'Overview', 'Namespace']) assert.ok(reached.includes(name), `${name} in ${reached}`)
  })

  test('the arrows read the trend sample by sample', async () => {
    const { page } = browser
    await open(`#/signal?id=${MOTOR}&range=8h`)
    const chart = page.getByRole('application')
    await page.waitForFunction(() => document.querySelector('.trend-reading') && document.querySelectorAll('.u-over').length === 1)
    await page.locator('.legend-envelope').waitFor()
    await chart.focus()
    const said = new Set<string>()
    for (let i = 0; i < 3; i++) {
      await page.keyboard.press('ArrowLeft')
      await page.waitForFunction(
        (known) => !known.includes(document.querySelector('.trend-reading')?.textContent ?? ''),
        [...said, 'Point at the chart, or use the arrow keys, to read a sample.'],
      )
      said.add((await page.locator('.trend-reading').textContent()) ?? '')
    }
    assert.equal(said.size, 3)
    for (const text of said) assert.match(text, / A · Good$/)
  })

  test('the sample that was read stays read while the chart moves on, and when it is made anew', async () => {
    const { page } = browser
    await open(`#/signal?id=${MOTOR}&range=5m`)
    // Pressed before the samples are there, or after: either way the newest is read.
    await page.getByRole('application').focus()
    await page.keyboard.press('ArrowLeft')
    await page
      .locator('.trend-reading')
      .filter({ hasText: / A · Good/ })
      .waitFor()
    for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowLeft')
    const reading = async () =>
      /\d\d:\d\d:\d\d\.\d{3}/.exec(((await page.locator('.trend-reading').textContent()) ?? '').replace(',', '.'))?.[0]
    const cursor = () => page.locator('.u-cursor-x').evaluate((line) => line.getBoundingClientRect().left)
    const [said, before] = [await reading(), await cursor()]
    assert.ok(said)
    await page.waitForFunction((at) => (document.querySelector('.u-cursor-x')?.getBoundingClientRect().left ?? at) < at - 0.5, before)
    assert.equal(await reading(), said)
    await page.getByRole('button', { name: 'Français' }).click()
    await page
      .locator('.trend-reading')
      .filter({ hasText: /A · Bon/ })
      .waitFor()
    assert.equal(await reading(), said)
    await page.getByRole('button', { name: 'English' }).click()
  })

  test('what is stored in one unit and seen in another: tree, value, range, trend, rules; the stored value is one glance away', async () => {
    const { page } = browser
    const id = 't2e/chilled-water/loop-1/supply/temperature'
    await open(`#/signal?id=${id}`)
    const value = page.locator('.current-value')
    assert.match((await value.textContent()) ?? '', /^[5-8]\.\d\s*°C/)
    assert.match((await page.locator('.current-stored').textContent()) ?? '', /^stored: 2(7[89]|8[012])(\.\d+)? K$/)
    assert.match((await page.getByText('stored in K (UCUM K)').textContent()) ?? '', /K/)
    await page.getByText('4.9 … 8.9 °C', { exact: false }).waitFor()
    await page.getByRole('application').focus()
    await page.keyboard.press('ArrowLeft')
    await page
      .locator('.trend-reading')
      .filter({ hasText: / [4-8]\.\d °C · / })
      .waitFor()
    assert.match((await page.locator('.samples tbody td.number').first().textContent()) ?? '', /^[5-8]\.\d$/)
    await open(`#/namespace?q=${id}`)
    const row = page.locator('.tree-row:not([aria-expanded])').first()
    assert.match((await row.locator('.value').textContent()) ?? '', /^[5-8]\.\d$/)
    assert.equal(await row.locator('.unit').textContent(), '°C')
    assert.match((await row.locator('.value').getAttribute('title')) ?? '', /^stored: 2\d\d(\.\d+)? K$/)
  })

  test('a lost stream looks lost: struck values and a banner, nothing blank; then it is live again', async () => {
    const { page } = browser
    await open('#/')
    await page.getByText('Live', { exact: true }).waitFor()
    const value = page.locator('.worst-row').filter({ hasText: 'Carousel 3' }).locator('.value')
    const line = () => value.evaluate((element) => getComputedStyle(element).textDecorationLine)
    assert.equal(await line(), 'none')
    fixture.setLive(false)
    await page.getByRole('alert').getByText('The live stream is lost').waitFor()
    assert.equal(await line(), 'line-through')
    assert.match((await value.textContent()) ?? '', /\d/)
    assert.deepEqual(await violations(browser.page), [])
    fixture.setLive(true)
    await page.getByText('Live', { exact: true }).waitFor()
    assert.equal(await line(), 'none')
  })

  test('at 200 % zoom nothing is cut off sideways', async () => {
    const { page } = browser
    await page.setViewportSize({ width: 680, height: 420 })
    for (const hash of Object.values(PAGES)) {
      await open(hash)
      const wider = await widerBy(page)
      assert.ok(wider <= 0, `${hash} is ${wider} px too wide`)
    }
    await page.setViewportSize({ width: 1360, height: 840 })
  })

  test('with reduced motion nothing moves by itself', async () => {
    const { page } = browser
    await page.emulateMedia({ reducedMotion: 'reduce' })
    await open('#/')
    await page.locator('.analog-pointer').first().waitFor()
    const moving = await page.evaluate(
      () =>
        [...document.querySelectorAll('*')].filter((element) => {
          const { animationName, transitionDuration } = getComputedStyle(element)
          return animationName !== 'none' || /[1-9]/.test(transitionDuration)
        }).length,
    )
    assert.equal(moving, 0)
    await page.emulateMedia({ reducedMotion: 'no-preference' })
  })
})
