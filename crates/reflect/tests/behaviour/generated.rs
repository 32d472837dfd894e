//! Tests entities generated from databases: they compile, and describe the tables from which they were generated.
//!
//! The folders next to this file contain the current output; `INSTA_UPDATE=always` regenerates it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use mwallet_codegen::rust::{self, SourceFile};
use mwallet_db::schema::{Decimal, Table};
use mwallet_db::{Dialect, Entity, Find, LoadRelated, Query};
use mwallet_reflect::ReflectOptions;
use mwallet_testkit::{Sample, TestDb, run};

use crate::reflect::{POSTGRES, SQLITE, execute};

/// Names that Rust only accepts with care.
const NAMES: &str = include_str!("reflect/names.sql");

// The code is meant for a library and to be formatted afterwards.
macro_rules! generated {
    ($($name:ident),*) => { $(
        #[rustfmt::skip]
        #[expect(unreachable_pub, reason = "no library is around them here")]
        mod $name;
    )* };
}
generated!(chinook_postgres, chinook_sqlite, names_postgres, names_sqlite, northwind, stress_postgres, stress_sqlite);

/// Checks the generated code against a folder, and its entities against the database.
async fn check(db: &TestDb, schemas: &[&str], folder: &str, declared: Vec<&'static Table>) {
    let schemas = schemas.iter().map(|name| (*name).to_owned()).collect();
    let tables = mwallet_reflect::reflect(&db.engine, &ReflectOptions { schemas }).await.unwrap().tables;
    let written = rust::module(&tables.iter().collect::<Vec<_>>());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/behaviour/generated").join(folder);
    if std::env::var("INSTA_UPDATE").is_ok_and(|value| value == "always") {
        fs::remove_dir_all(&folder).unwrap();
        fs::create_dir(&folder).unwrap();
        for SourceFile { name, text } in &written {
            fs::write(folder.join(name), text).unwrap();
        }
    }
    let there: BTreeSet<String> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(there, written.iter().map(|file| file.name.clone()).collect(), "the files in {}", folder.display());
    for SourceFile { name, text } in &written {
        assert_eq!(fs::read_to_string(folder.join(name)).unwrap(), *text, "{name}: run it with INSTA_UPDATE=always");
    }
    let described: Vec<&Table> = tables.iter().filter(|table| rust::is_described(table)).collect();
    assert_eq!(declared.len(), described.len());
    for (declared, reflected) in declared.into_iter().zip(described) {
        assert_eq!(declared, reflected);
    }
}

/// Reads rows of an entity.
async fn list<E: Entity>(db: &TestDb, query: Query) -> Vec<E> {
    Find::<E>::from(query).all(&db.engine).await.unwrap()
}

/// Reads every row of an entity.
async fn all<E: Entity>(db: &TestDb) -> Vec<E> {
    list(db, Query::new().limit(10_000)).await
}

/// Reads related rows by the relations of Chinook's entities, which have the same names on both engines.
macro_rules! relations {
    ($db:ident, $artist:ident, $album:ident, $track:ident, $playlist:ident, $employee:ident) => {{
        let engine = &$db.engine;
        let albums = $album::find().order($album::ALBUM_ID.asc()).limit(3).all(engine).await.unwrap();
        let artists = albums.load_one(engine, $album::ARTIST).await.unwrap();
        let names: Vec<_> = artists.iter().map(|artist| artist.and_then(|one| one.name.as_deref())).collect();
        assert_eq!(names, [Some("AC/DC"), Some("Accept"), Some("Accept")]);
        let tracks = albums.load_many(engine, $album::TRACKS).await.unwrap();
        assert_eq!(tracks.iter().map(<[$track]>::len).collect::<Vec<_>>(), [10, 1, 3]);
        let playlists = $playlist::find().order($playlist::PLAYLIST_ID.asc()).all(engine).await.unwrap();
        let tracks = playlists.load_many(engine, $playlist::TRACKS).await.unwrap();
        assert_eq!((playlists.len(), tracks.get(0).len(), tracks.get(1).len()), (18, 3_290, 0));
        assert_eq!(tracks.rows().len(), 8_715);
        let heads = $employee::find().filter($employee::EMPLOYEES_BY_REPORTS_TO.exists());
        assert_eq!(heads.count(engine).await.unwrap(), 3);
        let of_playlist = $artist::ALBUMS.any($album::TRACKS.any($track::PLAYLISTS.any($playlist::NAME.eq("Grunge"))));
        let artists = $artist::find().filter(of_playlist).order($artist::NAME.asc()).all(engine).await.unwrap();
        let names: Vec<_> = artists.iter().filter_map(|one| one.name.as_deref()).collect();
        assert_eq!(names, GRUNGE);
    }};
}

