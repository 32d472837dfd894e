// Reads related rows of Chinook through the clients for JavaScript, as they are published.
//
//     node chinook.mjs PascalCase http://127.0.0.1:8080
//
// It needs a server over Chinook. The first argument says how the tables are named there: in PascalCase, as for SQLite,
// or in snake_case, as for PostgreSQL. The script uses PascalCase and converts.

import assert from 'node:assert/strict'
import { clients, fails, gives, ok } from './check.mjs'

const [style, server] = process.argv.slice(2)

/** A name as the database has it. */
const renamed = (text) =>
  style === 'snake_case'
    ? text.replace(/[A-Z]\w*/g, (name) => name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase())
    : text

/** Text with names: only the text is converted, not the values within it. */
const n = ({ raw }, ...values) => raw.map((text, i) => renamed(text) + (values[i] ?? '')).join('')

/** Rows with the names that the database has. */
function named(rows) {
  if (Array.isArray(rows)) return rows.map(named)
  if (rows === null || typeof rows !== 'object') return rows
  return Object.fromEntries(Object.entries(rows).map(([name, value]) => [renamed(name), named(value)]))
}

/** Checks the rows of a request. */
const rows = (request, expected) => gives(request, named(expected))

/** Checks how many rows a request finds. */
const count = async (request, expected) =>
  assert.equal((await ok(request)).count, expected, decodeURIComponent(request.url))

async function relationships(from) {
  // To one row, and back to several or none.
  await rows(
    from('Album', 'Title, Artist(Name)')
      .in(n`AlbumId`, [2, 5])
      .order(n`AlbumId`),
    [
      { Title: 'Balls to the Wall', Artist: { Name: 'Accept' } },
      { Title: 'Big Ones', Artist: { Name: 'Aerosmith' } },
    ],
  )
  await rows(
    from('Artist', 'Name, Album(AlbumId)')
      .in(n`ArtistId`, [1, 25])
      .order(n`ArtistId`)
      .order(n`AlbumId`, { referencedTable: n`Album` }),
    [
      { Name: 'AC/DC', Album: [{ AlbumId: 1 }, { AlbumId: 4 }] },
      { Name: 'Milton Nascimento & Bebeto', Album: [] },
    ],
  )
  await rows(from('Track', '*, Genre(*), MediaType(*)').eq(n`TrackId`, 597), [
    {
      TrackId: 597,
      Name: "Now's The Time",
      AlbumId: 48,
      MediaTypeId: 1,
      GenreId: 2,
      Composer: 'Miles Davis',
      Milliseconds: 197459,
      Bytes: 6358868,
      UnitPrice: 0.99,
      Genre: { GenreId: 2, Name: 'Jazz' },
      MediaType: { MediaTypeId: 1, Name: 'MPEG audio file' },
    },
  ])
  await rows(from('Employee', 'LastName, Customer(CustomerId)').eq(n`EmployeeId`, 1), [
    { LastName: 'Adams', Customer: [] },
  ])
  await rows(
    from('Customer', 'FirstName, Employee(FirstName)')
      .lte(n`CustomerId`, 2)
      .order(n`CustomerId`),
    [
      { FirstName: 'Luís', Employee: { FirstName: 'Jane' } },
      { FirstName: 'Leonie', Employee: { FirstName: 'Steve' } },
    ],
  )
  await rows(
    from('Invoice', 'InvoiceId, InvoiceLine(TrackId)')
      .eq(n`InvoiceId`, 1)
      .order(n`TrackId`, { referencedTable: n`InvoiceLine` }),
    [{ InvoiceId: 1, InvoiceLine: [{ TrackId: 2 }, { TrackId: 4 }] }],
  )
  // A row that refers to none.
  await rows(from('Employee', 'FirstName, ReportsTo, manager:ReportsTo(FirstName)').eq(n`EmployeeId`, 1), [
    { FirstName: 'Andrew', ReportsTo: null, manager: null },
  ])
}

