// What the scripts about related rows share: the clients, and what an answer must be.

import assert from 'node:assert/strict'
import { PostgrestClient } from '@supabase/postgrest-js'
import { createClient } from '@supabase/supabase-js'

/** The options of a client of Supabase. Older versions of Node.js have no WebSocket, which it wants before it is used. */
export const options = typeof WebSocket === 'undefined' ? { realtime: { transport: class {} } } : {}

/** The clients of PostgREST and of Supabase for a server. */
export function clients(server) {
  return [new PostgrestClient(`${server}/rest/v1`), createClient(server, 'any-key', options)]
}

/** The answer to a request, which must be right. */
export async function ok(request, status = 200) {
  const answer = await request
  assert.equal(answer.error, null, `${request.url}: ${JSON.stringify(answer.error)}`)
  assert.equal(answer.status, status, request.url)
  return answer
}

/** The error of a request, which must have that status and code, and the other members that are given. */
export async function fails(request, status, code, members = {}) {
  const answer = await request
  assert.equal(answer.data, null, request.url)
  assert.deepEqual([answer.status, answer.error.code], [status, code], JSON.stringify(answer.error))
  assert.ok(answer.error.message.length > 0)
  for (const [name, value] of Object.entries(members)) assert.deepEqual(answer.error[name], value)
}

/** Checks the rows of a request. */
export async function gives(request, expected) {
  assert.deepEqual((await ok(request)).data, expected, decodeURIComponent(request.url))
}
