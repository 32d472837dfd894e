//! Tests changes of type: values that fit are kept, others stop the migration, and it can be reverted.

use mwallet_db::schema::{
    Column, ColumnDefault, ColumnType, EnumLabel, EnumType, Record, Table, Timestamp, Value, ValueGenerator,
};
use mwallet_db::{Query, Sql, crud};
use mwallet_migrate::{MigrateError, Migrator, Renames, SchemaSnapshot, check, generate, replay};
use mwallet_testkit::{TestDb, both_engines};

fn decimal(precision: u32, scale: u32) -> ColumnType {
    ColumnType::Decimal { precision, scale }
}

fn text(max: Option<u32>) -> ColumnType {
    ColumnType::Text { max }
}

fn labels(names: &[&str]) -> ColumnType {
    let labels = (0..).zip(names).map(|(code, name)| EnumLabel::new(*name, code)).collect();
    ColumnType::Enum(EnumType { name: "Value".into(), labels }.into())
}

/// Returns a table with a key and one column, which is named like something within the conversion.
fn table(kind: &ColumnType) -> Table {
    let mut table = Table::new("members");
    table.columns.push(Column::new("id", ColumnType::BigInt).default(ColumnDefault::Identity));
    table.columns.push(Column::new("value", kind.clone()).nullable());
    table.primary_key.push("id".into());
    table
}

/// Parses a value of a type.
fn value(kind: &ColumnType, text: &str) -> Value {
    let value = match kind {
        ColumnType::Boolean => Value::Bool(text == "true"),
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => Value::Int(text.parse().unwrap()),
        ColumnType::Decimal { .. } => Value::Decimal(text.parse().unwrap()),
        ColumnType::Timestamp => Value::Timestamp(text.parse().unwrap()),
        ColumnType::Uuid => Value::Uuid(text.parse().unwrap()),
        ColumnType::Json => Value::Json(text.into()),
        _ => Value::Text(text.into()),
    };
    value.coerce(kind).unwrap()
}

async fn values(db: &TestDb, table: &Table) -> Vec<Value> {
    let rows = crud::list(&db.engine, table, &Query::new()).await.unwrap();
    rows.into_iter().map(|row| row.into_map().get("value").unwrap().clone()).collect()
}

const UUID: &str = "0190a1b2-0000-7000-8000-00000000abcd";
const TIME: &str = "2024-02-29T23:59:59.120000+00:00";

