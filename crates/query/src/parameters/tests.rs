//! Tests what texts parse to.

use super::*;
use crate::{Comparison, Direction, Is, Matcher, Nulls, Operation, Quantifier, SearchForm, SelectValue, SetRelation};

mod embeds;
mod properties;
mod values;

const COLUMNS: [&str; 7] = ["id", "memo", "order", "a.b", "x,y", "\"q\"", " s p "];

fn is_column(name: &str) -> bool {
    COLUMNS.contains(&name)
}

fn parse(parameters: &[(&str, &str)]) -> Result<Parameters, ParseError> {
    Parameters::parse(parameters.iter().copied(), &is_column)
}

fn filter(name: &str, value: &str) -> Filter {
    parse(&[(name, value)]).unwrap().filters.remove(0)
}

fn eq(column: &str, value: &str) -> Filter {
    Filter::compare(column, Comparison::Eq, value)
}

fn condition(column: &str, operation: Operation) -> Filter {
    Filter::Field { field: column.into(), negated: false, operation }
}

fn is_in(column: &str, values: &[&str]) -> Filter {
    condition(column, Operation::In(values.iter().map(|value| (*value).into()).collect()))
}

fn eq_any(column: &str, values: &[Option<&str>]) -> Filter {
    let values = values.iter().map(|value| value.map(Into::into)).collect();
    let matcher = Matcher::Compare(Comparison::Eq);
    condition(column, Operation::MatchMany { matcher, quantifier: Quantifier::Any, values })
}

fn group(junction: Junction, filters: Vec<Filter>) -> Filter {
    Filter::Group { junction, negated: false, filters }
}

fn is_null(column: &str) -> Filter {
    condition(column, Operation::Is(Is::Null))
}

#[test]
fn sets_ranges_and_searches_have_operators() {
    let relate = |relation, value: &str| Operation::Relate { relation, value: value.into() };
    assert_eq!(filter("memo", "cs.{1,2}"), condition("memo", relate(SetRelation::Contains, "{1,2}")));
    assert_eq!(filter("memo", "adj.[1,2)"), condition("memo", relate(SetRelation::AdjacentTo, "[1,2)")));
    let search = |language: Option<&str>| Operation::Search {
        form: SearchForm::Web,
        language: language.map(Into::into),
        value: "fat -cat".into(),
    };
    assert_eq!(filter("memo", "wfts.fat -cat"), condition("memo", search(None)));
    assert_eq!(filter("memo", "wfts(english).fat -cat"), condition("memo", search(Some("english"))));
    assert_eq!(filter("memo", "not.wfts(\"a)b\").fat -cat"), condition("memo", search(Some("a)b"))).negate());
    let group = filter("or", "(memo.ov.{a,b},memo.fts(x).\"a,b\")");
    let members = vec![
        condition("memo", relate(SetRelation::Overlaps, "{a,b}")),
        condition(
            "memo",
            Operation::Search { form: SearchForm::Query, language: Some("x".into()), value: "a,b".into() },
        ),
    ];
    assert_eq!(group, Filter::Group { junction: Junction::Or, negated: false, filters: members });
    assert!(parse(&[("memo", "cs(any).{a}")]).is_err() && parse(&[("memo", "fts(.a")]).is_err());
}

#[test]
fn a_value_is_all_that_follows_the_operator() {
    assert_eq!(filter("memo", "eq."), eq("memo", ""));
    assert_eq!(filter("memo", "eq.a.b,c)\"d"), eq("memo", "a.b,c)\"d"));
    assert_eq!(filter("memo", "not.eq.eq.5"), eq("memo", "eq.5").negate());
    assert_eq!(filter("memo", "in.(a,\"b,\\\"c\\\\\",)"), is_in("memo", &["a", "b,\"c\\", ""]));
    assert_eq!(filter("memo", "is.NULL"), is_null("memo"));
    assert_eq!(filter("memo", "is.not_null"), is_null("memo").negate());
    assert_eq!(filter("memo", "not.is.not_null"), is_null("memo"));
    assert_eq!(filter("memo", "is.unknown"), condition("memo", Operation::Is(Is::Unknown)));
    let pattern = Operation::Match { matcher: Matcher::Like, value: "*a%".into() };
    assert_eq!(filter("memo", "like.*a%"), condition("memo", pattern));
}

#[test]
fn groups_nest() {
    let inner = group(Junction::Or, vec![eq("id", "2"), is_null("memo").negate()]).negate();
    assert_eq!(
        filter("or", "(memo.eq.\"a,b)\",and(id.eq.1,not.or(id.eq.2,memo.not.is.null)))"),
        group(Junction::Or, vec![eq("memo", "a,b)"), group(Junction::And, vec![eq("id", "1"), inner])])
    );
    // A column whose name starts like a keyword.
    let odd = vec![eq("order", "1"), eq("a.b", "2")];
    assert_eq!(filter("and", "(order.eq.1,\"a.b\".eq.2)"), group(Junction::And, odd));
    let deep = format!("{}id.eq.1{}", "(and".repeat(100_000), ")".repeat(100_000));
    assert_eq!(parse(&[("and", &deep)]), Err(ParseError::TooDeep));
}

