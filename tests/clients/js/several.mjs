// Chooses between several relationships of two tables through the clients for JavaScript, as they are published.
//
//     node several.mjs http://127.0.0.1:8080
//
// The test that runs it makes the tables.

import { clients, fails, gives } from './check.mjs'

async function several(from) {
  const details = ['destination', 'origin'].map((name) => ({
    cardinality: 'many-to-one',
    embedding: 'deliveries with places',
    relationship: `${name} using deliveries(${name}_id) and places(id)`,
  }))
  const hint =
    "Try changing 'places' to one of the following: 'places!destination', 'places!origin'. Find the desired relationship in the 'details' key."
  await fails(from('deliveries', 'places(name)'), 300, 'PGRST201', { details, hint })
  await fails(from('deliveries', 'places!inner(name)').eq('places.name', 'Lagos'), 300, 'PGRST201', { details })
  await fails(from('places', 'deliveries(id)'), 300, 'PGRST201', {
    details: ['destination', 'origin'].map((name) => ({
      cardinality: 'one-to-many',
      embedding: 'places with deliveries',
      relationship: `${name} using places(id) and deliveries(${name}_id)`,
    })),
  })
  // As the hint says, or by the column.
  for (const [one, other] of [
    ['places!origin', 'places!destination'],
    ['places!origin_id', 'places!destination_id'],
    ['origin', 'destination'],
    ['origin_id', 'destination_id'],
  ]) {
    await gives(from('deliveries', `id, a:${one}(name), b:${other}(name)`).order('id'), [
      { id: 1, a: { name: 'Lagos' }, b: { name: 'Abuja' } },
      { id: 2, a: { name: 'Lagos' }, b: { name: 'Kano' } },
      { id: 3, a: { name: 'Kano' }, b: null },
    ])
  }
  await gives(from('deliveries', 'id, places!destination_id!inner(name)').eq('places.name', 'Kano'), [
    { id: 2, places: { name: 'Kano' } },
  ])
  await gives(
    from('places', 'name, sent:deliveries!origin(id), got:deliveries!destination_id(id)')
      .order('id')
      .order('id', { referencedTable: 'sent' }),
    [
      { name: 'Lagos', sent: [{ id: 1 }, { id: 2 }], got: [] },
      { name: 'Abuja', sent: [], got: [{ id: 1 }] },
      { name: 'Kano', sent: [{ id: 3 }], got: [{ id: 2 }] },
    ],
  )
  await gives(
    from('deliveries', 'id, ...places!origin_id(origin:name), ...destination_id(destination:name)')
      .order('destination_id(name)')
      .limit(2),
    [
      { id: 1, origin: 'Lagos', destination: 'Abuja' },
      { id: 2, origin: 'Lagos', destination: 'Kano' },
    ],
  )
  await gives(
    from('deliveries', 'id, origin_id(), to:destination_id()')
      .order('origin_id(name)')
      .order('to(name)', { ascending: false, nullsFirst: false }),
    [{ id: 3 }, { id: 2 }, { id: 1 }],
  )
}

async function one_to_one(from) {
  await gives(from('deliveries', 'id, receipts(note)').order('id'), [
    { id: 1, receipts: { note: 'at the door' } },
    { id: 2, receipts: null },
    { id: 3, receipts: null },
  ])
  await gives(from('receipts', 'note, deliveries(id)'), [{ note: 'at the door', deliveries: { id: 1 } }])
  await gives(from('deliveries', 'id, ...receipts(note)').order('receipts(note)', { nullsFirst: false }).limit(1), [
    { id: 1, note: 'at the door' },
  ])
  await gives(from('deliveries', 'id, receipts()').is('receipts', null).order('id'), [{ id: 2 }, { id: 3 }])
}

// A key of two columns, and a view, which has the relationships of its table.
async function others(from) {
  await gives(from('stops', 'note, legs(hours)'), [{ note: 'rain', legs: { hours: 5 } }])
  await gives(from('legs', 'leg, stops(note)').order('leg'), [
    { leg: 1, stops: [] },
    { leg: 2, stops: [{ note: 'rain' }] },
  ])
  await gives(from('sent', 'id, places(name), receipts(note)').order('id'), [
    { id: 1, places: { name: 'Lagos' }, receipts: { note: 'at the door' } },
    { id: 2, places: { name: 'Lagos' }, receipts: null },
    { id: 3, places: { name: 'Kano' }, receipts: null },
  ])
  await gives(from('places', 'name, sent(id)').eq('name', 'Kano'), [{ name: 'Kano', sent: [{ id: 3 }] }])
}

// A table with itself by a table between.
async function followers(from) {
  await gives(
    from('places', 'name, partners:places!partners_near_id_fkey(name), partner_of:places!partners_far_id_fkey(name)')
      .order('id')
      .order('id', { referencedTable: 'partners' }),
    [
      { name: 'Lagos', partners: [{ name: 'Abuja' }, { name: 'Kano' }], partner_of: [] },
      { name: 'Abuja', partners: [], partner_of: [{ name: 'Lagos' }] },
      { name: 'Kano', partners: [], partner_of: [{ name: 'Lagos' }] },
    ],
  )
}

for (const db of clients(process.argv[2])) {
  const from = (table, columns, options) => db.from(table).select(columns, options)
  for (const part of [several, one_to_one, others, followers]) await part(from)
}
