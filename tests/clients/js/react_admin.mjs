// What a page of React-admin asks for, through its data provider for PostgREST, as it is published.
//
//     node react_admin.mjs postgres http://127.0.0.1:8080
//
// It needs the tables of the test that runs it, on PostgreSQL (`postgres`) or SQLite (`sqlite`), and changes their
// rows.

import assert from 'node:assert/strict'
import provider from '@raphiniert/ra-data-postgrest'
import { fetchUtils } from 'ra-core'

const [engine, server] = process.argv.slice(2)

// The provider is in CommonJS, whose default export Node.js does not take out.
const connect = (options) =>
  provider.default({
    apiUrl: `${server}/rest/v1`,
    httpClient: fetchUtils.fetchJson,
    defaultListOp: 'eq',
    primaryKeys: new Map([['reviews', ['article_id', 'reviewer']]]),
    schema: () => '',
    ...options,
  })
const admin = connect()

const pagination = { page: 1, perPage: 10 }
const sort = { field: 'id', order: 'ASC' }
const list = (resource, params) => admin.getList(resource, { pagination, sort, filter: {}, ...params })

/** Checks the identifiers of a list. */
async function lists(params, ids, total = ids.length) {
  const { data, total: found } = await list('articles', params)
  assert.deepEqual([data.map(({ id }) => id), found], [ids, total], JSON.stringify(params))
}

// --- Lists ----------------------------------------------------------------------------------------------------------

for (const [filter, ids] of [
  [{}, [1, 2, 3, 4]],
  [{ words: 20 }, [2, 4]],
  [{ words: 20, printed: true }, [4]],
  [{ 'words@neq': 20 }, [1]],
  [{ 'words@gt': 10 }, [2, 4]],
  [{ 'words@gte': 20 }, [2, 4]],
  [{ 'words@lt': 20 }, [1]],
  [{ 'words@lte': 10 }, [1]],
  [{ 'title@like': 'cats' }, [1, 3]],
  [{ 'title@ilike': 'FAT' }, [1, 2]],
  [{ 'title@match': '^Fat' }, [1]],
  [{ 'title@imatch': '^fat' }, [1, 2]],
  [{ 'id@in': '(1,3)' }, [1, 3]],
  [{ 'words@is': null }, [3]],
  [{ 'words@not.is': null }, [1, 2, 4]],
  [{ 'title@not.in': '("Thin, cats",Dogs)' }, [1, 2]],
  [{ title: 'Thin, cats' }, [3]],
  [{ '@or': { 'words@is': null, 'title@like': 'Dogs' } }, [3, 4]],
  [{ '@and': { 'words@gte': 20, 'title@ilike': 'dogs' } }, [4]],
  [{ 'data->>fee': '0.50' }, [1]],
  [{ 'data@cs': '{"size":9}' }, [2]],
]) {
  await lists({ filter }, ids)
}

// Of two conditions on a column, or a search for two words, the provider makes the columns `title[0]` and `title[1]`,
// which no server of PostgREST's language has. Whoever needs them takes the numbers out.
const withoutNumbers = (url, options) => fetchUtils.fetchJson(url.replace(/%5B\d%5D=/g, '='), options)
const repeated = connect({ httpClient: withoutNumbers })
for (const [filter, id] of [
  [{ 'title@ilike': 'fat cats' }, 1],
  [{ 'words@gt': 10, 'words@lte': 20, 'id@neq': 4 }, 2],
]) {
  await assert.rejects(list('articles', { filter }), { status: 400, message: /^articles has no column \w+\[0\]$/ })
  const { data, total } = await repeated.getList('articles', { pagination, sort, filter })
  assert.deepEqual([data[0].id, total], [id, 1])
}

await lists({ pagination: { page: 1, perPage: 3 } }, [1, 2, 3], 4)
await lists({ pagination: { page: 2, perPage: 3 } }, [4], 4)
await lists({ filter: { 'words@gte': 10 }, pagination: { page: 2, perPage: 2 } }, [4], 3)
await lists({ filter: { words: 99 } }, [], 0)

await lists({ sort: { field: 'id', order: 'DESC' } }, [4, 3, 2, 1])
await lists({ sort: { field: 'title', order: 'ASC' }, filter: { 'title@ilike': 'cats' } }, [1, 3])
const byWords = (order) => ({ sort: { field: 'words', order }, filter: { 'id@neq': 4 } })
await lists(byWords('ASC'), [1, 2, 3])
await lists(byWords('DESC'), [3, 2, 1])
await lists({ ...byWords('ASC'), meta: { nullsfirst: true } }, [3, 1, 2])
await lists({ ...byWords('DESC'), meta: { nullslast: true } }, [2, 1, 3])
const nullsLast = connect({ sortOrder: 'asc,desc.nullslast' })
const { data: last } = await nullsLast.getList('articles', { pagination, ...byWords('DESC') })
assert.deepEqual(last.map(({ id }) => id), [2, 1, 3])

// A wrong request is an error with a status and a message.
await assert.rejects(list('articles', { filter: { colour: 'red' } }), { name: 'HttpError', status: 400 })
await assert.rejects(list('ordres'), { status: 404, message: 'there is no table ordres' })

// --- One row, some rows, and rows that refer to one -----------------------------------------------------------------

const columns = ['id', 'title', 'number:words', 'size:data->size', 'as_text:words::text']
const fat = { id: 1, title: 'Fat cats', number: 10, size: 10, as_text: '10' }
assert.deepEqual(await admin.getOne('articles', { id: 1, meta: { columns } }), { data: fat, meta: undefined })
await assert.rejects(admin.getOne('articles', { id: 9 }), { status: 406 })