/// The artists on the playlist of this name.
const GRUNGE: [&str; 6] =
    ["Alice In Chains", "Nirvana", "Pearl Jam", "Soundgarden", "Stone Temple Pilots", "Temple of the Dog"];

#[test]
fn chinook_on_postgres_is_what_its_entities_say() {
    use chinook_postgres::{Album, Artist, Customer, Employee, Invoice, InvoiceLine, Playlist, PlaylistTrack, Track};
    run(Dialect::Postgres, async |db: TestDb| {
        Sample::Chinook.fill(&db).await;
        check(&db, &[], "chinook_postgres", chinook_postgres::tables()).await;
        assert_eq!(all::<Artist>(&db).await.len(), 275);
        assert_eq!(all::<Employee>(&db).await[1].reports_to, Some(1));
        assert_eq!(all::<Customer>(&db).await.len(), 59);
        assert_eq!(all::<PlaylistTrack>(&db).await.len(), 8_715);
        assert_eq!(all::<Track>(&db).await.len(), 3_503);
        assert_eq!(all::<Invoice>(&db).await.len(), 412);
        relations!(db, Artist, Album, Track, Playlist, Employee);
        let total: Decimal = "0.99".parse().unwrap();
        assert_eq!(all::<InvoiceLine>(&db).await[0].unit_price, total);
        let mut album = list::<Album>(&db, Query::new().filter(Album::ALBUM_ID.eq(1))).await.remove(0);
        assert_eq!(album.title, "For Those About To Rock We Salute You");
        let mut session = db.engine.sessions().begin().await.unwrap();
        session.add(Album { album_id: 1_000, title: "Lächeln".into(), artist_id: 1 });
        album.title = "Changed".into();
        session.update(&album);
        session.commit().await.unwrap();
        let named = Query::new().filter(Album::TITLE.in_(["Lächeln", "Changed"]));
        assert_eq!(list::<Album>(&db, named).await.len(), 2);
    });
}

#[test]
fn chinook_on_sqlite_is_what_its_entities_say() {
    use chinook_sqlite::{Album, Artist, Employee, Invoice, Playlist, PlaylistTrack, Track};
    run(Dialect::Sqlite, async |db: TestDb| {
        Sample::Chinook.fill(&db).await;
        check(&db, &[], "chinook_sqlite", chinook_sqlite::tables()).await;
        assert_eq!(all::<Artist>(&db).await.len(), 275);
        assert_eq!(all::<Employee>(&db).await[1].reports_to, Some(1));
        assert_eq!(all::<PlaylistTrack>(&db).await.len(), 8_715);
        assert_eq!(all::<Track>(&db).await.len(), 3_503);
        relations!(db, Artist, Album, Track, Playlist, Employee);
        let total: Decimal = "1.98".parse().unwrap();
        assert_eq!(all::<Invoice>(&db).await[0].total, total);
        let mut album = list::<Album>(&db, Query::new().filter(Album::ALBUM_ID.eq(1))).await.remove(0);
        let mut session = db.engine.sessions().begin().await.unwrap();
        let added = session.add(Album { album_id: Default::default(), title: "Lächeln".into(), artist_id: 1 });
        album.title = "Changed".into();
        session.update(&album);
        session.flush().await.unwrap();
        assert_eq!(session.get(added).unwrap().album_id, 348);
        session.commit().await.unwrap();
        let named = Query::new().filter(Album::TITLE.in_(["Lächeln", "Changed"]));
        assert_eq!(list::<Album>(&db, named).await.len(), 2);
    });
}

#[test]
fn northwind_is_what_its_entities_say() {
    use northwind::{Category, Employee, Order, OrderDetail, Product};
    run(Dialect::Sqlite, async |db: TestDb| {
        Sample::Northwind.fill(&db).await;
        check(&db, &[], "northwind", northwind::tables()).await;
        assert_eq!(all::<Product>(&db).await.len(), 77);
        assert!(all::<Category>(&db).await[0].picture.as_ref().is_some_and(|picture| picture.len() > 100));
        assert_eq!(all::<Employee>(&db).await.len(), 9);
        assert!(!all::<Order>(&db).await.is_empty());
        let line = all::<OrderDetail>(&db).await.remove(0);
        assert_eq!((line.order_id, line.quantity.get()), (10_248, Some(&12)));
    });
}

