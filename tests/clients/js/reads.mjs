// Reads by every method that the client for JavaScript has for reading, as it is published.
//
//     node reads.mjs postgres http://127.0.0.1:8080
//
// It needs the tables of the test that runs it, on PostgreSQL (`postgres`) or SQLite (`sqlite`), and a server that
// aggregates and gives plans. It fails where the client has a method that it does not call.

import assert from 'node:assert/strict'
import * as client from '@supabase/postgrest-js'
import { fails, gives, ok } from './check.mjs'

const [engine, server] = process.argv.slice(2)
const isPostgres = engine === 'postgres'

// --- The methods ----------------------------------------------------------------------------------------------------

/** Methods that are not for reading. */
const OTHERS = ['rpc', 'insert', 'upsert', 'update', 'delete', 'maxAffected', 'rollback']

const uncalled = new Set()

/** Notes which methods are called; those of the classes below, and of the classes that these extend. */
function watch(prototype) {
  if (prototype === Object.prototype) return
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (name === 'constructor' || typeof value !== 'function' || OTHERS.includes(name)) continue
    uncalled.add(name)
    prototype[name] = function (...args) {
      uncalled.delete(name)
      return value.apply(this, args)
    }
  }
  watch(Object.getPrototypeOf(prototype))
}

watch(client.PostgrestClient.prototype)
watch(client.PostgrestQueryBuilder.prototype)
watch(client.PostgrestFilterBuilder.prototype)

const db = new client.PostgrestClient(`${server}/rest/v1`)
const articles = (columns = 'id', options) => db.from('articles').select(columns, options)

/** Checks which articles a request finds. */
const finds = async (request, ids) => {
  const { data } = await ok(request.order('id'))
  assert.deepEqual(data.map(({ id }) => id), ids, decodeURIComponent(request.url))
}

/** Checks what a request finds on PostgreSQL; SQLite has no such types or operators, and says so. */
const findsOnPostgres = (request, ids, code = '42883') =>
  isPostgres ? finds(request, ids) : fails(request.order('id'), 400, code)

// --- Filters --------------------------------------------------------------------------------------------------------

for (const [request, ids] of [
  [articles().eq('words', 20), [2, 4]],
  [articles().neq('words', 20), [1]],
  [articles().gt('words', 10), [2, 4]],
  [articles().gte('words', 10), [1, 2, 4]],
  [articles().lt('words', 20), [1]],
  [articles().lte('words', 20), [1, 2, 4]],
  [articles().like('title', '%cats'), [1, 3]],
  [articles().likeAllOf('title', ['%cats', 'Fat%']), [1]],
  [articles().likeAnyOf('title', ['Fat%', 'D%']), [1, 4]],
  [articles().ilike('title', 'FAT%'), [1, 2]],
  [articles().ilikeAllOf('title', ['FAT%', '%RATS']), [2]],
  [articles().ilikeAnyOf('title', ['FAT%', 'dogs']), [1, 2, 4]],
  [articles().regexMatch('title', '^[FT].*cats$'), [1, 3]],
  [articles().regexIMatch('title', '^FAT (cats|rats)$'), [1, 2]],
  [articles().is('printed', true), [1, 4]],
  [articles().is('printed', false), [2]],
  [articles().is('printed', null), [3]],
  [articles().isDistinct('words', 20), [1, 3]],
  [articles().in('title', ['Thin, cats', 'Dogs']), [3, 4]],
  [articles().notIn('title', ['Thin, cats', 'Dogs']), [1, 2]],
  [articles().match({ words: 20, printed: true }), [4]],
  [articles().not('words', 'eq', 20), [1]],
  [articles().not('words', 'is', null), [1, 2, 4]],
  [articles().not('title', 'in', '("Thin, cats",Dogs)'), [1, 2]],
  [articles().or('words.is.null,and(words.eq.20,printed.is.true)'), [3, 4]],
  [articles().or('title.eq."Thin, cats",id.eq.1'), [1, 3]],
  [articles().filter('words', 'gt', 10), [2, 4]],
  [articles().filter('title', 'not.ilike', 'fat*'), [3, 4]],
  // Values inside JSON.
  [articles().eq('data->size', 9), [2]],
  [articles().gt('data->size', 9), [1]],
  [articles().eq('data->>fee', '0.50'), [1]],
  [articles().like('data->by->>name', 'a%'), [1]],
  [articles().is('data->by->name', null), [2, 3, 4]],
  [articles().or('data->>fee.eq.1.25,data->by->>name.eq.ada'), [1, 2]],
  [articles().contains('data', { by: { tags: ['y'] } }), [1]],
  [articles().contains('data', '[2,3]'), [3]],
  [articles().containedBy('data', { size: 9, fee: '1.25', by: { tags: [] }, more: true }), [2]],
  [articles().not('data', 'cs', '{"size":9}'), [1, 3]],
]) {
  await finds(request, ids)
}

