// A closed server with fake data and the permissions of the program, by the client of Supabase: with a publishable key
// alone, with the token of the first user, and with a secret key.
//
//   node closed.mjs PUBLISHABLE SECRET TOKEN URL

import assert from 'node:assert/strict'
import { createClient } from '@supabase/supabase-js'
import { fails, gives, ok, options } from './check.mjs'

const [publishable, secret, token, url] = process.argv.slice(2)
const order = { asset: 'DASH', start: '2030-01-01T00:00:00Z', memo: 'by a client' }

// Whoever has the page of an application.
const anyone = createClient(url, publishable, options)
const { data: open } = await ok(anyone.from('orders').select())
assert.ok(open.length > 0)
for (const row of open) {
  assert.deepEqual(Object.keys(row), ['uuid', 'slug', 'order_type', 'asset', 'start', 'expected_end'])
  assert.ok(['OPEN', 'PARTIAL'].includes(row.order_type))
}
await fails(anyone.from('users').select(), 404, 'PGRST205', { hint: null })
await fails(anyone.from('orders').select('memo'), 400, '42703')
await fails(anyone.from('orders').insert(order), 401, '42501')

// A user who has signed in.
const user = createClient(url, publishable, { ...options, accessToken: async () => token })
const { data: own } = await ok(user.from('orders').select('id, user_id, users(rsid)').eq('user_id', 1))
assert.ok(own.length > 0)
for (const row of own) assert.equal(row.users.rsid, 'user00000001')
await gives(user.from('orders').select().gt('user_id', 1), [])
const { data: people } = await ok(user.from('users').select('username, email'))
assert.equal(people.length, 5)
assert.equal(people.filter((one) => one.email !== null).length, 1)
const { count } = await ok(user.from('orders').select('*', { count: 'exact', head: true }))
assert.ok(count >= own.length)
const { data: made } = await ok(user.from('orders').insert(order).select('id, user_id, order_type, memo').single(), 201)
assert.deepEqual({ ...made, id: 0 }, { id: 0, user_id: 1, order_type: 'OPEN', memo: 'by a client' })
await fails(user.from('orders').insert({ ...order, user_id: 2 }), 403, '42501')
await gives(user.from('orders').update({ memo: 'changed' }).eq('id', made.id).select('memo'), [{ memo: 'changed' }])
await gives(user.from('orders').update({ memo: 'changed' }).neq('id', made.id).gt('user_id', 1).select(), [])
await fails(user.from('orders').delete().eq('id', made.id), 403, '42501')

// A program on a server.
const program = createClient(url, secret, options)
const { count: all } = await ok(program.from('orders').select('*', { count: 'exact', head: true }))
assert.ok(all > count, `${all} orders, of which a user sees ${count}`)
await gives(program.from('orders').delete().eq('id', made.id).select('memo'), [{ memo: 'changed' }])
const inPage = await fetch(`${url}/rest/v1/orders`, { headers: { apikey: secret, origin: url } })
assert.equal(inPage.status, 401)

// What is not understood is nobody.
for (const key of ['sb_publishable_wrong', 'sb_secret_wrong', 'any-key']) {
  await fails(createClient(url, key, options).from('orders').select(), 401, 'PGRST301')
}
