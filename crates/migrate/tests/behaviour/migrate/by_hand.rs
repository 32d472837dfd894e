//! Tests hand-written objects and rows that do not fit, together with random differences.

use mwallet_db::schema::{Column, ColumnDefault, ColumnType, Table, Timestamp};
use mwallet_db::schema_tools::quote;
use mwallet_db::{Dialect, Filter, Query, Row, Sql, crud};
use mwallet_migrate::{Migration, Migrator, Renames, SchemaSnapshot, Scripts, check, generate, replay};
use mwallet_testkit::{TestDb, both_engines};

use super::generate::{self, Pair, Random};
use super::{assert_kept, pairs, rows};

/// Returns the table in which triggers log.
fn log() -> Table {
    let mut log = Table::new("log");
    log.columns.push(Column::new("id", ColumnType::BigInt).default(ColumnDefault::Identity));
    log.columns.push(Column::new("said", ColumnType::Text { max: None }));
    log.primary_key.push("id".into());
    log
}

/// A table with a hand-written view and two triggers, which all use one of its columns.
struct Written<'p> {
    table: (&'p Table, &'p Table),
    column: (&'p Column, &'p Column),
    view: String,
}

impl<'p> Written<'p> {
    /// Returns one for each surviving table with a surviving column that is at most renamed.
    fn all(pair: &'p Pair) -> Vec<Self> {
        let of_table = |(number, table): (usize, (&'p Table, &'p Table))| {
            let column = pair.surviving_columns(table).filter(|(from, to)| from.kind == to.kind).nth(number % 3)?;
            Some(Self { table, column, view: format!("view {number}") })
        };
        pair.survivors().enumerate().filter_map(of_table).collect()
    }

    fn sql(&self, dialect: Dialect) -> String {
        let [table, column, view] = [&self.table.0.name, &self.column.0.name, &self.view].map(|name| quote(name));
        let [added, changed] = ["added", "changed"].map(|name| quote(&format!("{} {name}", self.view)));
        let view = format!(
            "CREATE VIEW {view} AS SELECT {column} AS it FROM {table} AS t WHERE {column} IS NOT NULL OR t.{column} \
             IS NULL;"
        );
        match dialect {
            Dialect::Postgres => format!(
                "{view}
                 CREATE TRIGGER {added} AFTER INSERT ON {table} FOR EACH ROW WHEN (NEW.{column} IS NOT NULL) EXECUTE
                 FUNCTION say();
                 CREATE TRIGGER {changed} AFTER UPDATE OF {column} ON {table} FOR EACH ROW EXECUTE FUNCTION say();"
            ),
            Dialect::Sqlite => format!(
                "{view}
                 CREATE TRIGGER {added} AFTER INSERT ON {table} WHEN NEW.{column} IS NOT NULL
                 BEGIN INSERT INTO log (said) SELECT 'INSERT' FROM {table} WHERE {column} IS NEW.{column} LIMIT 1; END;
                 CREATE TRIGGER {changed} AFTER UPDATE OF {column} ON {table} BEGIN INSERT INTO log (said) VALUES
                 ('UPDATE'); END;"
            ),
        }
    }

    /// Inserts a row into the table and updates it: each trigger fires once, and the view shows all rows. Then
    /// deletes the row, since it may not fit the previous table.
    async fn assert_works(&self, db: &TestDb, is_after: bool, number: usize, random: &mut Random, place: &str) {
        let (table, column) = if is_after { (self.table.1, self.column.1) } else { (self.table.0, self.column.0) };
        let run = async |sql: String| {
            let sql: &str = sql.leak();
            crud::execute::<(i64,)>(&db.engine, Sql::new(sql))
                .await
                .unwrap_or_else(|error| panic!("{error}: {sql}\n{place}"))
        };
        let count = async |sql: String| {
            let sql = Sql::new(sql.leak()).returns("n", ColumnType::BigInt);
            let rows: Vec<(i64,)> = crud::execute(&db.engine, sql).await.unwrap();
            rows[0].0
        };
        run("DELETE FROM log".into()).await;
        let row = generate::row(table, number, random);
        let is_set = row.get(&column.name).is_some() || column.default == Some(ColumnDefault::Identity);
        let created = crud::create(&db.engine, table, row)
            .await
            .unwrap_or_else(|error| panic!("{error:?} of {table:?}\n{place}"));
        let (name, column) = (quote(&table.name), quote(&column.name));
        run(format!("UPDATE {name} SET {column} = {column}")).await;
        let all = count(format!("SELECT count(*) FROM {name}")).await;
        let inserted = count("SELECT count(*) FROM log WHERE said = 'INSERT'".into()).await;
        assert_eq!(inserted, i64::from(is_set), "{}.{}\n{place}", table.name, column);
        assert_eq!(
            count("SELECT count(*) FROM log WHERE said = 'UPDATE'".into()).await,
            all,
            "{}.{}\n{place}",
            table.name,
            column
        );
        let view = quote(&self.view);
        assert_eq!(
            count(format!("SELECT count(*) FROM {view} WHERE it IS NULL OR it IS NOT NULL")).await,
            all,
            "{place}"
        );
        remove(db, table, &created).await;
    }
}