async function junctions(from) {
  await rows(
    from('Playlist', 'Name, Track(TrackId, Name)')
      .in(n`PlaylistId`, [2, 9, 18])
      .order(n`PlaylistId`),
    [
      { Name: 'Movies', Track: [] },
      { Name: 'Music Videos', Track: [{ TrackId: 3402, Name: 'Band Members Discuss Tracks from "Revelations"' }] },
      { Name: 'On-The-Go 1', Track: [{ TrackId: 597, Name: "Now's The Time" }] },
    ],
  )
  const back = [{ TrackId: 597, Playlist: [{ PlaylistId: 1 }, { PlaylistId: 8 }, { PlaylistId: 18 }] }]
  for (const playlist of [
    'Playlist',
    'Playlist!PlaylistTrack',
    'Playlist!PlaylistTrack!left',
    'Playlist!inner!PlaylistTrack',
  ]) {
    const request = from('Track', `TrackId, ${playlist}(PlaylistId)`).eq(n`TrackId`, 597)
    await rows(request.order(n`PlaylistId`, { referencedTable: n`Playlist` }), back)
  }
  // The junction itself can be selected, in either direction.
  await rows(from('PlaylistTrack', 'Playlist(Name), Track(Name)').eq(n`PlaylistId`, 18), [
    { Playlist: { Name: 'On-The-Go 1' }, Track: { Name: "Now's The Time" } },
  ])
  await rows(from('Playlist', 'PlaylistTrack(TrackId, Track(AlbumId))').eq(n`PlaylistId`, 9), [
    { PlaylistTrack: [{ TrackId: 3402, Track: { AlbumId: 271 } }] },
  ])
}

async function itself(from) {
  const staff = [{ FirstName: 'Jane' }, { FirstName: 'Margaret' }, { FirstName: 'Steve' }]
  for (const hint of ['Employee!ReportsTo', 'Employee!Employee_ReportsTo_fkey', 'Employee']) {
    const request = from('Employee', `FirstName, staff:${hint}(FirstName), manager:ReportsTo(FirstName)`)
    await rows(request.eq(n`EmployeeId`, 2).order(n`FirstName`, { referencedTable: 'staff' }), [
      { FirstName: 'Nancy', staff, manager: { FirstName: 'Andrew' } },
    ])
  }
  await rows(
    from('Employee', 'manager:ReportsTo(manager:ReportsTo(FirstName, manager:ReportsTo(FirstName)))').eq(
      n`EmployeeId`,
      7,
    ),
    [{ manager: { manager: { FirstName: 'Andrew', manager: null } } }],
  )
}

async function nested(from) {
  await rows(
    from('Artist', 'Name, Album(Title, Track(Name, MediaType(Name)))')
      .eq(n`ArtistId`, 2)
      .order(n`AlbumId`, { referencedTable: n`Album` })
      .order(n`TrackId`, { referencedTable: n`Album.Track` })
      .range(1, 2, { referencedTable: n`Album.Track` }),
    [
      {
        Name: 'Accept',
        Album: [
          { Title: 'Balls to the Wall', Track: [] },
          {
            Title: 'Restless and Wild',
            Track: [
              { Name: 'Restless and Wild', MediaType: { Name: 'Protected AAC audio file' } },
              { Name: 'Princess of the Dawn', MediaType: { Name: 'Protected AAC audio file' } },
            ],
          },
        ],
      },
    ],
  )
  await rows(
    from('InvoiceLine', 'Quantity, Track(Name, Album(Title, Artist(Name)))')
      .in(n`InvoiceLineId`, [2, 579])
      .order(n`InvoiceLineId`),
    [
      {
        Quantity: 1,
        Track: { Name: 'Restless and Wild', Album: { Title: 'Restless and Wild', Artist: { Name: 'Accept' } } },
      },
      {
        Quantity: 1,
        Track: {
          Name: 'For Those About To Rock (We Salute You)',
          Album: { Title: 'For Those About To Rock We Salute You', Artist: { Name: 'AC/DC' } },
        },
      },
    ],
  )
  await rows(
    from('Employee', 'FirstName, Customer(CustomerId, Invoice(InvoiceId, InvoiceLine(TrackId)))')
      .eq(n`EmployeeId`, 3)
      .eq(n`Customer.CustomerId`, 1)
      .in(n`Customer.Invoice.InvoiceId`, [98, 121])
      .order(n`InvoiceId`, { referencedTable: n`Customer.Invoice`, ascending: false })
      .gte(n`Customer.Invoice.InvoiceLine.TrackId`, 453)
      .order(n`TrackId`, { referencedTable: n`Customer.Invoice.InvoiceLine` }),
    [
      {
        FirstName: 'Jane',
        Customer: [
          {
            CustomerId: 1,
            Invoice: [
              { InvoiceId: 121, InvoiceLine: [{ TrackId: 453 }] },
              { InvoiceId: 98, InvoiceLine: [{ TrackId: 3247 }, { TrackId: 3248 }] },
            ],
          },
        ],
      },
    ],
  )
}

