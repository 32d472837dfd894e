// What pages of React-admin do with mWallet's own tables, through its data provider for PostgREST, as it is published.
//
//     node react_admin_orders.mjs http://127.0.0.1:8080
//
// It needs a database without rows.

import assert from 'node:assert/strict'
import provider from '@raphiniert/ra-data-postgrest'
import { fetchUtils } from 'ra-core'

// The provider is in CommonJS, whose default export Node.js does not take out.
const admin = provider.default({
  apiUrl: `${process.argv[2]}/rest/v1`,
  httpClient: fetchUtils.fetchJson,
  defaultListOp: 'eq',
  primaryKeys: new Map(),
  schema: () => '',
})

const create = async (resource, data, meta) => (await admin.create(resource, { data, meta })).data
const user = (name) => create('users', { rsid: name, username: name, email: `${name}@example.org` })
const start = '2030-01-01T00:00:00Z'
const order = (slug, user_id, more) => create('orders', { slug, usid: 'x', user_id, start, ...more })

// A row comes back with its identifier and its defaults.
const [ada, bola] = [await user('ada'), await user('bola')]
assert.deepEqual([ada.id, ada.username, ada.version], [1, 'ada', 1])
for (const number of [1, 2, 3, 4, 5]) await order(`ada-${number}`, ada.id, { asset: number > 3 ? 'DASH' : 'NAIRA' })
const last = await order('bola-1', bola.id, { memo: 'Half a coin' })
assert.deepEqual([last.id, last.asset, last.order_type], [6, 'BITCOIN', 'OPEN'])

// Pages, by what people choose in a filter and by their order.
const list = async (filter, page = 1, sort = { field: 'id', order: 'DESC' }, meta = undefined) => {
  const { data, total } = await admin.getList('orders', { pagination: { page, perPage: 2 }, sort, filter, meta })
  return [data.map(({ slug }) => slug), total]
}
assert.deepEqual(await list({}), [['bola-1', 'ada-5'], 6])
assert.deepEqual(await list({}, 3), [['ada-2', 'ada-1'], 6])
assert.deepEqual(await list({ asset: 'NAIRA' }, 2), [['ada-1'], 3])
assert.deepEqual(await list({ 'memo@ilike': 'COIN' }), [['bola-1'], 1])
assert.deepEqual(await list({ 'start@gte': '2030-01-01', 'id@lt': 3 }), [['ada-2', 'ada-1'], 2])
assert.deepEqual(await list({ users: { username: 'bola' } }, 1, undefined, { columns: ['*', 'users!inner()'] }), [
  ['bola-1'],
  1,
])
const byName = { field: 'users(username)', order: 'DESC' }
assert.deepEqual(await list({ 'id@in': '(1,6)' }, 1, byName, { columns: ['*', 'users()'] }), [['bola-1', 'ada-1'], 2])

// Rows and those that they refer to, in one request or in two.
const meta = { columns: ['slug'], embed: ['users'] }
assert.deepEqual((await admin.getOne('orders', { id: 6, meta })).data, { slug: 'bola-1', users: bola })
assert.deepEqual((await admin.getMany('users', { ids: [bola.id, ada.id] })).data.length, 2)
const reference = { target: 'user_id', id: ada.id, pagination: { page: 1, perPage: 3 }, filter: {} }
const sort = { field: 'slug', order: 'ASC' }
const { data: hers, total } = await admin.getManyReference('orders', { ...reference, sort })
assert.deepEqual([hers.map(({ slug }) => slug), total], [['ada-1', 'ada-2', 'ada-3'], 5])

const own = { slug: 'ada-6', usid: 'x', user_id: ada.id, start }
assert.deepEqual((await create('orders', own, { embed: ['users'] })).users, ada)

// A form sends what was changed, of one row or of several, and gets the new version.
const changed = { ...last, memo: 'A whole coin' }
const { data: saved } = await admin.update('orders', { id: 6, data: changed, previousData: last })
assert.deepEqual([saved.memo, saved.version], ['A whole coin', 2])
assert.deepEqual((await admin.updateMany('orders', { ids: [1, 2], data: { memo: 'both' } })).data.sort(), [1, 2])
assert.deepEqual(await list({ memo: 'both' }), [['ada-2', 'ada-1'], 2])

// What is wrong with a form is told by the message, and by the field.
const wrong = admin.create('orders', { data: { usid: '', start: 'soon' } })
await assert.rejects(wrong, ({ status, message, body }) => {
  assert.deepEqual([status, body.errors.map(({ loc }) => loc)], [422, ['/usid', '/start']])
  assert.match(message, /^\/usid: /)
  return true
})

assert.equal((await admin.delete('orders', { id: 6, previousData: saved })).data.slug, 'bola-1')
assert.deepEqual((await admin.deleteMany('orders', { ids: [4, 5] })).data.sort(), [4, 5])
assert.equal((await list({}))[1], 4)
await assert.rejects(admin.getOne('orders', { id: 6 }), { status: 406 })
