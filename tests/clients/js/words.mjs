// A table whose columns are called as the words of the query language, through the clients as they are published.
//
//     node words.mjs http://127.0.0.1:8080
//
// It needs an empty table `words` with a key `id` and such columns, all texts but the key, of which `order` is unique.

import assert from 'node:assert/strict'
import { PostgrestClient } from '@supabase/postgrest-js'

const WORDS = ['order', 'limit', 'offset', 'select', 'or', 'and', 'columns', 'on_conflict']
const words = () => new PostgrestClient(`${process.argv[2]}/rest/v1`).from('words')

/** The rows of a request, which must be right. */
async function rows(request, status = 200) {
  const answer = await request
  assert.equal(answer.error, null, JSON.stringify(answer.error))
  assert.equal(answer.status, status)
  return answer.data
}

/** The keys of rows. */
const ids = async (request) => (await rows(request)).map((row) => row.id)

const row = (id, value) => ({ id, ...Object.fromEntries(WORDS.map((word) => [word, value])) })

// Many rows name their columns in `columns`, an upsert its key in `on_conflict`.
await rows(words().insert(row(1, 'a')), 201)
assert.deepEqual(await rows(words().insert([row(2, 'b'), row(3, 'c')]).select(), 201), [row(2, 'b'), row(3, 'c')])
assert.deepEqual(await rows(words().upsert([row(3, 'd'), row(4, 'e')]).select('id, order'), 201), [
  { id: 3, order: 'd' },
  { id: 4, order: 'e' },
])
const merged = await rows(words().upsert({ id: 4, order: 'e', limit: 'z' }, { onConflict: 'order' }).select('id'), 200)
assert.deepEqual(merged, [{ id: 4 }])

// By its bare name a column is found where its value is an operator. The client itself writes `order` into a filter of that name, and
// `limit` and `select` over one, so whoever orders, pages or chooses after it writes the name in quotes.
for (const word of WORDS) {
  for (const name of [word, `"${word}"`]) {
    const all = () => words().select(`id, ${word}`)
    const some = async (request) => (await ids(name === word ? request : request.order('id'))).sort()
    assert.deepEqual(await some(all().eq(name, 'a')), [1], name)
    assert.deepEqual((await some(all().neq(name, 'a'))).length, 3, name)
    assert.deepEqual(await some(all().gt(name, 'a').lt(name, 'c')), [2], name)
    assert.deepEqual(await some(all().gte(name, 'a').lte(name, 'a')), [1], name)
    assert.deepEqual(await some(all().like(name, 'a%')), [1], name)
    assert.deepEqual(await some(all().ilike(name, 'A%')), [1], name)
    assert.deepEqual(await some(all().likeAnyOf(name, ['a%', 'b%'])), [1, 2], name)
    assert.deepEqual(await some(all().ilikeAllOf(name, ['A%', '%A'])), [1], name)
    assert.deepEqual(await some(all().is(name, null).lt('id', 4)), [], name)
    assert.deepEqual(await some(all().in(name, ['a', 'b'])), [1, 2], name)
    assert.deepEqual(await some(all().isDistinct(name, 'a').neq(name, 'b').lt('id', 4)), [3], name)
    assert.deepEqual(await some(all().not(name, 'in', '(a,b)').lt('id', 4)), [3], name)
    assert.deepEqual(await some(all().filter(name, 'eq', 'b')), [2], name)
    assert.deepEqual(await some(all().match({ [name]: 'b', id: 2 })), [2], name)
    assert.deepEqual(await some(all().or(`${name}.eq.a,${name}.eq.b`)), [1, 2], name)
    assert.equal((await rows(all().eq(name, 'b').single()))[word], 'b')
    assert.equal((await rows(all().eq(name, 'b').maybeSingle())).id, 2)
    assert.deepEqual(await ids(words().update({ [word]: 'b' }).select('id').eq(name, 'b')), [2], name)
    assert.deepEqual(await ids(words().delete().select('id').eq(name, 'nobody')), [], name)
    assert.deepEqual(await ids(all().order(name, { ascending: false }).order('id').lt('id', 4).limit(1)), [3], name)
    assert.deepEqual(await ids(all().order(name).order('id').lt('id', 4).range(1, 2)), [2, 3], name)
  }
}

// A name in quotes is the column, whatever follows.
const quoted = await fetch(`${process.argv[2]}/rest/v1/words?select=id&%22order%22=eq.a&%22limit%22=eq.a&limit=5`)
assert.deepEqual(await quoted.json(), [{ id: 1 }])