#[both_engines]
async fn a_value_that_fits_is_kept_there_and_back(db: TestDb) {
    let at = Timestamp::from_micros(0).unwrap();
    // The old and the new type, values that fit with their results, and values that do not.
    type Case<'c> = (ColumnType, ColumnType, &'c [(&'c str, &'c str)], &'c [&'c str]);
    let cases: &[Case<'_>] = &[
        (
            decimal(20, 8),
            decimal(20, 2),
            &[("-12.5", "-12.5"), ("0", "0"), ("999999999999", "999999999999")],
            &["0.001", "-0.00000001"],
        ),
        (decimal(20, 8), decimal(20, 12), &[("-1.00000001", "-1.00000001")], &["123456789", "-100000000"]),
        (
            decimal(38, 0),
            ColumnType::BigInt,
            &[("-9223372036854775808", "-9223372036854775808"), ("7", "7")],
            &["9223372036854775808", "99999999999999999999999", "-9223372036854775809"],
        ),
        (
            decimal(6, 2),
            text(Some(6)),
            &[("-0.5", "-0.50"), ("12", "12.00"), ("999.99", "999.99")],
            &["1234.5", "-100"],
        ),
        (decimal(2, 2), text(None), &[("-0.05", "-0.05"), ("0", "0.00")], &[]),
        (
            ColumnType::BigInt,
            decimal(20, 2),
            &[("-999999999999999999", "-999999999999999999")],
            &["1000000000000000000", "-9223372036854775808"],
        ),
        (ColumnType::BigInt, text(Some(3)), &[("-12", "-12"), ("999", "999")], &["1000", "-100"]),
        (ColumnType::Integer, text(Some(10)), &[("-214748364", "-214748364")], &["-2147483648"]),
        (ColumnType::BigInt, ColumnType::SmallInt, &[("-32768", "-32768")], &["32768"]),
        (ColumnType::Integer, ColumnType::Boolean, &[("0", "false"), ("1", "true")], &["2", "-1"]),
        (ColumnType::Boolean, text(Some(4)), &[("true", "true")], &["false"]),
        (
            text(None),
            decimal(5, 2),
            &[("12", "12"), ("-0.5", "-0.5"), ("+007.10", "7.1"), (".5", "0.5"), ("-0", "0"), ("5.", "5")],
            &["1000", "0.001", "1e2", " 1", "", "-", ".", "1.2.3", "NaN", "--1", "0x1"],
        ),
        (
            text(Some(30)),
            ColumnType::BigInt,
            &[("+0012", "12"), ("-9223372036854775808", "-9223372036854775808")],
            &["9223372036854775808", "1.5", " 1", "a", "1a", ""],
        ),
        (text(None), ColumnType::Boolean, &[("true", "true"), ("FALSE", "false")], &["yes", "1", "", "tru"]),
        (
            text(None),
            ColumnType::Uuid,
            &[(UUID, UUID), ("0190A1B200007000800000000000ABCD", UUID)],
            &["0190a1b2", "0190a1b2-0000-7000-8000-00000000abcg", "0190a1b20000-7000-8000-00000000abcd", ""],
        ),
        (
            text(None),
            ColumnType::Timestamp,
            &[(TIME, TIME), ("2024-02-29 23:59:59.12Z", TIME), ("0001-01-01T00:00:00+00", "0001-01-01T00:00:00+00:00")],
            &[
                "2023-02-29T00:00:00Z",
                "2024-02-29",
                "2024-02-29T24:00:00Z",
                "2024-02-29T23:59:59+01:00",
                "2024-13-01T00:00:00Z",
                "0000-01-01T00:00:00Z",
                "now",
                "",
            ],
        ),
        (text(None), labels(&["OPEN", "SHUT"]), &[("OPEN", "OPEN")], &["open", ""]),
        (labels(&["OPEN", "SHUT"]), labels(&["OPEN", "NEW"]), &[("OPEN", "OPEN")], &["SHUT"]),
        (labels(&["OPEN", "SHUTTER"]), text(Some(4)), &[("OPEN", "OPEN")], &["SHUTTER"]),
        (ColumnType::Uuid, text(Some(36)), &[(UUID, UUID)], &[]),
        (ColumnType::Timestamp, text(None), &[(TIME, TIME)], &[]),
        (ColumnType::Json, text(None), &[("[1]", "[1]")], &[]),
    ];
    for (from, to, fitting, misfits) in cases {
        let place = format!("{} to {}", from.name(), to.name());
        let (before, after) = (table(from), table(to));
        let first =
            generate("first", at, &SchemaSnapshot::default(), 0, std::slice::from_ref(&before), &Renames::default())
                .await
                .unwrap()
                .migration;
        let made = replay(std::slice::from_ref(&first)).await.unwrap();
        let second = generate("second", at, &made, first.version, std::slice::from_ref(&after), &Renames::default())
            .await
            .unwrap();
        assert!(second.losses.is_empty(), "{place}: {:?}", second.losses);
        let warned = second.difference.changes.iter().any(|change| change.may_fail().is_some());
        assert_eq!(warned, !misfits.is_empty(), "{place}: {}", second.difference);
        let all = [first, second.migration];
        let script = all[1].up.for_dialect(db.dialect());
        let migrator = Migrator::new(&db.engine, &all).allow_destructive(true);
        migrator.up(Some(all[0].version), |_| {}).await.unwrap();
        let add = async |text: Option<&str>| {
            let value = text.map_or(Value::Null, |text| value(from, text));
            crud::create(&db.engine, &before, Record::from_iter([("value".to_owned(), value)])).await.unwrap();
        };
        add(None).await;
        for (text, _) in *fitting {
            add(Some(text)).await;
        }
        // Each alone is reported, and all together are counted.
        for misfit in *misfits {
            add(Some(misfit)).await;
            match migrator.up(None, |_| {}).await {
                Err(MigrateError::Misfits { rows: 1, what, .. }) => {
                    assert!(what.starts_with("values of members.value do not fit"), "{what}")
                }
                other => panic!("{place}, {misfit}: {other:?}\n{script}"),
            }
            let last = Sql::new("DELETE FROM members WHERE id = (SELECT max(id) FROM members)");
            crud::execute::<(i64,)>(&db.engine, last).await.unwrap();
        }
        migrator.up(None, |_| {}).await.unwrap_or_else(|error| panic!("{place}: {error}\n{script}"));
        let left = check(&db.engine, &[&after], &[]).await.unwrap();
        assert!(left.is_empty(), "{place}: {left}");
        let expected: Vec<Value> =
            [Value::Null].into_iter().chain(fitting.iter().map(|(_, text)| value(to, text))).collect();
        assert_eq!(values(&db, &after).await, expected, "{place}\n{script}");
        migrator
            .down(all[0].version, |_| {})
            .await
            .unwrap_or_else(|error| panic!("{place}: {error}\n{}", all[1].down.for_dialect(db.dialect())));
        let left = check(&db.engine, &[&before], &[]).await.unwrap();
        assert!(left.is_empty(), "{place}: {left}");
        assert_eq!(values(&db, &before).await.len(), fitting.len() + 1, "{place}");
        migrator.down(0, |_| {}).await.unwrap();
    }
}

