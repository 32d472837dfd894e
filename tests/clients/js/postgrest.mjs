// What can be done with an mWallet through the clients of PostgREST and Supabase for JavaScript, as they are published.
//
//     node postgrest.mjs http://127.0.0.1:8080
//
// It needs a database without rows. Each part below reads what those before it wrote.

import assert from 'node:assert/strict'
import { PostgrestClient } from '@supabase/postgrest-js'
import { createClient } from '@supabase/supabase-js'

const server = process.argv[2]
const db = new PostgrestClient(`${server}/rest/v1`)

/** What a request came to, which must be right. */
async function ok(request, status = 200) {
  const answer = await request
  assert.equal(answer.error, null, JSON.stringify(answer.error))
  assert.equal(answer.status, status)
  return answer
}

/** The rows of a request. */
const rows = async (request, status) => (await ok(request, status)).data

/** The slugs of rows. */
const slugs = async (request) => (await rows(request)).map((row) => row.slug)

/** The same where no order is asked for, so that they come in any. */
const found = async (request) => (await slugs(request)).sort()

/** The error of a request, which must fail so. */
async function fails(request, status, code) {
  const { data, error, status: got } = await request
  assert.equal(data, null)
  assert.deepEqual([got, error.code], [status, code], JSON.stringify(error))
  assert.ok(error.message.length > 0)
  return error
}

// --- Create ---------------------------------------------------------------------------------------------------------

const start = '2030-01-01T00:00:00Z'

// One row. Without `select` nothing comes back.
{
  const { data } = await ok(db.from('orders').insert({ slug: 'a', usid: 'ada', start, memo: 'half a coin' }), 201)
  assert.equal(data, null)
}

// `select` gives back what is to be known of the new row, `single` without an array around it.
{
  const order = { slug: 'b', usid: 'ada', start: '2030-01-02T00:00:00Z', asset: 'DASH', memo: 'Lite, "fast"' }
  const data = await rows(db.from('orders').insert(order).select('id, slug, asset, order_type').single(), 201)
  assert.deepEqual(data, { id: 2, slug: 'b', asset: 'DASH', order_type: 'OPEN' })
}

// Many rows are written together or not at all. What one lacks that another has becomes null...
{
  const orders = [
    { slug: 'c', usid: 'bola', start: '2030-01-03T00:00:00Z', memo: '100% (really)' },
    { slug: 'd', usid: 'chidi', start: '2030-01-04T00:00:00Z', expected_end: '2030-02-01T00:00:00Z' },
  ]
  const request = db.from('orders').insert(orders, { count: 'exact' }).select('slug, memo, expected_end')
  const { data, count } = await ok(request, 201)
  assert.deepEqual(data, [
    { slug: 'c', memo: '100% (really)', expected_end: null },
    { slug: 'd', memo: null, expected_end: '2030-02-01T00:00:00+00:00' },
  ])
  assert.equal(count, 2)
}

// ...which a column that must have a value refuses, unless its default is asked for.
{
  const orders = [
    { slug: 'e', usid: 'dayo', start: '2030-01-05T00:00:00Z', asset: 'NAIRA' },
    { usid: 'dayo', start: '2030-01-06T00:00:00Z' },
  ]
  await fails(db.from('orders').insert(orders), 422, '23502')
  const data = await rows(db.from('orders').insert(orders, { defaultToNull: false }).select(), 201)
  assert.deepEqual(data.map((order) => order.asset), ['NAIRA', 'BITCOIN'])
  assert.match(data[1].slug, /^.{6,}$/)
  await rows(db.from('orders').delete().eq('id', data[1].id), 204)
}

// --- Read -----------------------------------------------------------------------------------------------------------

const orders = (columns = 'slug') => db.from('orders').select(columns)