#[test]
fn spaces_around_names_brackets_and_commas_are_skipped() {
    // Spaces in a value belong to it.
    let inner = group(Junction::And, vec![eq("id", "1 "), eq("id", "2 ")]);
    assert_eq!(
        filter("or", " ( memo.eq.a, and( id.eq.1 , id .eq.2 ) , id.in.( a, b) ) "),
        group(Junction::Or, vec![eq("memo", "a"), inner, is_in("id", &["a", " b"])])
    );
    let parse = |name: &str, value: &str| parse(&[(name, value)]);
    assert_eq!(parse("select", " id , n : memo, \"x,y\" "), parse("select", "id,n:memo,\"x,y\""));
    assert_eq!(parse("order", " id.desc , memo, a.b.nullsfirst "), parse("order", "id.desc,memo,a.b.nullsfirst"));
    assert_eq!(parse("columns", "id, memo ,\"x,y\" "), parse("columns", "id,memo,\"x,y\""));
    assert!(parse("select", ",id").is_err());
}

#[test]
fn a_keyword_is_a_column_if_its_value_is_a_condition() {
    assert_eq!(filter("order", "eq.5"), eq("order", "5"));
    assert_eq!(filter("order", "not.in.(5)"), is_in("order", &["5"]).negate());
    assert_eq!(filter("order", "eq(any).{5}"), eq_any("order", &[Some("5")]));
    assert_eq!(filter("\"order\"", "eq.5"), eq("order", "5"));
    assert_eq!(filter("and", "(order.eq.1)"), group(Junction::And, vec![eq("order", "1")]));
    for order in ["order", "order.desc", "id,order", "eq", "\"eq\".desc", "not.desc"] {
        assert!(!parse(&[("order", order)]).unwrap().order.is_empty(), "{order}");
    }
    // Clients that filter and order send both.
    let both = parse(&[("order", "order.asc"), ("order", "gt.1"), ("limit", "1")]).unwrap();
    assert_eq!((both.order.len(), both.filters.len(), both.limit), (1, 1, Some(1)));
    // An operator that is also a column is taken as the column.
    let has_operator = |name: &str| is_column(name) || name == "eq";
    let parsed = Parameters::parse([("order", "eq.desc")], &has_operator).unwrap();
    assert_eq!((parsed.order[0].field.column.as_str(), parsed.filters.len()), ("eq", 0));
    // Without a column of that name, it stays a keyword.
    assert!(Parameters::parse([("order", "eq.5.6")], &|name| name == "id").is_err());
}

#[test]
fn quotes_are_those_of_postgrest() {
    for (value, expected) in [
        ("in.(\")", &["\""][..]),
        ("in.(\"Weird\" Al)", &["\"Weird\" Al"]),
        ("in.(\"a,b\",c\"d\")", &["a,b", "c\"d\""]),
        ("in.(\"a\\\"b\")", &["a\"b"]),
    ] {
        assert_eq!(filter("memo", value), is_in("memo", expected), "{value}");
    }
    let last = group(Junction::And, vec![eq("id", "1")]);
    assert_eq!(
        filter("or", "(memo.eq.{a,b},memo.eq.\"x\"y,and (id.eq.1))"),
        group(Junction::Or, vec![eq("memo", "{a,b}"), eq("memo", "\"x\"y"), last])
    );
    assert_eq!(filter("\"a.b\"", "eq.x"), eq("a.b", "x"));
    assert_eq!(filter("memo", "eq(any).{abc, null ,\"null\"}"), eq_any("memo", &[Some("abc"), None, Some("null")]));
    assert_eq!(parse(&[("select", "")]), Ok(Parameters::default()));
}

#[test]
fn names_of_columns_need_no_quotes() {
    assert_eq!(filter("a.b", "eq.5"), eq("a.b", "5"));
    assert_eq!(parse(&[("colour", "red")]), Err(ParseError::UnknownColumn { name: "colour".into() }));
}

#[test]
fn orders_and_columns_have_odd_names() {
    let order = |text: &str| parse(&[("order", text)]).map(|parsed| parsed.order);
    let one = |column: &str, direction, nulls| Order { relation: None, field: column.into(), direction, nulls };
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

    let select = |text: &str| parse(&[("select", text)]).map(|parsed| parsed.select);
    let column = |name: &str, alias: Option<&str>| {
        SelectItem::Value(SelectValue { alias: alias.map(Into::into), ..SelectValue::field(name) })
    };
    assert_eq!(
        select("a.b,n:\"x,y\",\"s p\":id"),
        Ok(vec![column("a.b", None), column("x,y", Some("n")), column("id", Some("s p"))])
    );
    assert_eq!(select("*,id"), Ok(vec![SelectItem::Star, column("id", None)]));
}

#[test]
fn lists_have_limits() {
    let too_many = |name: &str, value: String| matches!(parse(&[(name, &value)]), Err(ParseError::TooMany { .. }));
    assert!(too_many("order", "id,".repeat(64) + "id") && !too_many("order", "id,".repeat(63) + "id"));
    assert!(too_many("on_conflict", "id,".repeat(64) + "id"));
    assert!(too_many("id", format!("in.({}1)", "1,".repeat(10_000))));
    assert!(too_many("id", format!("eq(any).{{{}1}}", "1,".repeat(10_000))));
    let filters = vec![("id", "eq.1"); 1_025];
    assert!(parse(&filters[1..]).is_ok() && parse(&filters).is_err());
}