#[both_engines]
async fn names_are_made_for_the_rows_that_are_there(db: TestDb) {
    let at = Timestamp::from_micros(0).unwrap();
    let before = table(&text(None));
    let mut after = before.clone();
    for (name, kind, generator) in [
        ("uuid", ColumnType::Uuid, ValueGenerator::UuidV7),
        ("slug", text(Some(40)), ValueGenerator::Slug),
        ("reference", text(Some(40)), ValueGenerator::Reference("IT'S")),
    ] {
        after.columns.push(Column::new(name, kind).default(ColumnDefault::AppGenerated(generator)));
        after.add_unique(&[name]);
    }
    let first =
        generate("first", at, &SchemaSnapshot::default(), 0, std::slice::from_ref(&before), &Renames::default())
            .await
            .unwrap()
            .migration;
    let made = replay(std::slice::from_ref(&first)).await.unwrap();
    let second = generate("second", at, &made, first.version, std::slice::from_ref(&after), &Renames::default())
        .await
        .unwrap()
        .migration;
    let all = [first, second];
    let migrator = Migrator::new(&db.engine, &all).allow_destructive(true);
    migrator.up(Some(all[0].version), |_| {}).await.unwrap();
    for _ in 0..200 {
        crud::create(&db.engine, &before, Record::new()).await.unwrap();
    }
    migrator.up(None, |_| {}).await.unwrap();
    let left = check(&db.engine, &[&after], &[]).await.unwrap();
    assert!(left.is_empty(), "{left}");
    // Each has the form that the program generates.
    for row in crud::list(&db.engine, &after, &Query::new()).await.unwrap() {
        let row = row.into_map();
        let Some(Value::Text(slug)) = row.get("slug") else { panic!("{row:?}") };
        assert!(slug.len() == 20 && slug.as_bytes()[0].is_ascii_lowercase(), "{slug}");
        let Some(Value::Text(reference)) = row.get("reference") else { panic!("{row:?}") };
        assert!(reference.starts_with("IT'S-2") && reference.len() == 30, "{reference}");
    }
    migrator.down(0, |_| {}).await.unwrap();
}

#[both_engines]
async fn what_is_no_value_of_the_other_type_is_lost_and_told(db: TestDb) {
    let at = Timestamp::from_micros(0).unwrap();
    for (from, to) in [
        (ColumnType::Boolean, ColumnType::Timestamp),
        (ColumnType::Uuid, ColumnType::BigInt),
        (labels(&["A", "B"]), labels(&["C"])),
        (ColumnType::Bytes { max: None }, text(None)),
    ] {
        let first = generate("first", at, &SchemaSnapshot::default(), 0, &[table(&from)], &Renames::default())
            .await
            .unwrap()
            .migration;
        let made = replay(std::slice::from_ref(&first)).await.unwrap();
        let second = generate("second", at, &made, first.version, &[table(&to)], &Renames::default()).await.unwrap();
        assert_eq!(second.losses, ["the values of members.value"], "{} to {}", from.name(), to.name());
        let all = [first, second.migration];
        let migrator = Migrator::new(&db.engine, &all).allow_destructive(true);
        migrator.up(None, |_| {}).await.unwrap();
        migrator.down(0, |_| {}).await.unwrap();
    }
}
