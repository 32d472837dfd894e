// The types that mWallet writes of Chinook on SQLite, as the clients read them. It is compiled, and never run: what the types
// allow and refuse is the test. By hand, with database.ts beside it: npx tsc --noEmit --strict typed.ts

import { PostgrestClient } from '@supabase/postgrest-js'
import { createClient } from '@supabase/supabase-js'

import type { Database, Tables, TablesInsert } from './database.js'

/** Compiles where both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(_: Same<A, B>): void => {}

export async function typed(): Promise<void> {
  const shop = createClient<Database>('http://127.0.0.1:8080', 'any-key')

  const { data } = await shop.from('Album').select('AlbumId, Title').eq('ArtistId', 3)
  same<typeof data, { AlbumId: number; Title: string }[] | null>(true)

  const one = await shop.from('Customer').select('Company').eq('CustomerId', 1).single()
  same<typeof one.data, { Company: string | null } | null>(true)

  // Related rows, in both directions and through a junction.
  const album = await shop.from('Album').select('Title, Artist(Name), Track(Name, Genre(Name), Playlist(Name))').single()
  type Related = { Name: string; Genre: { Name: string | null } | null; Playlist: { Name: string | null }[] }
  same<typeof album.data, { Title: string; Artist: { Name: string | null }; Track: Related[] } | null>(true)

  // What programs call by a short name.
  same<Tables<'Genre'>, { GenreId: number; Name: string | null }>(true)
  const genre: TablesInsert<'Genre'> = { Name: 'Highlife' }
  await shop.from('Genre').insert(genre)
  await shop.from('Genre').delete().eq('GenreId', 99).maxAffected(1)

  // @ts-expect-error there is no such table
  await shop.from('Albums').select()
  // @ts-expect-error a required column is missing
  await shop.from('Album').insert({ AlbumId: 1, Title: 'x' })
  // @ts-expect-error a text is no number
  await shop.from('Album').update({ ArtistId: 'three' }).eq('AlbumId', 1)
  // @ts-expect-error it cannot be null
  await shop.from('Album').insert({ Title: null, ArtistId: 3 })
  // The number of a row is the database's to give.
  await shop.from('Album').insert({ Title: 'x', ArtistId: 3 })
  await shop.from('Invoice').insert([{ CustomerId: 1, InvoiceDate: '2026-01-02', Total: '12.50' }])

  const plain = new PostgrestClient<Database>('http://127.0.0.1:8080/rest/v1')
  const track = await plain.from('Track').select('Name, UnitPrice, Composer').limit(1).single()
  same<typeof track.data, { Name: string; UnitPrice: number; Composer: string | null } | null>(true)
  // Views are read.
  const view = await plain.from('CheapTracks').select('Name')
  same<typeof view.data, { Name: string | null }[] | null>(true)
  // @ts-expect-error and not written
  await plain.from('CheapTracks').insert({ Name: 'x' })
}
