//! Tests renames of columns, tables and labels, including swaps, and with triggers and views.

use mwallet_db::schema::{
    Check, Column, ColumnDefault, ColumnType, EnumLabel, EnumType, Record, Table, Timestamp, Value,
};
use mwallet_db::{Dialect, Error, Query, Sql, crud};
use mwallet_migrate::{Draft, MigrateError, Migration, Migrator, Renames, Scripts, check, generate, replay};
use mwallet_testkit::{TestDb, both_engines};

fn text() -> ColumnType {
    ColumnType::Text { max: Some(30) }
}

fn table(name: &str, columns: &[&str]) -> Table {
    let mut table = Table::new(name);
    table.columns.push(Column::new("id", ColumnType::BigInt).default(ColumnDefault::Identity));
    table.columns.extend(columns.iter().map(|name| Column::new(*name, text()).nullable()));
    table.primary_key.push("id".into());
    table
}

fn columns(renames: &[(&str, &str, &str)]) -> Renames {
    let one = |(table, from, to): &(&str, &str, &str)| ((*table).into(), (*from).into(), (*to).into());
    Renames { columns: renames.iter().map(one).collect(), ..Renames::default() }
}

fn tables(renames: &[(&str, &str)]) -> Renames {
    let one = |(from, to): &(&str, &str)| ((*from).into(), (*to).into());
    Renames { tables: renames.iter().map(one).collect(), ..Renames::default() }
}

/// A sequence of migrations of one database.
struct Story {
    db: TestDb,
    all: Vec<Migration>,
    /// Tables that exist but are not declared, such as those of triggers.
    others: Vec<Table>,
}

impl Story {
    fn of(db: TestDb) -> Self {
        Self { db, all: Vec::new(), others: Vec::new() }
    }

    async fn generate(&self, tables: &[Table], renames: &Renames) -> Result<Draft, MigrateError> {
        let made = replay(&self.all).await.unwrap();
        let last = self.all.last().map_or(0, |migration| migration.version);
        let tables: Vec<Table> = tables.iter().chain(&self.others).cloned().collect();
        generate("step", Timestamp::from_micros(0).unwrap(), &made, last, &tables, renames).await
    }

    /// Migrates to other tables, checks that no difference remains, and returns the script.
    async fn to(&mut self, tables: &[Table], renames: &Renames) -> String {
        let draft = self.generate(tables, renames).await.unwrap();
        let script = draft.migration.up.for_dialect(self.db.dialect()).to_owned();
        self.all.push(draft.migration);
        self.up().await;
        self.assert_agrees(tables, &script).await;
        script
    }

    async fn assert_agrees(&self, tables: &[Table], script: &str) {
        let left = check(&self.db.engine, &tables.iter().collect::<Vec<_>>(), &[]).await.unwrap();
        assert!(left.is_empty(), "{left}\n{script}");
        let again = self.generate(tables, &Renames::default()).await.unwrap();
        assert!(again.difference.is_empty(), "{}\n{script}", again.difference);
    }

    async fn up(&self) {
        let migrator = Migrator::new(&self.db.engine, &self.all).allow_destructive(true);
        if let Err(error) = migrator.up(None, |_| {}).await {
            let last = self.all.last().unwrap();
            panic!("{error}\n{}", last.up.for_dialect(self.db.dialect()));
        }
    }

    /// Reverts the last migration and checks the tables.
    async fn back(&mut self, tables: &[Table]) {
        let last = self.all.pop().unwrap();
        let to = self.all.last().map_or(0, |migration| migration.version);
        let whole: Vec<Migration> = self.all.iter().cloned().chain([last.clone()]).collect();
        let done = Migrator::new(&self.db.engine, &whole).allow_destructive(true).down(to, |_| {}).await;
        let script = last.down.for_dialect(self.db.dialect());
        done.unwrap_or_else(|error| panic!("{error}\n{script}"));
        self.assert_agrees(tables, script).await;
    }

    /// Applies a hand-written migration.
    async fn by_hand(&mut self, postgres: &str, sqlite: &str) {
        let version = self.all.last().map_or(1, |last| last.version + 1);
        let up = Scripts { postgres: postgres.into(), sqlite: sqlite.into() };
        self.all.push(Migration { version, name: "by_hand".into(), up, down: Scripts::default() });
        self.up().await;
    }

