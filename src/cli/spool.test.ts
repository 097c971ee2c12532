import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../core/time.ts'
import { defineSignals, numbered, segmentFiles, start } from '../gateway/spool/harness.ts'
import { makeWorld, paperYaml } from './world.fixture.ts'

const SUBVERBS = ['inspect', 'verify', 'export', 'import']

async function makeNode(t: TestContext, extra = '') {
  const world = makeWorld()
  const data = join(world.folder, 'data')
  const config = world.write('ecluse.yaml', paperYaml({ plc: 'well' }, `data: ${data}${extra}`))
  const directory = join(data, 'spool')
  const bench = await start(directory)
  t.after(() => bench.spool.close())
  defineSignals(bench.signals, 2)
  for (let n = 0; n < 20; n++) await bench.spool.append(numbered(n))
  const last = bench.spool.stats().lastSequence
  return { ...bench, world, data, directory, config, last }
}

test('spool: every verb explains itself in both languages', async () => {
  const world = makeWorld()
  for (const verb of SUBVERBS) {
    const en = await world.run(['spool', verb, '--help'])
    const fr = await world.run(['spool', verb, '--help', '--lang', 'fr'])
    assert.deepEqual([en.code, fr.code], [0, 0])
    assert.notEqual(en.out, fr.out)
  }
  assert.match((await world.run(['spool'])).err, /inspect/)
})

test('spool inspect and verify show a log that a node writes to, in words and as data', async (t) => {
  const { world, config, directory, last, epoch } = await makeNode(t).then((node) => ({ ...node, epoch: node.spool.epoch }))
  const { code, out } = await world.run(['spool', 'inspect', '-c', config])
  assert.equal(code, 0)
  assert.match(out, /^log of edge-1, begun 2026-11-23T08:00:00\.000Z\nSEGMENT +FIRST +LAST +SINCE +UNTIL +SIZE\n +1 +1 +22 +2026-/)
  const data = JSON.parse((await world.run(['spool', 'inspect', directory, '-o', 'json'])).out)
  assert.deepEqual(
    [data.node, data.epoch, data.segments[0].lastSequence, data.segments[0].records, data.gaps],
    ['edge-1', epoch, last, last, []],
  )
  const sound = await world.run(['spool', 'verify', directory])
  assert.deepEqual(sound, {
    code: 0,
    out: `1 segment(s), ${last} record(s), 60 sample(s): every checksum and every link of the chain is right\n`,
    err: '',
  })
  const [segment] = await segmentFiles(directory)
  const path = join(directory, segment as string)
  const bytes = readFileSync(path)
  bytes[1500] = (bytes[1500] as number) ^ 1
  writeFileSync(path, bytes)
  const unsound = await world.run(['spool', 'verify', directory])
  assert.equal(unsound.code, 1)
  assert.match(unsound.out, /byte \d+: corrupt record\n {2}hint: a torn end/)
  assert.match((await world.run(['spool', 'verify', directory, '--lang', 'fr'])).out, /octet \d+ : enregistrement abîmé/)
  assert.match((await world.run(['spool', 'inspect', directory])).out, /records \d+ to \d+ cannot be read: corrupt/)
})

