import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RecordKind } from '../../core/it-records.ts'
import { judgeRow } from '../../core/record-row.ts'
import { setAsideInFrench } from './quarantine-fr.ts'

const field = { required: false } as const
const kind: RecordKind = {
  ...{ name: 'order', key: ['id'], authority: {}, validity: { from: 'start', to: 'end' } },
  fields: {
    id: { ...field, type: 'text' },
    made: { ...field, type: 'number' },
    done: { ...field, type: 'boolean' },
    state: { ...field, type: 'text', values: ['OPEN', 'DONE'] },
    start: { ...field, type: 'time', zone: 'Europe/Paris' },
    end: { ...field, type: 'time', zone: 'UTC' },
    seen: { ...field, type: 'time' },
  },
}
const inFrench = (row: object) => {
  const judged = judgeRow({ id: '1', ...row }, kind, { map: { made: 'faits' } }, 'mes')
  return 'malformed' in judged ? setAsideInFrench(judged.malformed.reason) : ''
}

test('every reason why a row is no record is said in French', () => {
  const rows: readonly (readonly [object, string])[] = [
    [{ id: '' }, 'id est obligatoire et vide'],
    [{ faits: 'beaucoup' }, 'made (faits) vaut "beaucoup" au lieu d’un nombre'],
    [{ faits: [] }, 'made (faits) est une liste au lieu d’un nombre'],
    [
      { faits: '9007199254740993' },
      'made (faits) vaut "9007199254740993", plus qu’un nombre ne tient exactement : déclarez-le comme texte',
    ],
    [{ done: 'x' }, 'done vaut "x" au lieu de oui ou non'],
    [{ state: 'SHUT' }, 'state vaut "SHUT", qui n’est aucun de OPEN, DONE'],
    [{ seen: 'soon' }, 'seen vaut "soon" au lieu d’une heure, comme 2026-11-27T08:00:00Z'],
    [{ seen: 5 }, 'seen est le nombre "5" : dites avec `epoch` s’il compte des s, ms ou us'],
    [{ seen: '2026-01-01T10:00' }, 'seen vaut "2026-01-01T10:00", une heure sans fuseau : déclarez la `zone` du champ'],
    [{ start: '2026-03-29T02:30' }, 'start vaut "2026-03-29T02:30", qui n’a jamais existé à Europe/Paris : l’heure avançait alors'],
    [
      { start: '2026-10-25T02:30' },
      'start vaut "2026-10-25T02:30", venue deux fois à Europe/Paris : que la source envoie son décalage UTC',
    ],
    [
      { start: '2026-01-02T00:00:00Z', end: '2026-01-01T00:00:00Z' },
      'end (2026-01-01T00:00:00.000Z) est avant start (2026-01-02T00:00:00.000Z)',
    ],
    [{ id: 'x'.repeat(513) }, 'la clé a 513 caractères, la limite est 512'],
  ]
  for (const [row, french] of rows) assert.equal(inFrench(row), french)
  assert.equal(setAsideInFrench('a.csv: line 3: 3 cells for 6 columns'), 'a.csv: ligne 3 : 3 cellules pour 6 colonnes')
  assert.equal(setAsideInFrench('a.csv: line 2: a quote is not closed'), 'a.csv: ligne 2 : un guillemet n’est pas fermé')
  assert.equal(setAsideInFrench('something new'), 'something new')
})