    async fn run(&self, sql: &'static str) {
        crud::execute::<(i64,)>(&self.db.engine, Sql::new(sql)).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    async fn texts(&self, sql: &'static str) -> Vec<String> {
        let sql = Sql::new(sql).returns("text", ColumnType::Text { max: None });
        let rows: Vec<(String,)> = crud::execute(&self.db.engine, sql).await.unwrap();
        rows.into_iter().map(|(text,)| text).collect()
    }

    async fn add(&self, table: &Table, values: &[(&str, &str)]) {
        let mut row = Record::new();
        values.iter().for_each(|(name, value)| row.set(*name, Value::Text((*value).into())));
        crud::create(&self.db.engine, table, row).await.unwrap();
    }

    /// Returns the values of the only row.
    async fn row(&self, table: &Table) -> Vec<(String, Value)> {
        let rows = crud::list(&self.db.engine, table, &Query::new()).await.unwrap();
        assert_eq!(rows.len(), 1);
        let row = rows.into_iter().next().unwrap().into_map();
        let columns = table.columns.iter().filter(|column| column.name != "id");
        columns.map(|column| (column.name.clone(), row.get(&column.name).unwrap().clone())).collect()
    }
}

fn values(pairs: &[(&str, &str)]) -> Vec<(String, Value)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), Value::Text((*value).into()))).collect()
}

#[both_engines]
async fn triggers_and_views_go_with_what_is_renamed(db: TestDb) {
    let mut story = Story::of(db);
    let before = table("members", &["memo", "rank"]);
    story.to(std::slice::from_ref(&before), &Renames::default()).await;
    story
        .by_hand(
            "CREATE TABLE log (said text NOT NULL);
         CREATE VIEW shown AS SELECT memo FROM members;
         CREATE FUNCTION say() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (TG_OP); RETURN
         NEW; END $$;
         CREATE TRIGGER added AFTER INSERT ON members FOR EACH ROW EXECUTE FUNCTION say();
         CREATE TRIGGER changed AFTER UPDATE OF memo ON members FOR EACH ROW EXECUTE FUNCTION say();",
            "CREATE TABLE log (said text NOT NULL);
         CREATE VIEW shown AS SELECT memo FROM members;
         CREATE TRIGGER added AFTER INSERT ON members WHEN NEW.memo <> '' BEGIN INSERT INTO log VALUES ('INSERT'); END;
         CREATE TRIGGER changed AFTER UPDATE OF memo ON members BEGIN INSERT INTO log SELECT 'UPDATE' FROM members
         WHERE id = NEW.id AND memo = NEW.memo; END;",
        )
        .await;
    story.others = replay(&story.all).await.unwrap().tables.into_iter().filter(|table| table.name == "log").collect();

    let fires = async |story: &Story, insert: &'static str, update: &'static str| {
        story.run("DELETE FROM log").await;
        story.run(insert).await;
        story.run(update).await;
        assert_eq!(story.texts("SELECT said FROM log ORDER BY said").await, ["INSERT", "UPDATE"], "{insert}");
        assert!(story.texts("SELECT CAST(count(*) AS text) FROM shown").await != ["0"]);
    };
    let first = (
        "INSERT INTO members (memo) VALUES ('a')",
        "UPDATE members SET memo = 'b' WHERE id = (SELECT max(id) FROM members)",
    );
    if story.db.dialect() == Dialect::Postgres {
        fires(&story, first.0, first.1).await;
    }

    // Rename the column alone, with another change of the table, the table, and both.
    let is_sqlite = story.db.dialect() == Dialect::Sqlite;
    let mut note = before.clone();
    note.columns[1].name = "note".into();
    let mut required = note.clone();
    required.columns[2].nullable = false;
    required.columns[2].default = Some(ColumnDefault::Constant("none".into()));
    let mut people = before.clone();
    people.name = "people".into();
    let mut both = required.clone();
    both.name = "people".into();
    let memo = [("members", "memo", "note")];
    let of_both =
        Renames { columns: columns(&[("people", "memo", "note")]).columns, ..tables(&[("members", "people")]) };
    let in_note = (
        "INSERT INTO members (note) VALUES ('a')",
        "UPDATE members SET note = 'b' WHERE id = (SELECT max(id) FROM members)",
    );
    let in_people = (
        "INSERT INTO people (memo) VALUES ('a')",
        "UPDATE people SET memo = 'b' WHERE id = (SELECT max(id) FROM people)",
    );
    let in_both = (
        "INSERT INTO people (note) VALUES ('a')",
        "UPDATE people SET note = 'b' WHERE id = (SELECT max(id) FROM people)",
    );
    for (after, renames, is_alone, (insert, update)) in [
        (note, columns(&memo), true, in_note),
        (required, columns(&memo), false, in_note),
        (people, tables(&[("members", "people")]), true, in_people),
        (both, of_both, false, in_both),
    ] {
        let script = story.to(&[after], &renames).await;
        assert_eq!(script.contains("INSERT INTO"), is_sqlite && !is_alone, "{script}");
        fires(&story, insert, update).await;
        story.back(std::slice::from_ref(&before)).await;
        fires(&story, first.0, first.1).await;
    }
}