test('spool export and import carry records from one data directory to another', async (t) => {
  const { world, config, data, last } = await makeNode(t)
  const out = join(world.folder, 'some.ecx')
  const made = await world.run(['spool', 'export', '-c', config, '--from', '3', '--to', String(last + 2), '--out', out])
  assert.equal(made.code, 0)
  assert.match(
    made.out,
    new RegExp(`some.ecx: ${last - 2} record\\(s\\), .*\nrecords ${last + 1} to ${last + 2} cannot be read: not written yet`),
  )
  assert.match(
    (await world.run(['spool', 'export', '-c', config, '--from', '3', '--to', '4', '--out', out])).err,
    /is there already.*\n.*--out/,
  )
  const beyond = ['--from', String(last + 1), '--to', String(last + 1), '--out', join(world.folder, 'none.ecx')]
  const french = (await world.run(['spool', 'export', '-c', config, ...beyond, '--lang', 'fr'])).out
  assert.match(french, new RegExp(`^enregistrements ${last + 1} à ${last + 1} illisibles : pas encore écrits$`, 'm'))
  const sender = await world.run(['spool', 'import', out, '-c', config])
  assert.equal(sender.code, 1)
  assert.match(
    sender.err,
    /takes in no files of records: it does not receive one way; nothing was handed over\n {2}hint: name the configuration/,
  )
  const key = Buffer.alloc(32, 1).toString('base64')
  const diode = `{ transport: diode, listen: { port: 1 }, diode: { senders: [{ sender: 1, node: edge-1, key: "\${file:key}" }] } }`
  const others = diode.replace('edge-1', 'edge-2')
  world.write('key', key)
  world.write('ecluse.yaml', paperYaml({ plc: 'well' }, `data: ${data}\nnode: { id: hub-1, role: hub }\nlink: ${diode}`))
  const laid = await world.run(['spool', 'import', out, '-c', config])
  assert.equal(laid.code, 0)
  assert.match(laid.out, new RegExp(`${last - 2} record\\(s\\) of edge-1 handed over`))
  assert.deepEqual(readdirSync(join(data, 'imports')).length, 1)
  world.write('data/running.json', JSON.stringify({ url: 'http://127.0.0.1:1' }))
  const verdicts = [{ filled: 7 }, { filled: 0, refused: { code: 'foreign', message: 'meets no record that is here' } }, { filled: 0 }]
  for (const [i, verdict] of verdicts.entries()) {
    if (i === 2) world.write('ecluse.yaml', paperYaml({ plc: 'well' }, `data: ${data}\nnode: { id: hub-1, role: hub }\nlink: ${others}`))
    const running = world.run(['spool', 'import', out, '-c', config])
    for (const folder of ['done', 'refused']) mkdirSync(join(data, 'imports', folder), { recursive: true })
    const name = await laidBeside(join(data, 'imports'), i + 1)
    const outcome = { file: name, time: 0, records: 7, ...verdict }
    world.write(`data/imports/${'refused' in verdict ? 'refused' : 'done'}/${name}.json`, JSON.stringify(outcome))
    const { code, out: said, err } = await running
    if (i === 0) assert.match(said, /taken in: 7 record/)
    else if (i === 1) assert.match(err, /the node refused .*gaps.json that is here now\n {2}hint: meets no record/)
    else assert.match(said, /handed over: .*\nno sender here is edge-1, and nothing of it is missing: is it the right file/)
    assert.equal(code, Math.min(i, 1))
  }
  const bytes = readFileSync(out)
  bytes[900] = (bytes[900] as number) ^ 1
  writeFileSync(out, bytes)
  const refused = await world.run(['spool', 'import', out, '-c', config, '--lang', 'fr'])
  assert.equal(refused.code, 1)
  assert.match(refused.err, /(abîmé|modifiés) ; rien n’a été remis\n {2}conseil : .*(copiez-le ou exportez-le|exportez-le à nouveau) .*\(/)
  assert.match((await world.run(['spool', 'import', config, '-c', config])).err, /is no file of records/)
  assert.match((await world.run(['spool', 'import', join(world.folder, 'none'), '-c', config])).err, /cannot be read/)
})

/** The name of the newest file there, once there are more than `before`. */
async function laidBeside(imports: string, before: number): Promise<string> {
  const seen = new Set(readdirSync(imports))
  for (let i = 0; i < 2000; i++) {
    const names = readdirSync(imports).filter((name) => name.endsWith('.ecx'))
    const fresh = names.find((name) => !seen.has(name))
    if (fresh && names.length > before) return fresh
    await systemClock.sleep(5)
  }
  return assert.fail('nothing was laid there')
}

test('a file that the node wrote itself is signed: evidence verify takes it, and finds what was changed', async (t) => {
  const { world, config, directory, last } = await makeNode(t, '\nnode: { id: edge-1 }')
  const [out, other, key] = ['some.ecx', 'other.ecx', 'key.pem'].map((name) => join(world.folder, name)) as [string, string, string]
  assert.equal((await world.run(['spool', 'export', '-c', config, '--from', '3', '--to', String(last), '--out', out])).code, 0)
  writeFileSync(key, (await world.run(['evidence', 'key', '-c', config])).out)
  const sound = await world.run(['evidence', 'verify', out, '--key', key])
  assert.equal(sound.code, 0, sound.err)
  assert.match(sound.out, new RegExp(`^Nothing was found altered.*\n {2}${last - 2} records of edge-1, 3 to ${last}; the file was signed `))
  const bytes = readFileSync(out)
  bytes[900] = (bytes[900] as number) ^ 1
  writeFileSync(out, bytes)
  const altered = await world.run(['evidence', 'verify', out, '--key', key, '-o', 'json'])
  assert.deepEqual([altered.code, JSON.parse(altered.out).tampered.kind], [1, 'altered'])
  // By somebody who has the files alone.
  assert.equal((await world.run(['spool', 'export', directory, '--from', '3', '--to', '9', '--out', other])).code, 0)
  assert.match((await world.run(['evidence', 'verify', other, '--key', key, '--lang', 'fr'])).out, /Premier défaut dans .*signed by nobody/)
  assert.match((await world.run(['evidence', 'verify', join(world.folder, 'none'), '--key', key])).err, /no folder or file/)
})

test('spool export by the list of gaps of the receiving node', async (t) => {
  const { world, config, spool } = await makeNode(t)
  const gap = (more: object) => ({ node: 'edge-1', epoch: spool.epoch, from: 3, to: 5, cause: 'diode-loss', time: 0, ...more })
  const list = (...gaps: object[]) => world.write('gaps.json', JSON.stringify({ version: 1, boots: [], gaps }))
  const run = (gaps: string, ...more: string[]) =>
    world.run(['spool', 'export', '-c', config, '--gaps', gaps, '--out', join(world.folder, 'by-list.ecx'), '-o', 'json', ...more])
  assert.match((await run(list(gap({ node: 'other' })))).err, /names no record of edge-1/)
  assert.match((await run(list(gap({ epoch: 1 })))).err, /of an earlier log of edge-1/)
  // What the API says of gaps is not the list that the receiver keeps.
  for (const wrong of ['{', JSON.stringify({ gaps: [{ node: 'edge-1', epoch: spool.epoch, first: 3, last: 5 }] })])
    assert.match(
      (await run(world.write('bad.json', wrong), '--lang', 'fr')).err,
      /^✗ \S*bad.json n’est pas une liste de trous\n {2}conseil : prenez `DATA\/link\/gaps.json` du hub/,
    )
  assert.match((await run(list(gap({})), '--from', '1')).err, /leave --from and --to out/)
  const { records } = JSON.parse((await run(list(gap({ from: 10, to: 11 }), gap({})))).out)
  assert.equal(records, 5)
})

test('spool: what is missing on the command line is said with what to do', async () => {
  const world = makeWorld()
  const config = world.write('ecluse.yaml', paperYaml({ plc: 'well' }, `data: ${join(world.folder, 'data')}`))
  assert.match((await world.run(['spool', 'inspect', '-c', config])).err, /there is no log in .*\n {2}hint: name its directory/)
  assert.match(
    (await world.run(['spool', 'verify', '-c', join(world.folder, 'none.yaml')])).err,
    /the configuration cannot be used: \S*none.yaml: there is no such file/,
  )
})

test('a node that is given the spool of another says so in the person’s language, and what to do', async (t) => {
  const { world, spool, data } = await makeNode(t)
  await spool.close()
  const config = world.write('other.yaml', paperYaml({ plc: 'well' }, `data: ${data}\nnode: { id: edge-2 }\nhttp: { port: 0 }`))
  const en = await world.run(['run', config])
  assert.equal(en.code, 1)
  assert.match(en.err, /spool is the spool of node edge-1\n {2}hint: give each node a `data:` directory of its own/)
  assert.match((await world.run(['run', config, '--lang', 'fr'])).err, /spool est la file du nœud edge-1\n {2}.*donnez à chaque nœud/)
})