// Filters, all of which must hold.
{
  assert.deepEqual(await found(orders()), ['a', 'b', 'c', 'd', 'e'])
  assert.deepEqual(await found(orders().eq('asset', 'DASH')), ['b'])
  assert.deepEqual(await found(orders().neq('usid', 'ada')), ['c', 'd', 'e'])
  assert.deepEqual(await found(orders().gt('start', '2030-01-03T00:00:00Z').lt('id', 5)), ['d'])
  assert.deepEqual(await found(orders().gte('start', new Date('2030-01-03').toISOString()).lte('id', 3)), ['c'])
  assert.deepEqual(await found(orders().gte('start', '2030-01-04').lt('start', '2030-01-05')), ['d'])
  assert.deepEqual(await found(orders().like('memo', '%a_f%')), ['a'])
  assert.deepEqual(await found(orders().ilike('memo', 'LITE*')), ['b'])
  assert.deepEqual(await found(orders().likeAnyOf('usid', ['a%', 'b%'])), ['a', 'b', 'c'])
  assert.deepEqual(await found(orders().likeAllOf('usid', ['%d%', '%a'])), ['a', 'b'])
  assert.deepEqual(await found(orders().ilikeAnyOf('usid', ['A%', 'B%'])), ['a', 'b', 'c'])
  assert.deepEqual(await found(orders().ilikeAllOf('usid', ['%D%', '%A'])), ['a', 'b'])
  assert.deepEqual(await found(orders().regexMatch('memo', '^(half|Lite)')), ['a', 'b'])
  assert.deepEqual(await found(orders().regexIMatch('memo', 'COIN$')), ['a'])
  assert.deepEqual(await found(orders().in('slug', ['a', 'd', 'a', 'none'])), ['a', 'd'])
  assert.deepEqual(await found(orders().in('memo', ['100% (really)', 'half a coin', 'a,b'])), ['a', 'c'])
  assert.deepEqual(await found(orders().in('slug', [])), [])
  assert.deepEqual(await found(orders().notIn('slug', ['a', 'b'])), ['c', 'd', 'e'])
  assert.deepEqual(await found(orders().is('memo', null)), ['d', 'e'])
  assert.deepEqual(await found(orders().isDistinct('memo', 'half a coin')), ['b', 'c', 'd', 'e'])
  assert.deepEqual(await found(orders().match({ usid: 'ada', asset: 'BITCOIN' })), ['a'])
  assert.deepEqual(await found(orders().filter('id', 'in', '(1,3)')), ['a', 'c'])
  assert.deepEqual(await found(orders().filter('id', 'not.in', '(1,3)')), ['b', 'd', 'e'])
  assert.deepEqual(await found(orders().filter('id', 'eq(any)', '{1,3}')), ['a', 'c'])
  assert.deepEqual(await found(orders().eq('id', 1).eq('id', 2)), [])
}

// The opposite of a filter, and texts with every character that the language itself uses.
{
  assert.deepEqual(await found(orders().not('memo', 'is', null)), ['a', 'b', 'c'])
  assert.deepEqual(await found(orders().not('usid', 'eq', 'ada')), ['c', 'd', 'e'])
  assert.deepEqual(await found(orders().not('id', 'in', '(1,2)')), ['c', 'd', 'e'])
  assert.deepEqual(await found(orders().eq('memo', 'Lite, "fast"')), ['b'])
  assert.deepEqual(await found(orders().eq('memo', '100% (really)')), ['c'])
}

// Alternatives, which nest.
{
  assert.deepEqual(await found(orders().or('asset.eq.NAIRA,usid.eq.bola')), ['c', 'e'])
  assert.deepEqual(await found(orders().or('slug.eq.e,and(usid.eq.ada,or(id.eq.2,memo.is.null))')), ['b', 'e'])
  assert.deepEqual(await found(orders().or('slug.eq.a,not.and(usid.eq.ada,id.lt.9)')), ['a', 'c', 'd', 'e'])
  assert.deepEqual(await found(orders().or('memo.eq."Lite, \\"fast\\"",id.in.(4,5)').lt('id', 5)), ['b', 'd'])
  assert.deepEqual(await found(orders().or('id.eq.1, id.eq.2').or('id.eq.2, and(id.eq.3, slug.eq.c)')), ['b'])
}

// Columns, and other names for them.
{
  const [row] = await rows(orders('number:id, slug, "usid", remark:memo').eq('slug', 'a'))
  assert.deepEqual(Object.entries(row), [['number', 1], ['slug', 'a'], ['usid', 'ada'], ['remark', 'half a coin']])
  const [whole] = await rows(orders('*').eq('slug', 'a'))
  assert.deepEqual([whole.version, whole.user_id, whole.start], [1, null, '2030-01-01T00:00:00+00:00'])
}

// Order. As in PostgreSQL, null is more than any value.
{
  assert.deepEqual(await slugs(orders().order('id', { ascending: false })), ['e', 'd', 'c', 'b', 'a'])
  const byMemo = (options) => slugs(orders().order('memo', options).order('id'))
  assert.deepEqual(await byMemo(), ['c', 'b', 'a', 'd', 'e'])
  assert.deepEqual(await byMemo({ nullsFirst: true }), ['d', 'e', 'c', 'b', 'a'])
  assert.deepEqual(await byMemo({ ascending: false }), ['d', 'e', 'a', 'b', 'c'])
  assert.deepEqual(await byMemo({ ascending: false, nullsFirst: false }), ['a', 'b', 'c', 'd', 'e'])
}

