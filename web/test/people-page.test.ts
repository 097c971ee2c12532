import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Fixture, PASSWORD } from '../../src/api/fixture.ts'
import { fromBase32, totpCode } from '../../src/api/people/totp.ts'
import { settings, startZones } from '../../src/api/people/zones.fixture.ts'
import { isAccessible } from './axe.ts'
import { type Browser, noBrowser, openBrowser } from './browser.ts'

const GOOD = 'seven grey herons fishing'
const webDirectory = join(import.meta.dirname, '..', '..', 'dist', 'web')

describe('users, tokens and profile in a browser', { skip: noBrowser }, () => {
  let browser: Browser
  let api: Fixture
  /** Security keys are bound to a name: the pages are opened by one. */
  let home: string
  before(async () => {
    browser = await openBrowser()
    api = await startZones({ webDirectory, people: settings() })
    home = api.url.replace('127.0.0.1', 'localhost')
  })
  after(async () => {
    await browser?.close()
    await api?.close()
  })
  const named = (link: string) => link.replace('127.0.0.1', 'localhost')
  const click = (name: string | RegExp) =>
    browser.page
      .getByRole('button', { name, exact: typeof name === 'string' })
      .first()
      .click()
  const saying = (text: string | RegExp) => browser.page.getByText(text).first().waitFor()
  const signOut = async () => {
    await click('Sign out')
    await browser.page.getByRole('heading', { name: 'Sign in' }).waitFor()
  }
  const signIn = async (name: string, password: string) => {
    await browser.page.getByLabel('Name').fill(name)
    await browser.page.getByLabel('Password').fill(password)
    await browser.page.keyboard.press('Enter')
  }

  test('the administrator invites somebody and gives roles; a token is shown once', async () => {
    const { page, errors } = browser
    await page.goto(named(api.signInLink ?? ''))
    await page.getByLabel('Name').fill('ana')
    await page.getByLabel('Password', { exact: false }).first().fill(PASSWORD)
    await page.getByLabel('Password again').fill(PASSWORD)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    await page.goto(`${home}/#/people`)
    await saying('Accounts')
    const invite = page.locator('form').first()
    await invite.getByLabel('Name').fill('bo')
    await invite.getByLabel('read@field').check()
    await invite.getByRole('button', { name: 'Invite' }).press('Enter')
    await saying(/Link for bo, works once/)
    await page.getByRole('row', { name: /bo read@field invited/ }).waitFor()
    await click('Roles of bo')
    const roles = page.getByRole('group', { name: 'Roles of bo' })
    await roles.getByLabel('read@office').check()
    await click('Save')
    await page.getByRole('row', { name: /bo read@field, read@office/ }).waitFor()
    await page.getByLabel('Name of the program').fill('grafana')
    await page.getByRole('group', { name: 'Zones' }).getByLabel('field').check()
    await click('Make a token')
    await saying(/Secret of grafana/)
    assert.match(await page.locator('.people-once code').last().innerText(), /^ecluse_[\w-]{43}$/)
    await page.getByRole('row', { name: /grafana read field ana/ }).waitFor()
    await click('Revoke grafana')
    await saying('There are no tokens.')
    await page.getByText('every zone').first().waitFor()
    assert.deepEqual(errors, [])
  })

  test('the invited person chooses a password, sees their zones only, and may not administer', async () => {
    const { page, errors } = browser
    const link = await page.locator('.people-once code').first().innerText()
    await signOut()
    await page.goto(named(link))
    await page.getByLabel('Password', { exact: false }).first().fill(GOOD)
    await page.getByLabel('Password again').fill(GOOD)
    await click('Save and sign in')
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    await page.goto(`${home}/#/people`)
    await saying(/needs the permission “administer”/)
    await page.goto(`${home}/#/connections`)
    await saying('open-plc')
    assert.equal(await page.getByText('hidden').count(), 0)
    assert.deepEqual(errors, [])
  })

  test('an app as second factor: set up with a code, asked for at the next sign-in, a code of recovery in its place', async () => {
    const { page, errors } = browser
    await page.goto(`${home}/#/profile`)
    await click('Set up an authenticator app')
    const secret = await page.locator('.people-once code').innerText()
    const code = () => totpCode(fromBase32(secret), Math.floor(Date.now() / 30_000))
    await page.getByLabel('Code of the app').fill(code())
    await click('Confirm')
    await page.locator('.people-codes li').nth(9).waitFor()
    const [first = ''] = await page.locator('.people-codes li').allInnerTexts()
    await saying('An authenticator app is set up.')
    await signOut()
    await signIn('bo', GOOD)
    await page.getByRole('heading', { name: 'Second factor' }).waitFor()
    await page.getByLabel('Code').fill('123123')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('this code is wrong').waitFor()
    await page.getByLabel('Code').fill(first)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Your profile' }).waitFor()
    await saying('Codes left: 9')
    await click('Remove the app')
    await saying('Set up an authenticator app')
    assert.deepEqual(errors, [])
  })

  test('a security key as second factor: made, shown, and no longer asked for once it is removed', async () => {
    const { page, context, errors } = browser
    const device = await context.newCDPSession(page)
    await device.send('WebAuthn.enable')
    const options = {
      protocol: 'ctap2',
      transport: 'usb',
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    } as const
    const { authenticatorId } = await device.send('WebAuthn.addVirtualAuthenticator', { options })
    await page.getByLabel('Name of the key').fill('blue key')
    await click('Add a security key')
    await page.locator('.people-codes li').nth(9).waitFor()
    await saying('blue key')
    await signOut()
    await signIn('bo', GOOD)
    await click('Use a security key')
    await page.getByRole('heading', { name: 'Your profile' }).waitFor()
    await saying('blue key')
    const { credentials } = await device.send('WebAuthn.getCredentials', { authenticatorId })
    assert.equal(credentials.length, 1)
    // A copy of the key has another count of its own: it does not get in.
    const [copy] = credentials
    await device.send('WebAuthn.removeCredential', { authenticatorId, credentialId: copy?.credentialId ?? '' })
    await device.send('WebAuthn.addCredential', { authenticatorId, credential: { ...(copy as NonNullable<typeof copy>), signCount: 0 } })
    await signOut()
    await signIn('bo', GOOD)
    await click('Use a security key')
    await page.getByRole('alert').getByText('this key does not fit').waitFor()
    await device.send('WebAuthn.removeCredential', { authenticatorId, credentialId: copy?.credentialId ?? '' })
    await device.send('WebAuthn.addCredential', { authenticatorId, credential: { ...(copy as NonNullable<typeof copy>), signCount: 50 } })
    await click('Use a security key')
    await click('Remove the key blue key')
    await saying('No security key.')
    assert.deepEqual(errors, [])
  })

  test('the password is changed in the profile, and other sessions are seen and ended', async () => {
    const { page, errors } = browser
    const other = await fetch(`${api.url}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'another browser' },
      body: JSON.stringify({ name: 'bo', password: GOOD }),
    })
    assert.equal(other.status, 200)
    await page.reload()
    const row = page.getByRole('row', { name: /another browser/ })
    await row.getByRole('button').click()
    await row.waitFor({ state: 'detached' })
    await page.getByLabel('Password now').fill(GOOD)
    await page.getByLabel('New password', { exact: false }).first().fill('four brown owls asleep')
    await page.getByLabel('New password, again').fill('four brown owls asleep')
    await page.getByRole('button', { name: 'Change the password' }).press('Enter')
    await saying(/The password is changed/)
    assert.deepEqual(errors, [])
  })

  test('axe finds nothing in both languages and themes; at 800 px nothing is cut off sideways', async () => {
    const { page } = browser
    await signOut()
    await signIn('ana', PASSWORD)
    await page.getByRole('heading', { name: 'Your profile' }).waitFor()
    await page.setViewportSize({ width: 800, height: 700 })
    for (const name of ['people', 'profile']) {
      await page.goto(`${home}/#/${name}`)
      await page.locator(name === 'people' ? '#people-tokens' : '#profile-sessions').waitFor()
      await isAccessible(page, name)
    }
  })
})