async fn remove(db: &TestDb, table: &Table, row: &Row) {
    let key = table.primary_key.iter().map(|key| Filter::eq(key, row.get(key).unwrap().clone()));
    let query = key.fold(Query::new(), Query::filter);
    assert_eq!(crud::delete(&db.engine, table, &query).await.unwrap().count, 1);
}

#[both_engines]
async fn what_people_wrote_works_on_and_what_does_not_fit_changes_nothing(db: TestDb) {
    let at = Timestamp::from_micros(0).unwrap();
    let none = Renames::default();
    for seed in 0..pairs() {
        let mut random = Random::new(seed.wrapping_add(1 << 40));
        let pair = Pair::generate(&mut random, db.dialect());
        let with_log = |tables: &[Table]| tables.iter().cloned().chain([log()]).collect::<Vec<_>>();
        let (from, to) = (with_log(&pair.from), with_log(&pair.to));
        let written = Written::all(&pair);

        let first = generate("first", at, &SchemaSnapshot::default(), 0, &from, &none).await.unwrap().migration;
        let function = "CREATE FUNCTION say() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO log (said) VALUES (TG_OP); RETURN NEW; END $$;\n";
        let by_hand = |dialect| written.iter().map(|one| one.sql(dialect)).collect::<String>();
        let views = written.iter().map(|one| format!("DROP VIEW {};\n", quote(&one.view))).collect::<String>();
        let triggers = |one: &Written<'_>| {
            ["added", "changed"]
                .map(|name| {
                    format!(
                        "DROP TRIGGER {} ON {};\n",
                        quote(&format!("{} {name}", one.view)),
                        quote(&one.table.0.name)
                    )
                })
                .concat()
        };
        let triggers: String = written.iter().map(triggers).collect();
        let second = Migration {
            version: first.version + 1,
            name: "by_hand".into(),
            up: Scripts {
                postgres: format!("{function}{}", by_hand(Dialect::Postgres)),
                sqlite: format!("SELECT 1;\n{}", by_hand(Dialect::Sqlite)),
            },
            down: Scripts {
                postgres: format!("{views}{triggers}DROP FUNCTION say();"),
                sqlite: format!("SELECT 1;\n{views}"),
            },
        };
        let mut all = vec![first, second];
        let so_far = replay(&all).await.unwrap();
        let third = generate("third", at, &so_far, all[1].version, &to, &pair.renames).await.unwrap().migration;
        let place = format!(
            "seed {seed}\n{}\n---- and back\n{}",
            third.up.for_dialect(db.dialect()),
            third.down.for_dialect(db.dialect())
        );
        all.push(third);
        let migrator = Migrator::new(&db.engine, &all).allow_destructive(true);

        migrator
            .up(Some(all[1].version), |_| {})
            .await
            .unwrap_or_else(|error| panic!("{error}\n{}", all[1].up.for_dialect(db.dialect())));
        generate::fill(&db, &from[..pair.from.len()], &mut random).await;
        for one in &written {
            one.assert_works(&db, false, 20, &mut random, &place).await;
        }

        // A row that does not fit is reported, and nothing is changed.
        if let Some((table, row, column)) = pair.misfit(&mut random) {
            let added = crud::create(&db.engine, table, row).await.unwrap();
            let before = rows(&db, &from).await;
            let failed = migrator.up(None, |_| {}).await.expect_err(&format!("{column}\n{place}")).to_string();
            assert!(failed.contains("nothing was changed") || failed.contains("check"), "{failed}: {column}\n{place}");
            assert_eq!(rows(&db, &from).await, before, "{place}");
            let left = check(&db.engine, &from.iter().collect::<Vec<_>>(), &[]).await.unwrap();
            assert!(left.is_empty(), "{left}\n{place}");
            remove(&db, table, &added).await;
        }

        let before = rows(&db, &pair.from).await;
        migrator.up(None, |_| {}).await.unwrap_or_else(|error| panic!("{error}\n{place}"));
        let left = check(&db.engine, &to.iter().collect::<Vec<_>>(), &[]).await.unwrap();
        assert!(left.is_empty(), "{left}\n{place}");
        assert_kept(&before, &rows(&db, &pair.to).await, &pair, &place);
        for one in &written {
            one.assert_works(&db, true, 21, &mut random, &place).await;
        }

        migrator.down(all[1].version, |_| {}).await.unwrap_or_else(|error| panic!("{error}\n{place}"));
        let left = check(&db.engine, &from.iter().collect::<Vec<_>>(), &[]).await.unwrap();
        assert!(left.is_empty(), "{left}\n{place}");
        for one in &written {
            one.assert_works(&db, false, 22, &mut random, &place).await;
        }
        migrator.down(0, |_| {}).await.unwrap_or_else(|error| panic!("{error}\n{place}"));
    }
}