async function names(from) {
  const artist = { Name: 'Accept' }
  const hints = [
    'Artist!ArtistId',
    'Artist!Album_ArtistId_fkey',
    'Artist!left',
    'Artist!inner!ArtistId',
    'ArtistId',
    'Album_ArtistId_fkey',
  ]
  for (const target of hints) {
    await rows(from('Album', `singer:${target}(Name)`).eq(n`AlbumId`, 2), [{ singer: artist }])
  }
  for (const target of ['ArtistId', 'Album_ArtistId_fkey']) {
    await rows(from('Album', `${target}(Name)`).eq(n`AlbumId`, 2), [{ [target]: artist }])
  }
  // From the other end, a hint names the same column or foreign key.
  for (const hint of ['ArtistId', 'Album_ArtistId_fkey']) {
    await rows(from('Artist', `albums:Album!${hint}(key:AlbumId)`).eq(n`ArtistId`, 3), [{ albums: [{ key: 5 }] }])
  }
  // One table twice, by different names.
  await rows(
    from('Artist', 'first:Album(AlbumId), last:Album(AlbumId)')
      .eq(n`ArtistId`, 90)
      .order(n`AlbumId`, { referencedTable: 'first' })
      .limit(1, { referencedTable: 'first' })
      .order(n`AlbumId`, { referencedTable: 'last', ascending: false })
      .limit(1, { referencedTable: 'last' }),
    [{ first: [{ AlbumId: 94 }], last: [{ AlbumId: 114 }] }],
  )
  // Quoted names, and spaces and lines between them.
  await rows(from('Album', '"the singer" : "Artist" ! "ArtistId" (\n  "Name"\n)').eq(n`AlbumId`, 2), [
    { 'the singer': artist },
  ])
}

async function spread(from) {
  const one = from('Album', 'Title, ...Artist(artist:Name)').eq(n`AlbumId`, 5)
  await rows(one, [{ Title: 'Big Ones', artist: 'Aerosmith' }])
  await rows(
    from('Track', 'Name, ...Album(Title, ...Artist(artist:Name)), ...MediaType(MediaTypeId)').eq(n`TrackId`, 3),
    [{ Name: 'Fast As a Shark', Title: 'Restless and Wild', artist: 'Accept', MediaTypeId: 2 }],
  )
  await rows(from('Track', 'TrackId, ...Genre(*)').eq(n`TrackId`, 3), [{ TrackId: 3, GenreId: 1, Name: 'Rock' }])
  await rows(
    from('Employee', 'FirstName, ...ReportsTo(manager:FirstName)')
      .lte(n`EmployeeId`, 2)
      .order(n`EmployeeId`),
    [
      { FirstName: 'Andrew', manager: null },
      { FirstName: 'Nancy', manager: 'Andrew' },
    ],
  )
  await rows(from('Employee', 'FirstName, ...ReportsTo!inner(manager:FirstName)').lte(n`EmployeeId`, 2), [
    { FirstName: 'Nancy', manager: 'Andrew' },
  ])
  // Several rows become an array for each column.
  const albums = from('Artist', 'Name, ...Album(keys:AlbumId, Title)')
    .in(n`ArtistId`, [2, 25])
    .order(n`ArtistId`)
  await rows(albums.order(n`AlbumId`, { referencedTable: n`Album`, ascending: false }), [
    { Name: 'Accept', keys: [3, 2], Title: ['Restless and Wild', 'Balls to the Wall'] },
    { Name: 'Milton Nascimento & Bebeto', keys: [], Title: [] },
  ])
  await rows(
    from('Playlist', 'PlaylistId, ...Track(tracks:TrackId)')
      .in(n`PlaylistId`, [2, 9])
      .order(n`PlaylistId`),
    [
      { PlaylistId: 2, tracks: [] },
      { PlaylistId: 9, tracks: [3402] },
    ],
  )
  await rows(
    from('Artist', '...Album(Title, ...Artist(singers:Name), Track(TrackId))')
      .eq(n`ArtistId`, 2)
      .order(n`AlbumId`, { referencedTable: n`Album` })
      .order(n`TrackId`, { referencedTable: n`Album.Track` })
      .limit(1, { referencedTable: n`Album.Track` }),
    [
      {
        Title: ['Balls to the Wall', 'Restless and Wild'],
        singers: ['Accept', 'Accept'],
        Track: [[{ TrackId: 2 }], [{ TrackId: 3 }]],
      },
    ],
  )
  // Columns of the junction and of the other end in one row.
  await rows(from('Playlist', 'Name, tracks:PlaylistTrack(TrackId, ...Track(title:Name))').eq(n`PlaylistId`, 18), [
    { Name: 'On-The-Go 1', tracks: [{ TrackId: 597, title: "Now's The Time" }] },
  ])
  // Null is an element as well.
  await rows(
    from('Customer', 'FirstName')
      .eq(n`CustomerId`, 3)
      .select(renamed('...Employee(...Customer(companies:Company))'))
      .in(n`Employee.Customer.CustomerId`, [1, 3])
      .order(n`CustomerId`, { referencedTable: n`Employee.Customer` }),
    [{ companies: ['Embraer - Empresa Brasileira de Aeronáutica S.A.', null] }],
  )
}