// Arrays and ranges.
for (const [request, ids] of [
  [articles().contains('tags', ['a', 'b']), [1]],
  [articles().containedBy('tags', ['a', 'b', 'd']), [1, 3]],
  [articles().overlaps('tags', ['a', 'c']), [1, 2]],
  [articles().contains('pages', '[6,8)'), [2]],
  [articles().containedBy('pages', '[0,9)'), [1, 2]],
  [articles().overlaps('pages', '[8,21)'), [2, 3]],
  [articles().rangeGt('pages', '[1,6)'), [3]],
  [articles().rangeGte('pages', '[5,6)'), [2, 3]],
  [articles().rangeLt('pages', '[9,12)'), [1, 2]],
  [articles().rangeLte('pages', '[1,9)'), [1, 2]],
  [articles().rangeAdjacent('pages', '[9,20)'), [2, 3]],
  [articles().not('tags', 'ov', '{a}'), [2, 3]],
]) {
  await findsOnPostgres(request, ids)
}

// Searches for words, in text and in a prepared document.
for (const [request, ids] of [
  [articles().textSearch('body', "'fat' & 'cat'"), [1]],
  [articles().textSearch('body', 'fat & cat', { config: 'english' }), [1]],
  [articles().textSearch('body', 'cats fat', { type: 'plain', config: 'english' }), [1]],
  [articles().textSearch('body', 'fat cats', { type: 'phrase', config: 'english' }), [1]],
  [articles().textSearch('body', 'fat -cat', { type: 'websearch', config: 'english' }), [2]],
  [articles().textSearch('document', 'rat', { config: 'english' }), [2]],
]) {
  await findsOnPostgres(request, ids, '0A000')
}

// --- Related rows ---------------------------------------------------------------------------------------------------

const authors = (columns) => db.from('authors').select(columns).order('id')
const related = { referencedTable: 'articles' }
const ofAda = (...ids) => [{ articles: ids.map((id) => ({ id })) }]
const adas = () => authors('articles(id)').eq('id', 1)

await gives(adas().order('id', related), ofAda(1, 2))
await gives(adas().order('words', { ...related, ascending: false, nullsFirst: false }), ofAda(2, 1))
await gives(adas().order('id', related).limit(1, related), ofAda(1))
await gives(adas().order('id', related).range(1, 5, related), ofAda(2))
await gives(adas().or('id.eq.2,words.is.null', related), ofAda(2))
await gives(adas().eq('articles.data->>fee', '0.50'), ofAda(1))
await finds(articles('id, authors!inner()').or('name.eq.Bola,name.eq.Chidi', { referencedTable: 'authors' }), [3])

// --- Columns --------------------------------------------------------------------------------------------------------

await gives(articles('id, size:data->size, data->by->>name, data->by->tags->0').eq('id', 1), [
  { id: 1, size: 10, name: 'ada', tags: 'x' },
])
await gives(articles('words::text, data->>fee::numeric, size:data->size::integer').eq('id', 1).single(), {
  words: '10',
  fee: '0.50',
  size: 10,
})

// --- Aggregates -----------------------------------------------------------------------------------------------------

await gives(articles('count()'), [{ count: 4 }])
await gives(articles('count(), known:words.count(), words.sum(), words.avg()::integer, words.min(), words.max()'), [
  { count: 4, known: 3, sum: 50, avg: 17, min: 10, max: 20 },
])
// In a SQLite database of others, booleans are numbers.
const [no, yes] = isPostgres ? [false, true] : [0, 1]
await gives(articles('printed, count(), words.sum()').order('printed', { nullsFirst: true }), [
  { printed: null, count: 1, sum: null },
  { printed: no, count: 1, sum: 20 },
  { printed: yes, count: 2, sum: 30 },
])
await gives(authors('name, articles(count())'), [
  { name: 'Ada', articles: [{ count: 2 }] },
  { name: 'Bola', articles: [{ count: 1 }] },
  { name: 'Chidi', articles: [{ count: 0 }] },
])