const { data: some } = await admin.getMany('articles', { ids: [1, 3], meta: { columns: ['id'] } })
assert.deepEqual(some.map(({ id }) => id).sort(), [1, 3])
assert.deepEqual((await admin.getMany('authors', { ids: [2] })).data, [{ id: 2, name: 'Bola' }])

const reference = { target: 'author_id', id: 1, pagination: { page: 1, perPage: 1 }, filter: {}, meta: { columns } }
const ofAda = (params) => admin.getManyReference('articles', { ...reference, sort, ...params })
assert.deepEqual(await ofAda(), { data: [fat], total: 2, meta: undefined })
assert.equal((await ofAda({ sort: { field: 'words', order: 'DESC' } })).data[0].id, 2)
assert.deepEqual((await ofAda({ filter: { 'title@ilike': 'rats' } })).total, 1)

// --- Related rows ---------------------------------------------------------------------------------------------------

const [ada, bola] = [{ id: 1, name: 'Ada' }, { id: 2, name: 'Bola' }]
const meta = { columns: ['id'], embed: ['authors'] }
assert.deepEqual((await list('articles', { meta })).data, [
  { id: 1, authors: ada },
  { id: 2, authors: ada },
  { id: 3, authors: bola },
  { id: 4, authors: null },
])
assert.deepEqual((await admin.getOne('articles', { id: 3, meta })).data, { id: 3, authors: bola })
assert.deepEqual((await admin.getMany('articles', { ids: [4], meta })).data, [{ id: 4, authors: null }])
assert.deepEqual((await ofAda({ meta })).data, [{ id: 1, authors: ada }])
const { data: embedded } = await admin.getOne('authors', { id: 2, meta: { embed: ['articles'] } })
assert.deepEqual([embedded.name, embedded.articles.map(({ id }) => id)], ['Bola', [3]])

// By values of related rows.
const inner = { meta: { columns: ['id', 'authors!inner()'] } }
await lists({ filter: { authors: { name: 'Ada' } }, ...inner }, [1, 2])
await lists({ filter: { authors: { 'name@ilike': 'BO' } }, ...inner }, [3])
await lists({ sort: { field: 'authors(name)', order: 'DESC' }, filter: { 'id@in': '(1,3)' }, ...inner }, [3, 1])

// Those for other parts of a page come apart.
const { data: plain, meta: apart } = await list('articles', {
  filter: { 'id@lte': 3 },
  meta: { columns: ['id'], prefetch: ['authors'] },
})
assert.deepEqual(plain, [{ id: 1 }, { id: 2 }, { id: 3 }])
assert.deepEqual(apart, { prefetched: { authors: [ada, bola] } })

// --- Keys of two columns --------------------------------------------------------------------------------------------

const review = (article_id, reviewer, stars) => ({
  article_id,
  reviewer,
  stars,
  id: JSON.stringify([article_id, reviewer]),
})
const [first, second, third] = [review(1, 'bola', 5), review(1, 'chidi', 3), review(2, 'bola', 4)]
assert.deepEqual((await list('reviews')).data, [first, second, third])
assert.deepEqual((await admin.getOne('reviews', { id: second.id })).data, second)
assert.deepEqual((await admin.getMany('reviews', { ids: [first.id, third.id] })).data.length, 2)
const better = await admin.update('reviews', { id: second.id, data: { ...second, stars: 4 }, previousData: second })
assert.deepEqual(better.data, { ...second, stars: 4 })
const made = review(3, 'ada', 2)
assert.deepEqual((await admin.create('reviews', { data: { article_id: 3, reviewer: 'ada', stars: 2 } })).data, made)
assert.deepEqual((await admin.delete('reviews', { id: made.id, previousData: made })).data, made)

// --- Writes ---------------------------------------------------------------------------------------------------------

const { data: created } = await admin.create('authors', { data: { name: 'Dayo' } })
assert.deepEqual(created, { id: 4, name: 'Dayo' })
const renamed = { id: 4, name: 'Dayo A.' }
assert.deepEqual((await admin.update('authors', { id: 4, data: renamed, previousData: created })).data, renamed)
assert.deepEqual((await admin.getOne('authors', { id: 4 })).data, renamed)
const gone = { id: 9, data: { name: 'Nobody' }, previousData: { id: 9, name: 'Somebody' } }
await assert.rejects(admin.update('authors', gone), { status: 406 })
assert.deepEqual((await admin.delete('authors', { id: 4, previousData: renamed })).data, renamed)

const names = ['Emeka', 'Funke']
const others = await Promise.all(names.map((name) => admin.create('authors', { data: { name } })))
const ids = others.map(({ data: { id } }) => id).sort()
assert.deepEqual((await admin.updateMany('authors', { ids, data: { name: 'Someone' } })).data.sort(), ids)
assert.deepEqual((await list('authors', { filter: { name: 'Someone' } })).total, 2)
assert.deepEqual((await admin.deleteMany('authors', { ids })).data.sort(), ids)
assert.deepEqual((await list('authors')).total, 3)
await assert.rejects(admin.delete('authors', { id: 1, previousData: ada }), { status: 409 })
await assert.rejects(admin.create('authors', { data: { name: null } }), { name: 'HttpError', status: 422 })

// --- Schemas --------------------------------------------------------------------------------------------------------

if (engine === 'postgres') {
  const archive = connect({ schema: () => 'archive' })
  assert.deepEqual((await archive.getList('articles', { pagination, sort, filter: {} })).data, [{ id: 7 }])
  assert.deepEqual((await list('articles', { meta: { schema: 'archive' } })).total, 1)
}
