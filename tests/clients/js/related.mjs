// Reads related rows of mWallet's own tables through the clients for JavaScript, as they are published.
//
//     node related.mjs http://127.0.0.1:8080
//
// It needs a database without rows.

import assert from 'node:assert/strict'
import { clients, fails, gives, ok } from './check.mjs'

const databases = clients(process.argv[2])

const start = '2030-01-01T00:00:00Z'

async function fill(db) {
  const insert = (table, rows) => ok(db.from(table).insert(rows, { defaultToNull: false }), 201)
  const user = (name) => ({ rsid: name, username: name, email: `${name}@example.org` })
  await insert('organizations', { slug: 'guild', name: 'Guild of Traders' })
  await insert('users', [
    { ...user('ada'), organization_id: 1 },
    { ...user('bola'), organization_id: 1 },
    user('chidi'),
  ])
  await insert('groups', [{ name: 'admins' }, { name: 'traders' }])
  await insert('user_groups', [
    { user_id: 1, group_id: 1 },
    { user_id: 1, group_id: 2 },
    { user_id: 2, group_id: 2 },
  ])
  await insert('orders', [
    { slug: 'a', usid: 'ada', user_id: 1, start, memo: 'Half a coin, "fast"' },
    { slug: 'b', usid: 'ada', user_id: 1, start, asset: 'DASH' },
    { slug: 'c', usid: 'bola', user_id: 2, start, asset: 'NAIRA', expected_end: '2030-02-01T00:00:00Z' },
    { slug: 'd', usid: 'nobody', start },
  ])
  const transaction = { network: 'bitcoin', inputs: 'in', outputs: 'out' }
  await insert('transactions', [
    {
      ...transaction,
      tranx_id: 'x',
      order_id: 1,
      meta: { height: 300025, tags: ['a', null] },
      mined_at: start,
      confirmations: 6,
    },
    { ...transaction, tranx_id: 'y', order_id: 1, pubkey: 'AP8Q' },
    { ...transaction, tranx_id: 'z' },
  ])
  const address = { usid: 'ada', user_id: 1, network: 'bitcoin' }
  await insert('user_addresses', [
    {
      ...address,
      address: '1A',
      address_balance: '12345678901234567890.123456789012345678',
      account_key: 'AQ==',
      is_default: true,
    },
    { ...address, address: '1B', label: 'spare' },
  ])
  await insert('transaction_keys', { usid: 'bola', user_id: 2, signature: 'Cg==', pubkey: 'Cw==', start })
  await insert('app_notices', { title: 'Down', message: 'Tonight', level: 'CRITICAL', start_at: start })
  await insert('notice_recipients', [
    { notice_id: 1, user_id: 1 },
    { notice_id: 1, user_id: 3 },
  ])
}

async function relationships(from) {
  await gives(from('orders', 'slug, users(username)').order('id'), [
    { slug: 'a', users: { username: 'ada' } },
    { slug: 'b', users: { username: 'ada' } },
    { slug: 'c', users: { username: 'bola' } },
    { slug: 'd', users: null },
  ])
  await gives(from('users', 'username, orders(slug, asset)').order('id').order('id', { referencedTable: 'orders' }), [
    {
      username: 'ada',
      orders: [
        { slug: 'a', asset: 'BITCOIN' },
        { slug: 'b', asset: 'DASH' },
      ],
    },
    { username: 'bola', orders: [{ slug: 'c', asset: 'NAIRA' }] },
    { username: 'chidi', orders: [] },
  ])
  await gives(from('transactions', 'tranx_id, orders(slug, users(username, organizations(name)))').order('id'), [
    { tranx_id: 'x', orders: { slug: 'a', users: { username: 'ada', organizations: { name: 'Guild of Traders' } } } },
    { tranx_id: 'y', orders: { slug: 'a', users: { username: 'ada', organizations: { name: 'Guild of Traders' } } } },
    { tranx_id: 'z', orders: null },
  ])
  await gives(
    from('organizations', 'slug, users(username, orders(slug, transactions(tranx_id)))')
      .order('id', { referencedTable: 'users' })
      .order('id', { referencedTable: 'users.orders', ascending: false })
      .order('id', { referencedTable: 'users.orders.transactions' }),
    [
      {
        slug: 'guild',
        users: [
          {
            username: 'ada',
            orders: [
              { slug: 'b', transactions: [] },
              { slug: 'a', transactions: [{ tranx_id: 'x' }, { tranx_id: 'y' }] },
            ],
          },
          { username: 'bola', orders: [{ slug: 'c', transactions: [] }] },
        ],
      },
    ],
  )
  // Through tables between.
  await gives(
    from('users', 'username, groups(name), app_notices(title)').order('id').order('id', { referencedTable: 'groups' }),
    [
      { username: 'ada', groups: [{ name: 'admins' }, { name: 'traders' }], app_notices: [{ title: 'Down' }] },
      { username: 'bola', groups: [{ name: 'traders' }], app_notices: [] },
      { username: 'chidi', groups: [], app_notices: [{ title: 'Down' }] },
    ],
  )
  await gives(
    from('groups', 'name, ...users(members:username)').order('id').order('id', { referencedTable: 'users' }),
    [
      { name: 'admins', members: ['ada'] },
      { name: 'traders', members: ['ada', 'bola'] },
    ],
  )
  await gives(
    from('app_notices', 'level, to:notice_recipients(...users(username))').order('user_id', { referencedTable: 'to' }),
    [{ level: 'CRITICAL', to: [{ username: 'ada' }, { username: 'chidi' }] }],
  )
}

