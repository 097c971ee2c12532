import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { noticeOf } from '../../src/api/people/notice.ts'
import { settings, startZones } from '../../src/api/people/zones.fixture.ts'
import { violations, widerBy } from './axe.ts'
import { type Browser, noBrowser, openBrowser } from './browser.ts'

const GOOD = 'seven grey herons fishing'
const NOTICE = noticeOf({
  en: `Only for who works here.\nWhat is done is recorded. ${'It may be long. '.repeat(60)}`,
  fr: `Réservé à qui travaille ici.\nCe qui est fait est consigné. ${'Il peut être long. '.repeat(60)}`,
})

describe('the notice before signing in, at a real HTTP surface', { skip: noBrowser }, () => {
  let api: Awaited<ReturnType<typeof startZones>>
  let browser: Browser
  before(async () => {
    browser = await openBrowser('fr-FR')
    const webDirectory = join(import.meta.dirname, '..', '..', 'dist', 'web')
    api = await startZones({ webDirectory, people: settings({ notice: NOTICE }) })
  })
  after(async () => {
    await browser?.close()
    await api?.close()
  })

  test('it stands above the fields in the language of the page, and has to be marked as read, by keyboard alone', async () => {
    const { page, errors } = browser
    await page.goto(`${api.url}/${new URL(api.signInLink as string).hash}`)
    await page.getByRole('region', { name: 'Avis' }).getByText('Réservé à qui travaille ici').waitFor()
    await page.getByLabel('Nom').fill('ana')
    await page.getByLabel('Mot de passe', { exact: false }).first().fill(GOOD)
    await page.getByLabel('Mot de passe, encore').fill(GOOD)
    await page.keyboard.press('Enter')
    // The browser itself asks for the mark.
    const mark = page.getByLabel('J’ai lu cet avis')
    assert.equal(await mark.evaluate((box: HTMLInputElement) => box.validity.valueMissing), true)
    await mark.press('Space')
    await page.getByLabel('Mot de passe, encore').press('Enter')
    await page.getByRole('heading', { name: 'Vue d’ensemble' }).waitFor()

    await page.getByRole('button', { name: 'Se déconnecter' }).click()
    await page.getByRole('region', { name: 'Avis' }).waitFor()
    await page.getByRole('button', { name: 'EN, English' }).click()
    await page.getByRole('region', { name: 'Notice' }).getByText('Only for who works here').waitFor()
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 800 })
      assert.ok((await widerBy(page)) <= 0, `too wide at ${width} px`)
      assert.deepEqual(await violations(page), [], `axe at ${width} px`)
    }
    await page.getByLabel('Name').fill('ana')
    await page.getByLabel('Password').fill(GOOD)
    await page.getByLabel('I have read this notice').press('Space')
    await page.getByLabel('Password').press('Enter')
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    assert.deepEqual(errors, [])
  })
})
