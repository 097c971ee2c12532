import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { violations, widerBy } from './axe.ts'
import { type Browser, noBrowser, openBrowser } from './browser.ts'
import { type FixtureServer, startFixture } from './fixture-server.ts'

describe('the page of findings in a browser', { skip: noBrowser }, () => {
  let browser: Browser
  let fixture: FixtureServer
  before(async () => {
    fixture = await startFixture({ signals: 20, samplesPerSecond: 10, permissions: ['read', 'operate'] })
    browser = await openBrowser()
  })
  after(async () => {
    await browser?.close()
    await fixture?.close()
  })
  const saying = (text: string | RegExp) => browser.page.getByText(text).first().waitFor()

  test('it says what a node sees, worst first; a finding is acknowledged by key, with a reason', async () => {
    const { page, errors } = browser
    await page.goto(`${fixture.url}#/security`)
    await saying('A node sees its own traffic and what is mirrored to it.')
    await saying(/10\.0\.0\.66 → 10\.0\.0\.5:502 modbus/)
    await saying(/Sensor span: failed, 7 packets/)
    assert.match((await page.locator('article h3').first().textContent()) ?? '', /Critical · open/)
    await page.getByRole('button', { name: 'Acknowledge' }).press('Enter')
    await saying('Say why it is left.')
    await page.getByLabel('Reason').fill('a test of the HMI')
    await page.getByLabel('Reason').press('Enter')
    await saying(/a test of the HMI/)
    await saying('0 open')
    await page.getByLabel('Show').selectOption('open')
    await saying('Nothing found in what this node sees.')
    assert.match(page.url(), /state=open/)
    assert.deepEqual(errors, [])
  })

  test('a baseline is reviewed line by line and accepted by its hash, with a reason; what is new meanwhile has to be looked at again', async () => {
    const { page } = browser
    const { baseline } = fixture.security
    const hash = baseline.candidateHash ?? ''
    await page.goto('about:blank')
    await page.goto(`${fixture.url}#/security`)
    await saying(hash)
    await page.getByRole('region', { name: 'What was learned' }).getByRole('row').nth(1).waitFor()
    await page.getByRole('button', { name: 'Accept as usual' }).press('Enter')
    await saying('Say that you have looked at each line.')
    await page.getByLabel('I have looked at each line').press('Space')
    await page.getByRole('button', { name: 'Accept as usual' }).press('Enter')
    await saying('Say why it is accepted.')
    // Something new is learned: the tick was for another hash.
    baseline.candidateHash = 'cd'.repeat(32)
    await saying('Something new was seen meanwhile. Look at the lines again.')
    assert.equal(await page.getByLabel('I have looked at each line').isChecked(), false)
    await page.getByLabel('I have looked at each line').press('Space')
    await page.getByLabel('Why it is accepted').fill('commissioned')
    await page.getByLabel('Why it is accepted').press('Enter')
    await saying(/1 flows, accepted by ana, .*: commissioned/)
    assert.equal(baseline.accepted?.hash, 'cd'.repeat(32))
    await page.getByRole('button', { name: 'Learn anew' }).waitFor()
  })

  test('axe finds nothing in both languages; at 800 px nothing is cut off sideways', async () => {
    const { page } = browser
    await page.setViewportSize({ width: 800, height: 700 })
    for (const language of ['FR, Français', 'EN, English']) {
      await page.goto('about:blank')
      await page.goto(`${fixture.url}#/security`)
      await page.locator('article h3').first().waitFor()
      await page.getByRole('button', { name: language }).click()
      const wider = await widerBy(page)
      assert.ok(wider <= 0, `${wider} px too wide`)
      assert.deepEqual(await violations(page), [])
    }
  })
})