#[both_engines]
async fn names_made_of_others_are_renamed_and_nothing_is_made_anew(db: TestDb) {
    let mut story = Story::of(db);
    let make = |name: &str, column: &str| {
        let mut table = table(name, &[column, "rank"]);
        table.columns.push(Column::new("parent_id", ColumnType::BigInt).nullable());
        table.add_unique(&[column]);
        table.add_index(&["rank", column]);
        table.add_foreign_key(&["parent_id"], name, &["id"], Default::default());
        table.checks.push(Check {
            name: format!("{name}_said_check"),
            expression: format!("{column} <> 'it''s memo' OR rank IS NULL"),
        });
        table
    };
    let before = make("members", "memo");
    story.to(std::slice::from_ref(&before), &Renames::default()).await;
    story.add(&before, &[("memo", "a"), ("rank", "b")]).await;
    let after = make("people", "what_they_said_of_it_in_all_the_words_that_they_found_for_it_xy");
    let name = after.columns[1].name.as_str();
    let renames = Renames { columns: columns(&[("people", "memo", name)]).columns, ..tables(&[("members", "people")]) };
    let script = story.to(std::slice::from_ref(&after), &renames).await;
    assert!(
        !script.contains("INSERT INTO") && !script.contains("DROP INDEX") && !script.contains("UNIQUE"),
        "{script}"
    );
    assert_eq!(story.row(&after).await[0].1, "a".into());
    // Each still holds, under its new name.
    let twice = crud::create(&story.db.engine, &after, Record::from_iter([(name.to_owned(), Value::from("a"))])).await;
    assert!(matches!(twice, Err(Error::Constraint(_))), "{twice:?}");
    story.back(std::slice::from_ref(&before)).await;
    assert_eq!(story.row(&before).await[0].1, "a".into());
}

#[both_engines]
async fn columns_exchange_their_names(db: TestDb) {
    let mut story = Story::of(db);
    let mut before = table("members", &["a", "b", "c", "d"]);
    before.columns[1].kind = ColumnType::Text { max: Some(20) };
    for name in ["a", "b"] {
        before.add_unique(&[name]);
        before.add_index(&[name, "id"]);
    }
    story.to(std::slice::from_ref(&before), &Renames::default()).await;
    story.add(&before, &[("a", "A"), ("b", "B"), ("c", "C"), ("d", "D")]).await;

    // Whether it was done is unknown, so it cannot be declared.
    let mut declared = before.clone();
    declared.columns[1].renamed_from = Some("b".into());
    declared.columns[2].renamed_from = Some("a".into());
    let refused = story.generate(&[declared], &Renames::default()).await.unwrap_err().to_string();
    assert!(
        refused.contains("members.a and members.b swap their names")
            && refused.contains("--rename members.b=members.a --rename members.a=members.b"),
        "{refused}"
    );

    let mut after = before.clone();
    after.columns[1].kind = text();
    after.columns[2].kind = ColumnType::Text { max: Some(20) };
    story.to(std::slice::from_ref(&after), &columns(&[("members", "a", "b"), ("members", "b", "a")])).await;
    assert_eq!(story.row(&after).await, values(&[("a", "B"), ("b", "A"), ("c", "C"), ("d", "D")]));
    story.back(std::slice::from_ref(&before)).await;
    assert_eq!(story.row(&before).await, values(&[("a", "A"), ("b", "B"), ("c", "C"), ("d", "D")]));

    // In a chain, declarations are enough. One column is dropped, and another takes its name.
    let mut after = before.clone();
    after.columns.truncate(3);
    after.uniques.clear();
    after.indexes.clear();
    after.columns.extend(["c", "e"].map(|name| Column::new(name, text()).nullable()));
    after.columns[3].renamed_from = Some("d".into());
    let refused = story.generate(std::slice::from_ref(&after), &Renames::default()).await.unwrap_err().to_string();
    assert!(refused.contains("both exist") && refused.contains("--rename members.d=members.c"), "{refused}");
    let given = columns(&[("members", "d", "c"), ("members", "c", "e")]);
    after.columns[3].renamed_from = None;
    story.to(std::slice::from_ref(&after), &given).await;
    assert_eq!(story.row(&after).await[2..], values(&[("c", "D"), ("e", "C")]));
    story.back(std::slice::from_ref(&before)).await;
    let mut over = after.clone();
    over.columns.truncate(4);
    story.to(std::slice::from_ref(&over), &columns(&[("members", "d", "c")])).await;
    assert_eq!(story.row(&over).await[2..], values(&[("c", "D")]));
    story.back(std::slice::from_ref(&before)).await;
    assert_eq!(story.row(&before).await[3].1, "D".into());
}

