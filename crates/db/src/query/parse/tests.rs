//! What texts read as, and that none of them makes the reader stop.

use mwallet_schema::{Access, Column, ColumnType, Value};
use proptest::prelude::*;

use super::*;
use crate::query::{Comparison, Direction, Fields, Is, Nulls, Operand, Order, Selected};

fn table() -> Table {
    let mut table = Table::new("odd");
    for name in ["id", "memo", "order", "a.b", "x,y"] {
        table.columns.push(Column::new(name, ColumnType::Text { max: None }));
    }
    table.columns.push(Column::new("secret", ColumnType::Text { max: None }).access(Access::WriteOnly));
    table
}

fn read(parameters: &[(&str, &str)]) -> Result<Parameters, PlanError> {
    Parameters::read(parameters.iter().copied(), &table())
}

fn filter(name: &str, value: &str) -> Filter {
    read(&[(name, value)]).unwrap().query.filter.unwrap()
}

fn eq(column: &str, value: &str) -> Filter {
    Filter::compare(column, Comparison::Eq, Operand::Text(value.into()))
}

#[test]
fn a_value_is_all_that_stands_behind_the_operator() {
    assert_eq!(filter("memo", "eq."), eq("memo", ""));
    assert_eq!(filter("memo", "eq.a.b,c)\"d"), eq("memo", "a.b,c)\"d"));
    assert_eq!(filter("memo", "not.eq.eq.5"), !eq("memo", "eq.5"));
    assert_eq!(
        filter("memo", "in.(a,\"b,\\\"c\\\\\",)"),
        Filter::In {
            column: "memo".into(),
            values: ["a", "b,\"c\\", ""].map(|text| Operand::Text(text.into())).into(),
        }
    );
    assert_eq!(filter("memo", "is.NULL"), Filter::is_null("memo"));
    assert_eq!(filter("memo", "is.unknown"), Filter::Is { column: "memo".into(), is: Is::Unknown });
    assert_eq!(filter("memo", "like.*a%"), Filter::like("memo", "%a%"));
}

#[test]
fn brackets_nest() {
    assert_eq!(
        filter("or", "(memo.eq.\"a,b)\",and(id.eq.1,not.or(id.eq.2,memo.not.is.null)))"),
        Filter::Or(vec![
            eq("memo", "a,b)"),
            Filter::And(vec![eq("id", "1"), !Filter::Or(vec![eq("id", "2"), !Filter::is_null("memo")])]),
        ])
    );
    // A column that begins as a word of the language.
    assert_eq!(filter("and", "(order.eq.1,\"a.b\".eq.2)"), Filter::And(vec![eq("order", "1"), eq("a.b", "2")]));
    let deep = format!("{}id.eq.1{}", "(and".repeat(100_000), ")".repeat(100_000));
    assert_eq!(read(&[("and", &deep)]), Err(PlanError::TooComplex));
}

#[test]
fn spaces_around_names_brackets_and_commas_do_not_count() {
    assert_eq!(
        filter("or", " ( memo.eq.a, and( id.eq.1 , id .eq.2 ) , id.in.( a, b) ) "),
        Filter::Or(vec![
            eq("memo", "a"),
            // Those of a value are its own.
            Filter::And(vec![eq("id", "1 "), eq("id", "2 ")]),
            Filter::In { column: "id".into(), values: ["a", " b"].map(|text| Operand::Text(text.into())).into() },
        ])
    );
    let read = |name: &str, value: &str| read(&[(name, value)]);
    assert_eq!(read("select", " id , n : memo, \"x,y\" "), read("select", "id,n:memo,\"x,y\""));
    assert_eq!(read("order", " id.desc , memo, a.b.nullsfirst "), read("order", "id.desc,memo,a.b.nullsfirst"));
    assert_eq!(read("columns", "id, memo ,\"x,y\" "), read("columns", "id,memo,\"x,y\""));
    assert!(read("select", ",id").is_err());
}

#[test]
fn a_word_is_a_column_where_its_value_is_an_operation() {
    assert_eq!(filter("order", "eq.5"), eq("order", "5"));
    assert_eq!(
        filter("order", "not.in.(5)"),
        !Filter::In { column: "order".into(), values: vec![Operand::Text("5".into())] }
    );
    assert_eq!(filter("order", "eq(any).{5}"), Filter::Or(vec![eq("order", "5")]));
    assert_eq!(filter("\"order\"", "eq.5"), eq("order", "5"));
    assert_eq!(filter("and", "(order.eq.1)"), Filter::And(vec![eq("order", "1")]));
    let orders = |value: &str| read(&[("order", value)]).unwrap().query.order;
    for order in ["order", "order.desc", "id,order", "eq", "\"eq\".desc", "not.desc"] {
        assert!(!orders(order).is_empty(), "{order}");
    }
    // Both, as clients send them that filter and order.
    let both = read(&[("order", "order.asc"), ("order", "gt.1"), ("limit", "1")]).unwrap().query;
    assert_eq!((both.order.len(), both.filter.is_some(), both.limit), (1, true, Some(1)));
    // An operator that is a column is one.
    let mut table = table();
    table.columns.push(Column::new("eq", ColumnType::Text { max: None }));
    let read = Parameters::read([("order", "eq.desc")], &table).unwrap().query;
    assert_eq!((read.order[0].column.as_str(), read.filter), ("eq", None));
    // Where the table has no such column, a word is nothing else.
    table.columns.retain(|column| column.name != "order" && column.name != "eq");
    assert!(Parameters::read([("order", "eq.5.6")], &table).is_err());
}

