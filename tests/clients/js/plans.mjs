// Execution plans through the clients of PostgREST and Supabase, as they are published.
//
//     node plans.mjs postgres http://127.0.0.1:8080
//
// It needs mWallet's own tables, on PostgreSQL (`postgres`) or SQLite (`sqlite`), and a server that gives plans.

import assert from 'node:assert/strict'
import { PostgrestClient } from '@supabase/postgrest-js'

const [engine, server] = process.argv.slice(2)
const isPostgres = engine === 'postgres'
const orders = () => new PostgrestClient(`${server}/rest/v1`).from('orders').select('slug, users(username)')

/** What a request came to, which must be right. */
async function data(request) {
  const answer = await request
  assert.equal(answer.error, null, JSON.stringify(answer.error))
  assert.equal(answer.status, 200)
  return answer.data
}

// As text, which is the default, and as JSON; of rows, of one row, of rows without nulls, and as CSV.
const of = [
  () => orders(),
  () => orders().eq('slug', 'a').limit(1).single(),
  () => orders().eq('slug', 'a').maybeSingle(),
  () => orders().stripNulls(),
  () => orders().order('id').csv(),
]
for (const read of of) {
  assert.match(await data(read().explain()), isPostgres ? /cost=/ : /^QUERY PLAN\n\|--/)
  // `maybeSingle` takes the only plan out of its array.
  const [{ Plan }] = [await data(read().explain({ format: 'json' }))].flat()
  assert.equal(typeof Plan['Node Type'], 'string')
  assert.ok(Plan.Plans.length > 0)
}

// Options are PostgreSQL's.
const all = { analyze: true, verbose: true, settings: true, buffers: true, wal: true }
if (isPostgres) {
  assert.match(await data(orders().explain(all)), /\(actual .*Execution Time: /s)
  const [{ Plan }] = await data(orders().explain({ ...all, format: 'json' }))
  assert.equal(typeof Plan['Actual Rows'], 'number')
} else {
  const { error, status } = await orders().explain(all)
  assert.deepEqual([status, error.code, error.message], [400, '0A000', 'analyze: SQLite has plans without options only'])
}

// A write has no plan, and is not done.
const write = new PostgrestClient(`${server}/rest/v1`).from('orders')
const { error, status } = await write.insert({ usid: 'ada', slug: 'never', start: 0 }).select().explain()
assert.deepEqual([status, error.code, error.hint], [406, 'PGRST107', 'only reads have plans: GET and HEAD'])
assert.deepEqual(await data(write.select('id').eq('slug', 'never')), [])