// --- Order and pages ------------------------------------------------------------------------------------------------

const ordered = (column, options) => articles().order(column, options).order('id')
const ids = (...ids) => ids.map((id) => ({ id }))
await gives(ordered('words'), ids(1, 2, 4, 3))
await gives(ordered('words', { nullsFirst: true }), ids(3, 1, 2, 4))
await gives(ordered('words', { ascending: false }), ids(3, 2, 4, 1))
await gives(ordered('words', { ascending: false, nullsFirst: false }), ids(2, 4, 1, 3))
await gives(ordered('data->>fee', { ascending: false, nullsFirst: false }), ids(2, 1, 3, 4))
await gives(ordered('words').limit(2), ids(1, 2))
await gives(ordered('words').range(1, 2), ids(2, 4))

for (const count of ['exact', 'planned', 'estimated']) {
  const page = await ok(articles('id', { count }).order('id').limit(1), 206)
  assert.deepEqual([page.data, page.count], [ids(1), 4], count)
  const { data, count: counted } = await ok(articles('id', { count, head: true }))
  assert.deepEqual([data, counted], [null, 4], count)
}
assert.equal((await ok(articles('id', { count: 'exact' }).eq('words', 20))).count, 2)

// --- Forms of a response --------------------------------------------------------------------------------------------

await gives(articles('id, words').eq('id', 1).single(), { id: 1, words: 10 })
await fails(articles().eq('words', 20).single(), 406, 'PGRST116', { details: 'The result contains 2 rows' })
await gives(articles().eq('id', 1).maybeSingle(), { id: 1 })
await gives(articles().eq('id', 9).maybeSingle(), null)
await fails(articles().maybeSingle(), 406, 'PGRST116')
await gives(articles('id, title, words').eq('id', 3).csv(), 'id,title,words\r\n3,"Thin, cats",\r\n')
await gives(articles('id, words').eq('id', 3).stripNulls(), [{ id: 3 }])
await gives(articles('id, words').eq('id', 3).single().stripNulls(), { id: 3 })
await fails(articles().geojson(), 406, 'PGRST107', {
  message: 'the response cannot be application/geo+json; application/json is available',
})
assert.equal(typeof (await ok(articles().explain())).data, 'string')
assert.equal(typeof (await ok(articles().explain({ format: 'json' }))).data[0].Plan['Node Type'], 'string')

// --- The request itself ---------------------------------------------------------------------------------------------

await gives(articles().eq('id', 1).returns(), ids(1))
await gives(articles().eq('id', 1).overrideTypes(), ids(1))
await gives(articles().eq('id', 1).single().returns(), { id: 1 })
await gives(articles().eq('id', 1).retry(false), ids(1))
await gives(articles('id').eq('id', 1).setHeader('Accept', 'text/csv'), 'id\r\n1\r\n')
await gives(articles().eq('id', 1).abortSignal(new AbortController().signal), ids(1))
const aborted = await articles().abortSignal(AbortSignal.abort())
assert.deepEqual([aborted.data, aborted.status], [null, 0])
assert.match(aborted.error.message, /^AbortError/)
assert.deepEqual((await articles().eq('id', 1).throwOnError()).data, ids(1))
for (const thrown of [articles('colour').throwOnError(), articles('colour').single().throwOnError()]) {
  await assert.rejects(async () => await thrown, { name: 'PostgrestError', code: '42703' })
}

// The description is not that of Swagger 2, which PostgREST has.
const { data: description } = await ok(db.getOpenApiSpec())
assert.equal(description.openapi, '3.1.0')
assert.ok('/rest/v1/articles' in description.paths, Object.keys(description.paths))

// --- Schemas --------------------------------------------------------------------------------------------------------

const schema = (name) => db.schema(name).from('articles').select('id').order('id')
if (isPostgres) {
  await gives(schema('public'), ids(1, 2, 3, 4))
  await gives(schema('archive'), ids(7))
  assert.ok(!('/rest/v1/authors' in (await ok(db.schema('archive').getOpenApiSpec())).data.paths))
  await fails(schema('other'), 406, 'PGRST106', { hint: 'the schemas are public, archive' })
} else {
  await fails(schema('archive'), 406, 'PGRST106')
}

assert.deepEqual([...uncalled], [])