async function filters(from) {
  const tracks = () =>
    from('Album', 'AlbumId, Track(TrackId)')
      .eq(n`AlbumId`, 3)
      .order(n`TrackId`, { referencedTable: n`Track` })
  const found = (request, ...expected) =>
    rows(request, [{ AlbumId: 3, Track: expected.map((key) => ({ TrackId: key })) }])
  await found(tracks(), 3, 4, 5)
  await found(tracks().eq(n`Track.Name`, 'Restless and Wild'), 4)
  await found(tracks().neq(n`Track.TrackId`, 4), 3, 5)
  await found(
    tracks()
      .gt(n`Track.TrackId`, 3)
      .lt(n`Track.TrackId`, 5),
    4,
  )
  await found(
    tracks()
      .gte(n`Track.TrackId`, 4)
      .lte(n`Track.TrackId`, 9),
    4,
    5,
  )
  await found(tracks().like(n`Track.Name`, '%the%'), 5)
  await found(tracks().ilike(n`Track.Name`, 'FAST*'), 3)
  await found(tracks().likeAnyOf(n`Track.Name`, ['Fast%', 'Princess%']), 3, 5)
  await found(tracks().likeAllOf(n`Track.Name`, ['%and%', '%Wild']), 4)
  await found(tracks().ilikeAnyOf(n`Track.Name`, ['FAST%', 'PRINCESS%']), 3, 5)
  await found(tracks().ilikeAllOf(n`Track.Name`, ['%AND%', '%WILD']), 4)
  await found(tracks().in(n`Track.Name`, ['Fast As a Shark', 'Princess of the Dawn', 'a,b']), 3, 5)
  await found(tracks().notIn(n`Track.TrackId`, [3, 4]), 5)
  await found(tracks().is(n`Track.Composer`, null))
  await found(tracks().isDistinct(n`Track.Name`, 'Fast As a Shark'), 4, 5)
  await found(tracks().match({ [n`Track.TrackId`]: 4, [n`Track.GenreId`]: 1 }), 4)
  await found(tracks().filter(n`Track.TrackId`, 'eq(any)', '{3,5}'), 3, 5)
  await found(tracks().not(n`Track.TrackId`, 'in', '(3,4)'), 5)
  await found(tracks().not(n`Track.Composer`, 'is', null), 3, 4, 5)
  // Alternatives, of the related rows and of rows related to those.
  await found(tracks().or(n`TrackId.eq.3,Name.eq.${'Restless and Wild'}`, { referencedTable: n`Track` }), 3, 4)
  await found(tracks().or(n`TrackId.eq.3,and(TrackId.gt.4,GenreId.eq.1)`, { foreignTable: n`Track` }), 3, 5)
  await rows(
    from('Artist', 'Album(AlbumId, Track(TrackId))')
      .eq(n`ArtistId`, 2)
      .eq(n`Album.AlbumId`, 3)
      .or(n`TrackId.eq.3,TrackId.eq.5`, { referencedTable: n`Album.Track` })
      .order(n`TrackId`, { referencedTable: n`Album.Track` }),
    [{ Album: [{ AlbumId: 3, Track: [{ TrackId: 3 }, { TrackId: 5 }] }] }],
  )
  // They do not concern the outer rows, whose related row is then null, or none.
  await rows(
    from('Album', 'AlbumId, Artist(Name)')
      .in(n`AlbumId`, [1, 2])
      .eq(n`Artist.Name`, 'Accept')
      .order(n`AlbumId`),
    [
      { AlbumId: 1, Artist: null },
      { AlbumId: 2, Artist: { Name: 'Accept' } },
    ],
  )
  // An alias is how filters know the related rows.
  await rows(
    from('Album', 'singer:Artist(Name)')
      .eq(n`AlbumId`, 2)
      .eq(`singer.${n`Name`}`, 'Accept'),
    [{ singer: { Name: 'Accept' } }],
  )
  // Filters of a spread go by the table.
  await rows(
    from('Artist', 'Name, ...Album(keys:AlbumId)')
      .eq(n`ArtistId`, 2)
      .gt(n`Album.AlbumId`, 2),
    [{ Name: 'Accept', keys: [3] }],
  )
}