// Pages, and how many there are of all. A page which is not all is 206.
{
  const all = () => db.from('orders').select('slug', { count: 'exact' }).order('id')
  assert.deepEqual(await slugs(orders().order('id').limit(2)), ['a', 'b'])
  assert.deepEqual(await slugs(orders().order('id').range(1, 2)), ['b', 'c'])
  assert.deepEqual(await rows(orders().limit(0)), [])
  const { data, count } = await ok(all().range(3, 9), 206)
  assert.deepEqual([data.length, count], [2, 5])
  assert.equal((await ok(all(), 200)).count, 5)
  assert.equal((await ok(all().eq('usid', 'nobody'), 200)).count, 0)
  assert.equal((await ok(db.from('orders').select('slug', { count: 'estimated' }).limit(1), 206)).count, 5)
  assert.ok((await db.from('orders').select('slug', { count: 'planned' }).limit(1)).count > 0)
  const error = await fails(all().range(10, 19), 416, 'PGRST103')
  assert.equal(error.details, 'An offset of 10 was requested, but there are only 5 rows.')
}

// Other forms: CSV, and rows without their nulls.
{
  assert.equal(await rows(orders('id,memo').eq('slug', 'b').csv()), 'id,memo\r\n2,"Lite, ""fast"""\r\n')
  assert.deepEqual(await rows(orders('slug,memo').in('slug', ['a', 'd']).order('id').stripNulls()), [
    { slug: 'a', memo: 'half a coin' },
    { slug: 'd' },
  ])
  assert.deepEqual(await rows(orders('slug,memo').eq('slug', 'd').single().stripNulls()), { slug: 'd' })
}

// The number alone.
{
  const { data, count } = await ok(db.from('orders').select('*', { count: 'exact', head: true }).eq('usid', 'ada'))
  assert.deepEqual([data, count], [null, 2])
}

// One row: `single` insists that there is one, `maybeSingle` that there are no more.
{
  assert.deepEqual(await rows(orders().eq('id', 1).single()), { slug: 'a' })
  const none = await fails(orders().eq('id', 99).single(), 406, 'PGRST116')
  assert.equal(none.details, 'The result contains 0 rows')
  await fails(orders().eq('usid', 'ada').single(), 406, 'PGRST116')
  assert.deepEqual(await rows(orders().eq('id', 1).maybeSingle()), { slug: 'a' })
  assert.equal(await rows(orders().eq('id', 99).maybeSingle()), null)
  await fails(orders().eq('usid', 'ada').maybeSingle(), 406, 'PGRST116')
}

// Amounts are texts, since a number of JavaScript would lose digits.
{
  const balance = '12345678901234567890.123456789012345678'
  const address = { usid: 'ada', address: 'bc1q', network: 'bitcoin', address_balance: balance }
  const made = await rows(db.from('user_addresses').insert(address).select('address_balance').single(), 201)
  assert.equal(made.address_balance, balance)
}

// --- Change ---------------------------------------------------------------------------------------------------------

{
  assert.equal(await rows(db.from('orders').update({ memo: 'new' }).eq('slug', 'd'), 204), null)
  const closed = db.from('orders').update({ order_type: 'CLOSED' }).eq('slug', 'b').select('slug, order_type, version')
  assert.deepEqual(await rows(closed), [{ slug: 'b', order_type: 'CLOSED', version: 2 }])
  const { data, count } = await ok(db.from('orders').update({ memo: null }, { count: 'exact' }).eq('slug', 'd'), 204)
  assert.deepEqual([data, count], [null, 1])
  assert.deepEqual(await rows(db.from('orders').update({ memo: 'x' }).eq('slug', 'none').select()), [])
  await fails(db.from('orders').update({ memo: 'x' }).eq('slug', 'none').select().single(), 406, 'PGRST116')
}

// An upsert changes the rows which it finds by `onConflict`, and creates the others.
{
  const wanted = [
    { slug: 'd', usid: 'chidi', start, memo: 'found' },
    { slug: 'f', usid: 'emeka', start, memo: 'made' },
  ]
  const upsert = db.from('orders').upsert(wanted, { onConflict: 'slug' }).select('slug, memo, version')
  assert.deepEqual(await rows(upsert, 201), [
    { slug: 'd', memo: 'found', version: 4 },
    { slug: 'f', memo: 'made', version: 1 },
  ])

  const others = wanted.map((order) => ({ ...order, memo: 'other' }))
  others.push({ slug: 'g', usid: 'emeka', start, memo: 'made' })
  const create = db.from('orders').upsert(others, { onConflict: 'slug', ignoreDuplicates: true }).select('slug, memo')
  assert.deepEqual(await rows(create, 201), [{ slug: 'g', memo: 'made' }])
}