#[test]
fn every_construct_of_postgres_is_what_its_entities_say() {
    run(Dialect::Postgres, async |db: TestDb| {
        execute(&db, POSTGRES).await;
        check(&db, &["public", "Other Schema"], "stress_postgres", stress_postgres::tables()).await;
        // Each value goes through the type of its field: labels, bytes, floats, times, and what the database numbers
        // and generates.
        let sql = "INSERT INTO parents VALUES (1, 'b', 1), (2, 'c', 8);
                   INSERT INTO children (first, second, share, label) VALUES (1, 2, 0.5, 'one');
                   INSERT INTO types (raw, single, at_zone, at, code, amount, large, feeling, tags)
                   VALUES (decode('00ff', 'hex'), 0.1, '2026-01-02T03:04:05.000006Z', '2026-01-02', '01234', 20, 20,
                   'it''s \"fine\"', '{a,b}')";
        execute(&db, sql).await;
        let row = all::<stress_postgres::Type>(&db).await.remove(0);
        assert_eq!(row.raw, Some(vec![0, 255]));
        assert_eq!(row.single, Some("0.1".parse().unwrap()));
        assert_eq!(row.at_zone, Some("2026-01-02T03:04:05.000006Z".parse().unwrap()));
        assert_eq!(row.at.as_deref(), Some("2026-01-02T00:00:00"));
        assert_eq!((row.code.as_deref(), row.feeling), (Some("01234"), Some(stress_postgres::Mood::ItSFine)));
        assert_eq!(row.tags.get().unwrap().as_ref().unwrap().as_str(), r#"["a","b"]"#);
        let mut session = db.engine.sessions().begin().await.unwrap();
        let changed = stress_postgres::Type {
            raw: Some(b"new".to_vec()),
            feeling: Some(stress_postgres::Mood::Ok),
            at_zone: Some("1999-12-31T23:59:59Z".parse().unwrap()),
            double: Some("0.25".parse().unwrap()),
            ..row
        };
        session.update(&changed);
        let child = all::<stress_postgres::Child>(&db).await.remove(0);
        assert_eq!((child.doubled.get(), child.share.clone()), (Some(&Some(2)), Some("0.5".parse().unwrap())));
        session.update(&stress_postgres::Child { label: Some("two".into()), ..child });
        session.commit().await.unwrap();
        assert_eq!(all::<stress_postgres::Type>(&db).await, [changed]);
        assert_eq!(all::<stress_postgres::Child>(&db).await[0].label.as_deref(), Some("two"));
    });
}

#[test]
fn every_construct_of_sqlite_is_what_its_entities_say() {
    run(Dialect::Sqlite, async |db: TestDb| {
        execute(&db, SQLITE).await;
        check(&db, &[], "stress_sqlite", stress_sqlite::tables()).await;
        let sql = "INSERT INTO types (small, flag, exact, priced, plain, raw, day, typeless)
                   VALUES (3, 1, 1.5, 2, 'text', x'00ff', '2026-01-02', 7)";
        execute(&db, sql).await;
        let row = all::<stress_sqlite::Type>(&db).await.remove(0);
        assert_eq!((row.small, row.flag, row.doubled.get()), (Some(3), Some(true), Some(&Some(6))));
        assert_eq!((row.exact.clone(), row.priced.clone()), (Some("1.5".parse().unwrap()), Some(2.into())));
        assert_eq!((row.raw.as_deref(), row.day.as_deref()), (Some(&[0, 255][..]), Some("2026-01-02")));
        assert_eq!(row.typeless, Some(7.into()));
        let mut session = db.engine.sessions().begin().await.unwrap();
        let changed = stress_sqlite::Type { flag: Some(false), raw: Some(b"new".to_vec()), ..row };
        session.update(&changed);
        session.commit().await.unwrap();
        assert_eq!(all::<stress_sqlite::Type>(&db).await, [changed]);
    });
}

#[test]
fn names_of_any_letters_are_what_their_entities_say() {
    run(Dialect::Postgres, async |db: TestDb| {
        execute(&db, NAMES).await;
        execute(&db, "CREATE TABLE empty (); CREATE VIEW of_nothing AS SELECT FROM empty").await;
        check(&db, &[], "names_postgres", names_postgres::tables()).await;
    });
    run(Dialect::Sqlite, async |db: TestDb| {
        execute(&db, NAMES).await;
        check(&db, &[], "names_sqlite", names_sqlite::tables()).await;
    });
}