async function joins(from) {
  // Rows with related rows, by `!inner` or by a filter.
  const some = [{ ArtistId: 8, Album: [{ Title: 'Revelations' }] }]
  const revelations = (album) => from('Artist', `ArtistId, ${album}(Title)`).eq(n`Album.Title`, 'Revelations')
  await rows(revelations('Album!inner'), some)
  await rows(revelations('Album').not(n`Album`, 'is', null), some)
  await rows(
    revelations('Album!left')
      .in(n`ArtistId`, [8, 9])
      .order(n`ArtistId`),
    [...some, { ArtistId: 9, Album: [] }],
  )
  await rows(
    from('Artist', 'ArtistId, Album()')
      .eq(n`Album.Title`, 'Revelations')
      .not(n`Album`, 'is', null),
    [{ ArtistId: 8 }],
  )
  // Through several tables, and through a junction.
  const opera = (genre) => from('Artist', `Name, Album!inner(Title, Track!inner(TrackId, ${genre}(Name)))`)
  await rows(opera('Genre!inner').eq(n`Album.Track.Genre.Name`, 'Opera'), [
    {
      Name: 'Sir Georg Solti, Sumi Jo & Wiener Philharmoniker',
      Album: [{ Title: 'Mozart Gala: Famous Arias', Track: [{ TrackId: 3451, Genre: { Name: 'Opera' } }] }],
    },
  ])
  await rows(
    from('Playlist', 'PlaylistId, Track!inner(TrackId)')
      .eq(n`Track.TrackId`, 52)
      .order(n`PlaylistId`),
    [1, 5, 8, 16].map((key) => ({ PlaylistId: key, Track: [{ TrackId: 52 }] })),
  )
  // Rows without.
  await rows(
    from('Playlist', 'PlaylistId, Track()')
      .is(n`Track`, null)
      .order(n`PlaylistId`),
    [2, 4, 6, 7].map((key) => ({ PlaylistId: key })),
  )
  await rows(
    from('Track', 'TrackId, InvoiceLine()')
      .is(n`InvoiceLine`, null)
      .order(n`TrackId`)
      .limit(3),
    [7, 11, 17].map((key) => ({ TrackId: key })),
  )
  // Alternatives over several tables.
  await rows(
    from('Employee', 'EmployeeId, ReportsTo(), Customer()')
      .or(n`ReportsTo.is.null,Customer.not.is.null`)
      .order(n`EmployeeId`),
    [{ EmployeeId: 1 }, { EmployeeId: 3 }, { EmployeeId: 4 }, { EmployeeId: 5 }],
  )
  const ends = from('Track', 'TrackId, Album(), Genre()')
    .eq(n`Album.Title`, 'Restless and Wild')
    .eq(n`Genre.Name`, 'Opera')
  await rows(
    ends.or(n`Album.not.is.null,Genre.not.is.null`).order(n`TrackId`),
    [3, 4, 5, 3451].map((key) => ({ TrackId: key })),
  )
  await rows(
    from('Artist', 'ArtistId, Album()')
      .or(n`ArtistId.eq.1,and(Album.is.null,ArtistId.lt.27)`)
      .order(n`ArtistId`),
    [{ ArtistId: 1 }, { ArtistId: 25 }, { ArtistId: 26 }],
  )
}

