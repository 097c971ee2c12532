import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Browser, noBrowser, openBrowser } from './browser.ts'
import { type FixtureServer, startFixture } from './fixture-server.ts'

describe('accounts in a browser', { skip: noBrowser }, () => {
  let fixture: FixtureServer
  let browser: Browser
  before(async () => {
    fixture = await startFixture({ signals: 40, samplesPerSecond: 40, signedIn: false })
    browser = await openBrowser('fr-FR')
  })
  after(async () => {
    await browser?.close()
    await fixture?.close()
  })

  test('the one-time link makes the first account, in the browser’s language; signing out and in again keeps the deep link', async () => {
    const { page, errors } = browser
    await page.goto(`${fixture.url}#/welcome?token=${fixture.token}`)
    await page.getByLabel('Nom').fill('ana')
    await page.getByLabel('Mot de passe', { exact: false }).first().fill('court')
    await page.getByLabel('Mot de passe, encore').fill('court')
    await page.getByRole('button', { name: 'Créer le compte' }).click()
    await page.getByRole('alert').getByText('moins de 15 caractères').waitFor()
    await page.getByLabel('Mot de passe', { exact: false }).first().fill('une phrase assez longue')
    await page.getByLabel('Mot de passe, encore').fill('une phrase assez longue')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Vue d’ensemble' }).waitFor()

    await page.goto(`${fixture.url}#/connections`)
    await page.getByRole('button', { name: 'Se déconnecter' }).click()
    await page.getByLabel('Nom').fill('ana')
    await page.getByLabel('Mot de passe').fill('faux')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('Nom ou mot de passe incorrect').waitFor()
    await page.getByLabel('Mot de passe').fill('une phrase assez longue')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Connexions' }).waitFor()
    assert.deepEqual(errors, [])
  })
})