// A value is the same in a related row as in a row of its own.
async function values(from) {
  for (const [outer, inner, key] of [
    ['orders', 'transactions', 'order_id'],
    ['users', 'user_addresses', 'user_id'],
    ['users', 'transaction_keys', 'user_id'],
    ['users', 'orders', 'user_id'],
    ['organizations', 'users', 'organization_id'],
  ]) {
    const { data: own } = await ok(from(inner, '*').not(key, 'is', null).order('id'))
    assert.ok(own.length > 0)
    const { data: related } = await ok(
      from(outer, `id, ${inner}!inner(*)`).order('id').order('id', { referencedTable: inner }),
    )
    assert.deepEqual(
      related.flatMap((row) => row[inner]),
      own,
    )
    const { data: spread } = await ok(from(inner, `...${inner}_${key}_fkey!inner(id)`))
    assert.equal(spread.length, own.length)
  }
  const { data: addresses } = await ok(
    from('orders', 'users(user_addresses(address_balance, is_default))')
      .eq('slug', 'a')
      .order('id', { referencedTable: 'users.user_addresses' }),
  )
  const { data: own } = await ok(from('user_addresses', 'address_balance, is_default').order('id'))
  assert.deepEqual(addresses, [{ users: { user_addresses: own } }])
  await gives(
    from('orders', 'transactions(meta, mined_at, confirmations)').eq('transactions.tranx_id', 'x').eq('slug', 'a'),
    [
      {
        transactions: [
          { meta: { height: 300025, tags: ['a', null] }, mined_at: '2030-01-01T00:00:00+00:00', confirmations: 6 },
        ],
      },
    ],
  )
}

async function filters(from) {
  await gives(from('users', 'username, orders!inner(slug)').eq('orders.asset', 'DASH'), [
    { username: 'ada', orders: [{ slug: 'b' }] },
  ])
  await gives(from('orders', 'slug, users!inner(username)').eq('users.username', 'bola'), [
    { slug: 'c', users: { username: 'bola' } },
  ])
  await gives(from('orders', 'slug, users()').is('users', null), [{ slug: 'd' }])
  await gives(from('users', 'username, groups!inner()').eq('groups.name', 'admins'), [{ username: 'ada' }])
  await gives(from('users', 'username, orders(), groups()').or('orders.is.null,groups.not.is.null').order('id'), [
    { username: 'ada' },
    { username: 'bola' },
    { username: 'chidi' },
  ])
  await gives(
    from('orders', 'slug, owner:user_id(name:username)').in('owner.username', ['ada']).lte('id', 3).order('id'),
    [
      { slug: 'a', owner: { name: 'ada' } },
      { slug: 'b', owner: { name: 'ada' } },
      { slug: 'c', owner: null },
    ],
  )
  await gives(from('users', 'orders(slug)').eq('id', 1).eq('orders.memo', 'Half a coin, "fast"'), [
    { orders: [{ slug: 'a' }] },
  ])
  await gives(from('users', 'orders(slug)').eq('id', 1).in('orders.slug', ['a', 'x,y']), [{ orders: [{ slug: 'a' }] }])
  await gives(from('users', 'orders(slug)').eq('id', 1).gte('orders.start', start).is('orders.memo', null), [
    { orders: [{ slug: 'b' }] },
  ])
  await gives(
    from('orders', 'slug, users()')
      .order('users(username)', { ascending: false, nullsFirst: false })
      .order('id')
      .range(1, 2),
    [{ slug: 'a' }, { slug: 'b' }],
  )
  const { count, data } = await ok(
    from('orders', 'slug, users!inner()', { count: 'exact' }).eq('users.rsid', 'ada').order('id').limit(1),
    206,
  )
  assert.deepEqual([count, data], [2, [{ slug: 'a' }]])
  assert.equal((await ok(from('orders', 'users!inner()', { count: 'exact', head: true }))).count, 3)
  await gives(from('users', 'username, organizations(name)').eq('username', 'chidi').single(), {
    username: 'chidi',
    organizations: null,
  })
}

async function errors(from) {
  await fails(from('orders', 'user(*)'), 400, 'PGRST200', { hint: "Perhaps you meant 'users' instead of 'user'." })
  await fails(from('orders', 'groups(*)'), 400, 'PGRST200')
  await fails(from('orders', 'slug').eq('users.username', 'ada'), 400, 'PGRST108')
  await fails(from('users', 'orders(slug)').order('orders(slug)'), 400, 'PGRST118')
  await fails(from('orders', 'users(id)').eq('users', 1), 400, 'PGRST120')
  await fails(from('orders', 'users(id)').eq('users.id', 'one'), 400, '22P02')
  // Keys of accounts are never given back, and cannot be guessed.
  await fails(from('users', 'user_addresses(account_key)'), 400, '42703')
  await fails(from('users', 'user_addresses(id)').eq('user_addresses.account_key', 'AQ=='), 400, '42703')
  await fails(
    from('users', 'user_addresses(id)').order('account_key', { referencedTable: 'user_addresses' }),
    400,
    '42703',
  )
  const { data } = await ok(from('users', 'user_addresses!inner(*)'))
  assert.ok(data[0].user_addresses.every((address) => 'address' in address && !('account_key' in address)))
}

await fill(databases[0])
for (const db of databases) {
  const from = (table, columns, options) => db.from(table).select(columns, options)
  for (const part of [relationships, values, filters, errors]) await part(from)
}