async function orders(from) {
  const composers = (options) =>
    from('Playlist', 'Track(TrackId)')
      .eq(n`PlaylistId`, 16)
      .in(n`Track.TrackId`, [52, 2512, 3367])
      .order(n`Composer`, { referencedTable: n`Track`, ...options })
  const given = (...keys) => [{ Track: keys.map((key) => ({ TrackId: key })) }]
  await rows(composers({}), given(2512, 52, 3367))
  await rows(composers({ ascending: false }), given(3367, 52, 2512))
  await rows(composers({ nullsFirst: true }), given(3367, 2512, 52))
  await rows(composers({ ascending: false, nullsFirst: false }), given(52, 2512, 3367))
  await rows(composers({ nullsFirst: false }).order(n`TrackId`, { foreignTable: n`Track` }), given(2512, 52, 3367))
  // By a column of the one related row.
  const albums = from('Album', 'AlbumId, Artist(Name)').in(n`AlbumId`, [2, 3, 5, 120])
  await rows(albums.order(n`Artist(Name)`, { ascending: false }).order(n`AlbumId`), [
    { AlbumId: 120, Artist: { Name: 'Jimi Hendrix' } },
    { AlbumId: 5, Artist: { Name: 'Aerosmith' } },
    { AlbumId: 2, Artist: { Name: 'Accept' } },
    { AlbumId: 3, Artist: { Name: 'Accept' } },
  ])
  const staff = (nullsFirst) =>
    from('Employee', 'EmployeeId, manager:ReportsTo()')
      .lte(n`EmployeeId`, 3)
      .order(n`manager(FirstName)`, { nullsFirst })
  await rows(staff(true), [{ EmployeeId: 1 }, { EmployeeId: 2 }, { EmployeeId: 3 }])
  await rows(staff(false), [{ EmployeeId: 2 }, { EmployeeId: 3 }, { EmployeeId: 1 }])
  await rows(
    from('Genre', 'Track(TrackId, Album())')
      .eq(n`GenreId`, 1)
      .in(n`Track.TrackId`, [2, 3, 15])
      .order(n`Album(Title)`, { referencedTable: n`Track`, ascending: false }),
    [{ Track: [{ TrackId: 3 }, { TrackId: 15 }, { TrackId: 2 }] }],
  )
}

async function pages(from) {
  const metallica = () =>
    from('Artist', 'Album(AlbumId)')
      .eq(n`ArtistId`, 50)
      .order(n`AlbumId`, { referencedTable: n`Album` })
  const given = (...keys) => [{ Album: keys.map((key) => ({ AlbumId: key })) }]
  await rows(metallica().limit(2, { referencedTable: n`Album` }), given(35, 148))
  await rows(metallica().limit(0, { referencedTable: n`Album` }), given())
  await rows(metallica().range(8, 99, { referencedTable: n`Album` }), given(155, 156))
  await rows(metallica().range(3, 4, { foreignTable: n`Album` }), given(150, 151))
  await rows(metallica().limit(1, { foreignTable: n`Album` }), given(35))
  // The page is that of each row. The rows have their own.
  await rows(
    from('Artist', 'ArtistId, Album(AlbumId)')
      .order(n`ArtistId`)
      .range(1, 2)
      .order(n`AlbumId`, { referencedTable: n`Album`, ascending: false })
      .limit(1, { referencedTable: n`Album` }),
    [
      { ArtistId: 2, Album: [{ AlbumId: 3 }] },
      { ArtistId: 3, Album: [{ AlbumId: 5 }] },
    ],
  )
  // Rows whose page of related rows is empty have none.
  await rows(
    from('Artist', 'ArtistId, Album!inner(AlbumId)')
      .lte(n`ArtistId`, 3)
      .order(n`ArtistId`)
      .order(n`AlbumId`, { referencedTable: n`Album` })
      .range(1, 1, { referencedTable: n`Album` }),
    [
      { ArtistId: 1, Album: [{ AlbumId: 4 }] },
      { ArtistId: 2, Album: [{ AlbumId: 3 }] },
    ],
  )
}

