import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { AUDIT_KINDS } from '../../src/core/audit.ts'
import { en } from '../src/words/en.ts'
import { fr } from '../src/words/fr.ts'
import { isAccessible } from './axe.ts'
import { type Browser, noBrowser, openBrowser } from './browser.ts'
import { type FixtureServer, startFixture } from './fixture-server.ts'

test('every kind of entry has its name in both languages', () => {
  for (const { evidence } of [en, fr]) assert.deepEqual(Object.keys(evidence.kinds).sort(), [...AUDIT_KINDS].sort())
})

describe('the evidence page in a browser', { skip: noBrowser }, () => {
  let browser: Browser
  const fixtures = new Map<string, FixtureServer>()
  before(async () => {
    const plain = { signals: 20, samplesPerSecond: 10 }
    const permissions = ['read', 'audit']
    fixtures.set('sound', await startFixture({ ...plain, permissions }))
    fixtures.set('tampered', await startFixture({ ...plain, permissions, evidence: 'tampered' }))
    fixtures.set('stranger', await startFixture(plain))
    browser = await openBrowser()
  })
  after(async () => {
    await browser?.close()
    for (const fixture of fixtures.values()) await fixture.close()
  })
  const open = async (name: string) => {
    await browser.page.goto('about:blank')
    await browser.page.goto(`${(fixtures.get(name) as FixtureServer).url}#/evidence`)
  }
  const saying = (text: string | RegExp) => browser.page.getByText(text).first().waitFor()

  test('signatures and roots are shown, and a verification is begun by key, followed and named', async () => {
    const { page, errors } = browser
    const refused: string[] = []
    page.on('response', (answer) => answer.status() >= 400 && refused.push(answer.url()))
    await open('sound')
    await saying('12,345')
    await saying('Forwarded to tls://logs.example:6514: up to entry 57, 3 waiting, 0 lost')
    assert.equal(await page.locator('#evidence-roots ~ .evidence-roots tbody tr').count(), 5)
    await saying('Nothing was verified since the start.')
    assert.deepEqual(refused, [], 'a verification that was never run is no error')
    await page.getByRole('button', { name: 'Verify now' }).press('Enter')
    await saying(/\d+ of \d+ segments/)
    await saying('Nothing altered, missing or reordered: 12,345 records in 12 segments.')
    await saying('60 entries of the audit log; 2 hourly roots computed again.')
    assert.deepEqual(errors, [])
  })

  test('the audit log is filtered by kind, and the choice is in the link', async () => {
    const { page, errors } = browser
    await open('sound')
    await page.locator('#evidence-audit ~ .evidence-roots tbody tr').nth(50).waitFor()
    await page.getByLabel('Kind').selectOption('denial')
    await page.waitForFunction(() => document.querySelectorAll('#evidence-audit ~ .evidence-roots tbody tr').length === 12)
    assert.match(page.url(), /kind=denial/)
    await saying(/15 times/)
    assert.deepEqual(errors, [])
  })

  test('what was altered is named, and an audit log that takes nothing is an alarm', async () => {
    await open('tampered')
    await saying(/what must be recorded is refused · the reserve/)
    await browser.page.getByRole('button', { name: 'Verify now' }).press('Enter')
    await saying(/Something is wrong · Log · 0000000004\.seg, number 4,321 · record 4321 is damaged/)
  })

  test('who may not see it is told which permission it needs', async () => {
    await open('stranger')
    await saying('Seeing who did what needs the permission “audit”.')
  })

  test('axe finds nothing in both languages and themes; at 800 px nothing is cut off sideways', async () => {
    const { page } = browser
    await page.setViewportSize({ width: 800, height: 700 })
    for (const name of ['sound', 'tampered', 'stranger']) {
      await open(name)
      await page.locator('main h1').waitFor()
      if (name !== 'stranger') await page.locator('#evidence-audit ~ .evidence-roots').waitFor()
      await isAccessible(page, name)
    }
  })
})