#[both_engines]
async fn tables_exchange_their_names(db: TestDb) {
    let mut story = Story::of(db);
    let make = |name: &str, column: &str| {
        let mut table = table(name, &[column]);
        table.add_unique(&[column]);
        table.columns.push(Column::new("other_id", ColumnType::BigInt).nullable());
        table
    };
    let refer = |tables: &mut [Table; 2]| {
        let [first, second] = tables;
        first.add_foreign_key(&["other_id"], &second.name, &["id"], Default::default());
    };
    let mut before = [make("buyers", "x"), make("sellers", "y")];
    refer(&mut before);
    let mut after = [make("sellers", "x"), make("buyers", "y")];
    refer(&mut after);
    story.to(&before, &Renames::default()).await;
    story.add(&before[0], &[("x", "X")]).await;
    story.add(&before[1], &[("y", "Y")]).await;
    let mut declared = after.clone();
    declared[0].renamed_from = Some("buyers".into());
    declared[1].renamed_from = Some("sellers".into());
    let refused = story.generate(&declared, &Renames::default()).await.unwrap_err().to_string();
    assert!(
        refused.contains("the table buyers and sellers swap") && refused.contains("--rename sellers=buyers"),
        "{refused}"
    );
    story.to(&after, &tables(&[("buyers", "sellers"), ("sellers", "buyers")])).await;
    assert_eq!(story.row(&after[0]).await[0].1, "X".into());
    story.back(&before).await;
    assert_eq!(story.row(&before[1]).await[0].1, "Y".into());

    // A new table takes the name of a renamed one.
    let mut after = [make("clients", "x"), make("sellers", "y"), make("buyers", "z")];
    after[0].renamed_from = Some("buyers".into());
    after[0].add_foreign_key(&["other_id"], "sellers", &["id"], Default::default());
    story.to(&after, &Renames::default()).await;
    assert_eq!(story.row(&after[0]).await[0].1, "X".into());
    story.add(&after[2], &[("z", "Z")]).await;
    story.back(&before).await;
    assert_eq!(story.row(&before[0]).await[0].1, "X".into());
}

