//! Tests the TypeScript types for tables with every kind of column.

use std::sync::Arc;

use super::*;
use mwallet_schema::{ColumnDefault, EnumLabel, EnumType, ReferentialAction, TableKind, Updatability};

fn native(name: &str, transfer: Transfer) -> ColumnType {
    ColumnType::Native(Arc::new(NativeType { name: name.into(), comparison_type: None, transfer }))
}

/// Returns tables with a column of every kind. A test of the clients uses them too.
fn tables() -> Vec<Table> {
    let mut labels = EnumType { name: "State".into(), labels: Vec::new() };
    for (code, name) in ["OPEN", "it's \"closed\""].iter().enumerate() {
        labels.labels.push(EnumLabel::new(*name, code as i64));
    }
    let mut parents = Table { comment: Some("Who is\nreferred to. */".into()), ..Table::new("parents") };
    parents.columns.push(Column::new("id", ColumnType::BigInt).default(ColumnDefault::Identity));
    parents.columns.push(Column::new("other id", ColumnType::Uuid));
    parents.primary_key.push("id".into());

    let mut all = Table::new("all");
    let kinds = [
        ("amount", ColumnType::Decimal { precision: 38, scale: 18 }),
        ("at", ColumnType::Timestamp),
        ("state", ColumnType::Enum(Arc::new(labels))),
        ("document", ColumnType::Json),
        ("flag", ColumnType::Boolean),
        ("bytes", ColumnType::Bytes { max: None }),
        ("price", native("numeric(10,2)", Transfer::Number { digits: Some((10, 2)) })),
        ("address", native("inet", Transfer::TextRepr)),
        ("tags", native("text[]", Transfer::Json)),
        ("grid", native("point[]", Transfer::Json)),
        ("ratio", native("double precision", Transfer::Json)),
        ("local", native("timestamp(3) without time zone", Transfer::Json)),
        ("stored", native("BOOLEAN", Transfer::SqliteDynamic(DeclaredType::Boolean))),
        ("day", native("DATE", Transfer::SqliteDynamic(DeclaredType::Time))),
        ("thing", native("", Transfer::SqliteDynamic(DeclaredType::Any))),
    ];
    all.columns.extend(kinds.into_iter().map(|(name, kind)| Column::new(name, kind)));
    let mut mood = Column::new("mood", native("mood", Transfer::TextRepr)).nullable();
    mood.rules.one_of = vec!["sad".into(), "ok".into()];
    mood.comment = Some("How it is".into());
    all.columns.push(mood);
    all.columns.push(Column::new("secret", ColumnType::Text { max: None }).access(Access::WriteOnly));
    all.columns.push(Column::new("made", ColumnType::Integer).access(Access::ReadOnly));
    all.columns.push(Column::new("parent id", ColumnType::BigInt).nullable());
    all.add_unique(&["parent id"]);
    all.add_foreign_key(&["parent id"], "parents", &["id"], ReferentialAction::Cascade);

    let mut view = Table { kind: TableKind::View, writes: Updatability::NONE, ..Table::new("naïve view") };
    view.columns.push(Column::new("id", ColumnType::BigInt).nullable());
    vec![parents, all, view]
}

#[test]
fn every_kind_of_column_has_its_type() {
    let tables = tables();
    insta::assert_snapshot!(database(&tables.iter().collect::<Vec<_>>()));
}

#[test]
fn schemas_stand_apart_and_none_is_an_empty_one() {
    let mut sales = Table { schema: Some("Sales 2".into()), ..Table::new("t") };
    sales.columns.push(Column::new("a", ColumnType::Integer));
    let source = database(&[&sales]);
    assert!(source.contains("  \"Sales 2\": {\n    Tables: {\n      t: {"), "{source}");
    assert!(database(&[]).contains("public: {\n    Tables: { [_ in never]: never }"));
}

#[test]
fn what_the_compiler_would_obey_is_no_comment_of_one_line() {
    let table = |comment: &str| Table { comment: Some(comment.into()), ..Table::new("t") };
    let source = database(&[&table("@ts-ignore")]);
    assert!(source.contains("* @ts-ignore\n") && !source.contains("/** @ts-ignore */"), "{source}");
}

#[test]
fn what_is_not_known_is_not_promised() {
    let mut elsewhere = Table { schema: Some("auth".into()), ..Table::new("users") };
    elsewhere.columns.push(Column::new("id", ColumnType::BigInt));
    let mut table = Table { schema: Some("public".into()), writes: Updatability::NONE, ..Table::new("t") };
    for (name, kind) in [("pair", "character_stats"), ("at", "timestamp(3) with time zone"), ("labels", "interval[]")] {
        table.columns.push(Column::new(name, native(kind, Transfer::Json)));
    }
    table.columns.push(Column::new("state", ColumnType::Enum(Arc::new(EnumType { name: "S".into(), labels: vec![] }))));
    table.add_foreign_key(&["pair"], "users", &["id"], ReferentialAction::NoAction);
    let source = database(&[&table, &elsewhere]);
    for line in
        ["pair: Json", "at: string", "labels: (string | null)[]", "state: never", "Insert: never", "Update: never"]
    {
        assert!(source.contains(line), "{line} is not in {source}");
    }
    assert!(!source.contains("referencedRelation"), "{source}");
}

#[test]
fn names_cannot_break_out() {
    for name in ["a\"b", "a\nb", "a\\", "\u{2028}", "1a", ""] {
        let key = key(name);
        assert!(
            key.starts_with('"') && key.ends_with('"') && !key.contains('\n') && !key.contains('\u{2028}'),
            "{key}"
        );
    }
    assert_eq!(key("a_1$"), "a_1$");
}

#[test]
fn names_and_comments_do_nothing_that_is_not_seen() {
    let odd = "a */\n*/ export const forged = 1 \r\u{2028}\u{202e}\u{1b}\u{85}";
    let mut table = Table { comment: Some(odd.into()), ..Table::new(odd) };
    table.columns.push(Column::new(odd, ColumnType::Text { max: None }));
    table.columns[0].comment = Some(odd.into());
    let text = database(&[&table]);
    assert!(!text.contains(|c| c != '\n' && is_hidden(c)), "{text:?}");
    assert_eq!(text.matches("*\\/ export const forged").count(), 2, "{text}");
    assert!(!text.contains("\n*/ export"), "{text}");
}