#[test]
fn quotes_are_those_of_postgrest() {
    let texts = |texts: &[&str]| texts.iter().map(|text| Operand::Text((*text).into())).collect::<Vec<_>>();
    for (value, expected) in [
        ("in.(\")", &["\""][..]),
        ("in.(\"Weird\" Al)", &["\"Weird\" Al"]),
        ("in.(\"a,b\",c\"d\")", &["a,b", "c\"d\""]),
        ("in.(\"a\\\"b\")", &["a\"b"]),
    ] {
        assert_eq!(filter("memo", value), Filter::In { column: "memo".into(), values: texts(expected) }, "{value}");
    }
    assert_eq!(
        filter("or", "(memo.eq.{a,b},memo.eq.\"x\"y,and (id.eq.1))"),
        Filter::Or(vec![eq("memo", "{a,b}"), eq("memo", "\"x\"y"), Filter::And(vec![eq("id", "1")])])
    );
    assert_eq!(filter("\"a.b\"", "eq.x"), eq("a.b", "x"));
    let null = Filter::compare("memo", Comparison::Eq, Operand::Value(Value::Null));
    assert_eq!(
        filter("memo", "eq(any).{abc, null ,\"null\"}"),
        Filter::Or(vec![eq("memo", "abc"), null, eq("memo", "null")])
    );
    assert_eq!(read(&[("select", "")]).unwrap().query.fields, Fields::All);
}

#[test]
fn names_of_columns_need_no_quotes() {
    assert_eq!(filter("a.b", "eq.5"), eq("a.b", "5"));
    let unknown = |name: &str| PlanError::UnknownColumn { table: "odd".into(), column: name.into() };
    assert_eq!(read(&[("colour", "red")]), Err(unknown("colour")));
    assert_eq!(read(&[("secret", "eq.x")]), Err(unknown("secret")));
}

#[test]
fn orders_and_columns_have_odd_names() {
    let order = |text: &str| read(&[("order", text)]).map(|read| read.query.order);
    let one = |column: &str, direction, nulls| Order { column: column.into(), direction, nulls };
    assert_eq!(
        order("id,a.b.desc.nullslast,\"x,y\".nullsfirst"),
        Ok(vec![
            one("id", Direction::Ascending, None),
            one("a.b", Direction::Descending, Some(Nulls::Last)),
            one("x,y", Direction::Ascending, Some(Nulls::First)),
        ])
    );
    assert!(order("id.nullsfirst.desc").is_err());
    assert!(order("id.desc.desc").is_err());

    let select = |text: &str| read(&[("select", text)]).map(|read| read.query.fields);
    let selected = |pairs: &[(&str, &str)]| {
        let one = |(name, column): &(&str, &str)| Selected { name: (*name).into(), column: (*column).into() };
        Ok(Fields::Select(pairs.iter().map(one).collect()))
    };
    assert_eq!(select("a.b,n:\"x,y\",\"s p\":id"), selected(&[("a.b", "a.b"), ("n", "x,y"), ("s p", "id")]));
    assert_eq!(select("*"), Ok(Fields::All));
    assert_eq!(select("*,id").map(|fields| matches!(fields, Fields::Select(all) if all.len() == 5)), Ok(true));
}

proptest! {
    #[test]
    fn no_text_stops_the_reader(name in "(select|order|or|and|memo|columns|limit)", value in ".{0,40}") {
        let _ = read(&[(&name, &value)]);
    }

    #[test]
    fn texts_that_look_right_do_not_either(
        name in "(select|order|or|and|memo)",
        value in "[a-z.,()\"\\\\:*{}]{0,30}|\\((memo|id|not\\.and|or)[.(](eq|in|is|not)[.,()\"a]{0,10}\\)?",
    ) {
        let _ = read(&[(&name, &value)]);
    }

    #[test]
    fn a_quoted_text_reads_as_itself(text in ".{0,20}") {
        let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
        prop_assert_eq!(filter("or", &format!("(memo.eq.\"{quoted}\")")), Filter::Or(vec![eq("memo", &text)]));
    }
}