async function answers(from) {
  const artist = (key) => from('Artist', 'Name, Album(AlbumId)').eq(n`ArtistId`, key)
  await rows(artist(3).single(), { Name: 'Aerosmith', Album: [{ AlbumId: 5 }] })
  await rows(artist(3).maybeSingle(), { Name: 'Aerosmith', Album: [{ AlbumId: 5 }] })
  await rows(artist(999).maybeSingle(), null)
  await fails(artist(999).single(), 406, 'PGRST116')
  await fails(
    from('Artist', 'Album!inner(AlbumId)')
      .lt(n`ArtistId`, 3)
      .single(),
    406,
    'PGRST116',
    { details: 'The result contains 2 rows' },
  )
  await rows(
    from('Artist', 'Album!inner(AlbumId)')
      .eq(n`ArtistId`, 25)
      .maybeSingle(),
    null,
  )

  const inner = () => from('Artist', 'ArtistId, Album!inner(Title)', { count: 'exact' }).like(n`Album.Title`, '%Live%')
  await count(inner(), 11)
  const page = await ok(
    inner()
      .order(n`ArtistId`)
      .limit(2),
    206,
  )
  assert.deepEqual([page.count, page.data.length], [11, 2])
  await count(
    from('Artist', 'ArtistId, Album(Title)', { count: 'exact', head: true }).like(n`Album.Title`, '%Live%'),
    275,
  )
  await count(from('Artist', 'Album!inner(Title)', { count: 'exact', head: true }), 204)
  await count(from('Artist', 'Album()', { count: 'exact', head: true }).is(n`Album`, null), 71)
  const head = await ok(from('Album', 'Title, Artist(Name)', { head: true }))
  assert.deepEqual([head.data, head.count], [null, null])
}

async function errors(from) {
  await fails(from('Album', 'Genres(Name)'), 400, 'PGRST200', {
    details: `Searched for a foreign key relationship between '${n`Album`}' and '${n`Genres`}', but no matches were found.`,
  })
  await fails(from('Album', 'Artists(Name)'), 400, 'PGRST200', {
    hint: `Perhaps you meant '${n`Artist`}' instead of '${n`Artists`}'.`,
  })
  await fails(from('Album', 'Artist!Title(Name)'), 400, 'PGRST200', {
    details: `Searched for a foreign key relationship between '${n`Album`}' and '${n`Artist`}' using the hint '${n`Title`}', but no matches were found.`,
  })
  const hint = `Verify that '${n`Track`}' is included in the 'select' query parameter.`
  await fails(from('Album', 'Title').eq(n`Track.Name`, 'x'), 400, 'PGRST108', { hint })
  await fails(from('Album', 'Title, Artist(Name)').order(n`Name`, { referencedTable: n`Track` }), 400, 'PGRST108', {
    hint,
  })
  await fails(from('Album', 'Title').limit(1, { referencedTable: n`Track` }), 400, 'PGRST108', { hint })
  await fails(from('Album', 'Title').order(n`Track(Name)`), 400, 'PGRST108', { hint })
  await fails(from('Album', 'Title').or(n`Name.eq.x`, { referencedTable: n`Track` }), 400, 'PGRST108', { hint })
  // Whoever gives an alias uses it.
  await fails(from('Album', 'songs:Track(Name)').eq(n`Track.Name`, 'x'), 400, 'PGRST108', { hint })
  await fails(from('Artist', 'Album(Title)').order(n`Album(Title)`), 400, 'PGRST118', {
    details: `'${n`Artist`}' and '${n`Album`}' do not form a many-to-one or one-to-one relationship`,
  })
  const details = 'Only is null or not is null filters are allowed on embedded resources'
  await fails(from('Artist', 'Album(Title)').eq(n`Album`, 1), 400, 'PGRST120', { details })
  await fails(from('Album', 'Artist(Name)').or(n`Artist.gt.1,AlbumId.eq.1`), 400, 'PGRST120', { details })
  await fails(from('Album', 'Artist(Nam)'), 400, '42703')
  await fails(from('Album', 'Artist(Name)').eq(n`Artist.Nam`, 'x'), 400, '42703')
  await fails(from('Album', 'Artist(Name'), 400, 'PGRST100')
  await assert.rejects(async () => await from('Album', 'Genres(Name)').throwOnError(), { code: 'PGRST200' })
}

for (const db of clients(server)) {
  const from = (table, columns, options) => db.from(renamed(table)).select(renamed(columns), options)
  for (const part of [
    relationships,
    junctions,
    itself,
    nested,
    names,
    spread,
    filters,
    joins,
    orders,
    pages,
    answers,
    errors,
  ]) {
    await part(from)
  }
}