// A change of more rows than one is ready for is undone.
{
  const error = await fails(db.from('orders').update({ memo: 'x' }).eq('usid', 'emeka').maxAffected(1), 400, 'PGRST124')
  assert.equal(error.details, 'The query affects 2 rows')
  await fails(db.from('orders').delete().eq('usid', 'emeka').maxAffected(1), 400, 'PGRST124')
  assert.deepEqual(await slugs(orders().eq('memo', 'made').order('slug')), ['f', 'g'])
  await ok(db.from('orders').update({ memo: 'x' }).eq('usid', 'emeka').maxAffected(2), 204)
}

// --- Delete ---------------------------------------------------------------------------------------------------------

{
  assert.equal(await rows(db.from('orders').delete().eq('slug', 'f'), 204), null)
  const deleted = db.from('orders').delete().in('slug', ['g', 'none']).select('slug, usid')
  assert.deepEqual(await rows(deleted), [{ slug: 'g', usid: 'emeka' }])
  const { count } = await ok(db.from('orders').delete({ count: 'exact' }).eq('slug', 'g'), 204)
  assert.equal(count, 0)
}

// --- Errors ---------------------------------------------------------------------------------------------------------

// Each has a code which stays the same, a message for people, and often what to do about it.
{
  const error = await fails(db.from('ordres').select(), 404, 'PGRST205')
  assert.equal(error.message, 'there is no table ordres')
  assert.equal(error.hint, "Perhaps you meant the table 'public.orders'")
}
{
  const error = await fails(orders('slug, colour'), 400, '42703')
  assert.match(error.message, /colour/)
  assert.match(error.hint, /^the columns are id, uuid, slug/)
  await fails(orders().eq('colour', 'red'), 400, '42703')
  await fails(orders().order('colour'), 400, '42703')
  await fails(db.from('orders').insert([{ slug: 'h', usid: 'ada', start, colour: 'red' }]), 400, 'PGRST204')
}
{
  const error = await fails(orders().eq('id', 'one'), 400, '22P02')
  assert.match(error.message, /id/)
  await fails(orders().eq('start', 'soon'), 400, '22P02')
  await fails(orders().filter('id', 'near', '1'), 400, 'PGRST100')
}
{
  const error = await fails(db.from('orders').insert({ slug: 'a', usid: 'ada', start }), 409, '23505')
  assert.equal(error.message, 'a row with this slug exists already (orders_slug_key)')
  await fails(db.from('orders').update({ slug: 'a' }).eq('slug', 'b'), 409, '23505')
}
await fails(db.from('orders').insert({ usid: 'ada', start, user_id: 99 }), 409, '23503')

// What is wrong with a body comes all at once: the code and the message tell the first, `errors` each with its place.
{
  const order = { asset: 'GOLD', start: 'soon', usid: '', memo: true, colour: 'red' }
  const error = await fails(db.from('orders').insert(order), 422, '22P02')
  assert.equal(error.message, '/asset: expected one of BITCOIN, DASH, DOGECOIN, LITECOIN, NAIRA; and 4 more')
  assert.deepEqual(error.errors.map(({ loc, type }) => [loc, type]), [
    ['/asset', 'not_a_label'],
    ['/start', 'wrong_type'],
    ['/usid', 'too_short'],
    ['/memo', 'wrong_type'],
    ['/colour', 'unknown_field'],
  ])
  const two = [{ usid: 'ada', start }, { usid: 'ada', start: 'soon' }]
  const many = await fails(db.from('orders').insert(two), 422, '22P02')
  assert.equal(many.errors[0].loc, '/1/start')
}

// Nobody changes or deletes everything by accident.
for (const request of [db.from('orders').update({ memo: 'x' }), db.from('orders').delete()]) {
  const error = await fails(request, 400, '21000')
  assert.match(error.hint, /id=eq.5/)
}
assert.equal((await ok(db.from('orders').select('*', { count: 'exact', head: true }))).count, 5)

// An error can be thrown instead.
await assert.rejects(async () => await db.from('ordres').select().throwOnError(), { code: 'PGRST205' })

// --- Supabase -------------------------------------------------------------------------------------------------------

// The client of Supabase speaks to the tables as well. A server without accounts takes any key.
{
  // Older versions of Node.js have no WebSocket, which the client wants before it is used.
  const options = typeof WebSocket === 'undefined' ? { realtime: { transport: class {} } } : {}
  const supabase = createClient(server, 'any-key', options)
  const insert = supabase.from('orders').insert({ slug: 'z', usid: 'zainab', start }).select('slug').single()
  assert.deepEqual(await rows(insert, 201), { slug: 'z' })
  assert.deepEqual(await slugs(supabase.from('orders').select().eq('usid', 'zainab')), ['z'])
}
