//! Tests the tables of the entities: a change appears here, and needs a migration.

use std::fmt::Write;

use mwallet_db::schema::{Access, Column, ColumnDefault, ColumnType, Table};
use mwallet_db::{Entity, Enumeration};
use mwallet_migrate::stored;
use mwallet_models::{
    AppNotice, AssetType, Group, NoticeRecipient, Order, OrderType, Transaction, UserAddress, UserGroup, all_tables,
};
use mwallet_reflect::ReflectOptions;
use mwallet_testkit::{TestDb, both_engines};

#[test]
fn the_tables() {
    let text: Vec<String> = all_tables().into_iter().map(describe).collect();
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn each_table_stands_once_and_after_those_it_refers_to() {
    let names: Vec<&str> = all_tables().iter().map(|table| table.name.as_str()).collect();
    for (position, table) in all_tables().into_iter().enumerate() {
        assert!(!names[..position].contains(&table.name.as_str()), "{} stands twice", table.name);
        for key in &table.foreign_keys {
            assert!(names[..=position].contains(&key.references.as_str()), "{} before {}", table.name, key.references);
        }
    }
}

#[test]
fn every_column_and_table_says_what_it_means() {
    for table in all_tables() {
        assert!(table.comment.is_some(), "{}", table.name);
        for column in &table.columns {
            assert!(column.comment.is_some(), "{}.{}", table.name, column.name);
        }
    }
}

#[test]
fn every_foreign_key_has_an_index() {
    for table in all_tables() {
        for key in &table.foreign_keys {
            let leads = |columns: &[String]| columns.starts_with(&key.columns);
            let indexed = leads(&table.primary_key) || table.indexes.iter().any(|index| leads(&index.columns));
            assert!(indexed, "{}", key.name);
        }
    }
}

#[test]
fn junctions_are_their_two_columns() {
    for (table, columns) in
        [(UserGroup::table(), ["user_id", "group_id"]), (NoticeRecipient::table(), ["notice_id", "user_id"])]
    {
        assert_eq!(table.primary_key, columns);
        assert_eq!(table.columns.len(), 2);
    }
    assert_eq!((UserGroup::TABLE, NoticeRecipient::TABLE), ("user_groups", "notice_recipients"));
    assert_eq!((AppNotice::TABLE, Group::TABLE, Order::TABLE), ("app_notices", "groups", "orders"));
}

#[test]
fn codes_are_those_of_the_original() {
    let codes = |kind: &mwallet_db::schema::EnumType| -> Vec<(String, i64)> {
        kind.labels.iter().map(|label| (label.name.clone(), label.code)).collect()
    };
    let expected = [("OPEN", 0), ("CLOSED", -1), ("SATISFIED", 1), ("PARTIAL", 2)];
    assert_eq!(codes(&OrderType::enum_type()), expected.map(|(name, code)| (name.to_owned(), code)));
    let expected = [("BITCOIN", 2), ("DASH", 3), ("DOGECOIN", 5), ("LITECOIN", 7), ("NAIRA", -1)];
    assert_eq!(codes(&AssetType::enum_type()), expected.map(|(name, code)| (name.to_owned(), code)));
}

#[test]
fn secrets_are_not_answered() {
    let key = UserAddress::table().column("account_key").map(|column| column.access);
    assert_eq!(key, Some(Access::WriteOnly));
}

#[test]
fn a_transaction_is_known_by_its_network_and_identifier() {
    assert!(Transaction::table().is_unique(&["network", "tranx_id"]));
    assert!(!Transaction::table().is_unique(&["tranx_id"]));
}

/// Formats a table as lines of text.
fn describe(table: &Table) -> String {
    let mut text = format!("{} ({})\n", table.name, table.primary_key.join(", "));
    for column in &table.columns {
        let _ = writeln!(text, "  {}", describe_column(column));
    }
    for unique in &table.uniques {
        let _ = writeln!(text, "  unique ({})", unique.columns.join(", "));
    }
    for index in &table.indexes {
        let _ = writeln!(text, "  index ({})", index.columns.join(", "));
    }
    for key in &table.foreign_keys {
        let (own, others) = (key.columns.join(", "), key.referenced_columns.join(", "));
        let _ = writeln!(text, "  ({own}) -> {} ({others}), on delete {:?}", key.references, key.on_delete);
    }
    for check in &table.checks {
        let _ = writeln!(text, "  check {}: {}", check.name, check.expression);
    }
    text
}

fn describe_column(column: &Column) -> String {
    let mut text = format!("{} {}", column.name, column.kind.name());
    if let ColumnType::Enum(kind) = &column.kind {
        let _ = write!(text, " ({})", kind.names());
    }
    if column.nullable {
        text.push_str(" null");
    }
    match &column.default {
        None => {}
        Some(ColumnDefault::Database(_)) => panic!("no entity has such a default"),
        Some(ColumnDefault::Identity) => text.push_str(", identity"),
        Some(ColumnDefault::Constant(value)) => text.extend([", default ".to_owned(), format!("{value:?}")]),
        Some(ColumnDefault::AppGenerated(generator)) => text.extend([", generated ", generator.name()]),
    }
    if let Some(change) = column.on_update {
        let _ = write!(text, ", on update {change:?}");
    }
    if column.access != Access::ReadWrite {
        let _ = write!(text, ", {:?}", column.access);
    }
    let rules = &column.rules;
    for (name, bound) in [("min", &rules.min), ("max", &rules.max)] {
        if let Some(bound) = bound {
            let _ = write!(text, ", {name} {}", bound.value);
        }
    }
    if let Some(length) = rules.min_length {
        let _ = write!(text, ", min length {length}");
    }
    if let Some(pattern) = &rules.pattern {
        let _ = write!(text, ", pattern {pattern}");
    }
    text
}

#[both_engines]
async fn what_a_database_keeps_of_the_tables_is_what_was_declared(db: TestDb) {
    db.engine.create_all(&all_tables()).await.unwrap();
    let mut expected: Vec<Table> = all_tables().into_iter().map(|table| stored(table, db.dialect())).collect();
    expected.sort_by(|a, b| a.name.cmp(&b.name));
    let found = mwallet_reflect::reflect(&db.engine, &ReflectOptions::default()).await.unwrap();
    let found: Vec<Table> = found.tables.iter().map(|table| stored(table, db.dialect())).collect();
    for (found, expected) in found.iter().zip(&expected) {
        for (found, expected) in found.columns.iter().zip(&expected.columns) {
            assert_eq!(found, expected);
        }
        assert_eq!(found, expected);
    }
    assert_eq!(found.len(), expected.len());
}