#[both_engines]
async fn labels_are_renamed_in_the_rows(db: TestDb) {
    let mut story = Story::of(db);
    let make = |labels: &[(&str, Option<&str>)]| {
        let mut table = table("orders", &[]);
        let label = |(code, (name, old)): (i64, &(&str, Option<&str>))| EnumLabel {
            renamed_from: old.map(Into::into),
            ..EnumLabel::new(*name, code)
        };
        let labels = EnumType { name: "Stage".into(), labels: (0..).zip(labels).map(label).collect() };
        let first = labels.labels[0].name.clone();
        let stage = Column::new("stage", ColumnType::Enum(labels.into()));
        table.columns.push(stage.default(ColumnDefault::Constant(first.into())));
        table
    };
    let before = make(&[("OPEN", None), ("SHUT", None)]);
    story.to(std::slice::from_ref(&before), &Renames::default()).await;
    story.add(&before, &[("stage", "SHUT")]).await;
    let exchanged = make(&[("OPEN", Some("SHUT")), ("SHUT", Some("OPEN"))]);
    let refused = story.generate(&[exchanged], &Renames::default()).await.unwrap_err().to_string();
    assert!(refused.contains("the label orders.stage: OPEN and SHUT swap"), "{refused}");
    let unknown = make(&[("OPEN", None), ("CLOSED", Some("LOCKED"))]);
    let refused = story.generate(&[unknown], &Renames::default()).await.unwrap_err().to_string();
    assert!(refused.contains("the migrations have no LOCKED"), "{refused}");

    for after in [
        make(&[("OPEN", None), ("CLOSED", Some("SHUT"))]),
        make(&[("NEW", None), ("OPEN", None), ("ENDED", Some("SHUT"))]),
    ] {
        let draft = story.generate(std::slice::from_ref(&after), &Renames::default()).await.unwrap();
        assert!(draft.losses.is_empty() && draft.difference.changes.iter().all(|change| change.may_fail().is_none()));
        story.to(std::slice::from_ref(&after), &Renames::default()).await;
        let ColumnType::Enum(labels) = &after.columns[1].kind else { unreachable!() };
        assert_eq!(story.row(&after).await[0].1, labels.labels.last().unwrap().name.as_str().into());
        story.back(std::slice::from_ref(&before)).await;
        assert_eq!(story.row(&before).await[0].1, "SHUT".into());
    }
}

#[both_engines]
async fn a_rename_that_cannot_be_meant_is_refused(db: TestDb) {
    let mut story = Story::of(db);
    let before = table("members", &["memo"]);
    story.to(std::slice::from_ref(&before), &Renames::default()).await;
    let mut misspelt = table("members", &["memo", "note"]);
    misspelt.columns[2].renamed_from = Some("mmo".into());
    for (after, given, told) in [
        (
            misspelt,
            Renames::default(),
            "members.note has `renamed_from = \"mmo\"`, but the migrations have no members.mmo",
        ),
        (before.clone(), columns(&[("members", "mmo", "memo")]), "there is no column members.mmo in the migrations"),
        (before.clone(), columns(&[("members", "memo", "note")]), "there is no column members.note in the entities"),
        (
            before.clone(),
            tables(&[("people", "members")]),
            "people=members: there is no table people in the migrations",
        ),
    ] {
        let refused = story.generate(&[after], &given).await.unwrap_err().to_string();
        assert!(refused.contains(told), "{refused}");
    }
}

#[both_engines]
async fn a_view_or_trigger_that_a_change_breaks_stops_it(db: TestDb) {
    let mut story = Story::of(db);
    let before = table("members", &["memo", "rank"]);
    story.to(std::slice::from_ref(&before), &Renames::default()).await;
    story
        .by_hand(
            "CREATE VIEW shown AS SELECT memo FROM members;",
            "CREATE VIEW shown AS SELECT memo FROM members;
         CREATE TRIGGER ranked AFTER UPDATE OF rank ON members BEGIN SELECT 1; END;",
        )
        .await;
    if story.db.dialect() == Dialect::Sqlite {
        // A view that was broken before does not matter.
        crate::migrate::apply(
            &story.db,
            "CREATE TABLE gone (a text); CREATE VIEW old AS SELECT * FROM gone; DROP TABLE gone;",
        )
        .await;
    }
    story.assert_agrees(std::slice::from_ref(&before), "").await;
    let mut added = before.clone();
    added.columns[2].nullable = false;
    added.columns[2].default = Some(ColumnDefault::Constant("none".into()));
    story.to(std::slice::from_ref(&added), &Renames::default()).await;

    let after = table("members", &[]);
    let draft = story.generate(&[after], &Renames::default()).await.unwrap();
    let all: Vec<Migration> = story.all.iter().cloned().chain([draft.migration]).collect();
    let refused =
        Migrator::new(&story.db.engine, &all).allow_destructive(true).up(None, |_| {}).await.unwrap_err().to_string();
    match story.db.dialect() {
        Dialect::Postgres => assert!(refused.contains("view shown depends on column memo"), "{refused}"),
        Dialect::Sqlite => assert!(
            refused.contains(
                "it would break the view shown (no such column: memo), the trigger ranked of members (no such column: \
                 \"rank\"); nothing was changed"
            ),
            "{refused}"
        ),
    }
    story.assert_agrees(std::slice::from_ref(&added), "").await;
}
