//! Tests related rows and their parameters.

use super::*;
use crate::{Embed, Join};

fn embed(relation: &str, select: Vec<SelectItem>) -> Embed {
    let (filters, order, limit, offset) = Default::default();
    let relation = relation.into();
    Embed { relation, alias: None, hint: None, join: None, is_spread: false, select, filters, order, limit, offset }
}

fn column(name: &str) -> SelectItem {
    SelectItem::Value(SelectValue::field(name))
}

fn select(text: &str) -> Result<Vec<SelectItem>, ParseError> {
    parse(&[("select", text)]).map(|parsed| parsed.select)
}

/// Returns the embed of a request that has only one.
fn the_embed(parameters: &[(&str, &str)]) -> Result<Embed, ParseError> {
    match parse(parameters)?.select.remove(0) {
        SelectItem::Embed(embed) => Ok(embed),
        item => panic!("{item:?}"),
    }
}

/// Returns the columns and relations of orders.
fn ordered(orders: &[Order]) -> Vec<(Option<&str>, &str)> {
    orders.iter().map(|order| (order.relation.as_deref(), order.field.column.as_str())).collect()
}

fn syntax(parameter: &str, message: &str, hint: impl Into<Option<&'static str>>) -> ParseError {
    ParseError::Syntax { parameter: parameter.into(), message: message.into(), hint: hint.into() }
}

fn not_embedded(name: &str) -> ParseError {
    ParseError::NotEmbedded { name: name.into() }
}

const HINT: &str = "write select=alias:table!hint!inner(column,other)";
const ORDER_HINT: &str = "write order=table(column).desc, with one column in the parentheses";

#[test]
fn an_item_with_parentheses_is_an_embed() {
    let films = Embed { is_spread: true, ..embed("films", vec![SelectItem::Star]) };
    let directors = Embed {
        alias: Some("director".into()),
        hint: Some("fk_hint".into()),
        join: Some(Join::Inner),
        ..embed("directors", vec![column("last_name"), SelectItem::Embed(films)])
    };
    let actors = Embed { is_spread: true, join: Some(Join::Left), ..embed("actors", vec![column("first_name")]) };
    let roles = embed("roles", vec![]);
    assert_eq!(
        select("id,director:directors!fk_hint!inner(last_name,...films(*)),...actors!left(first_name),roles()"),
        Ok(vec![column("id"), SelectItem::Embed(directors), SelectItem::Embed(actors), SelectItem::Embed(roles)])
    );
    assert_eq!(
        select(" d : directors ! fk ! inner ( id , films( ) ) , id "),
        select("d:directors!fk!inner(id,films()),id")
    );
    // `x,y` is a column of the table, but not of an embed.
    assert_eq!(select("roles(x,y)"), Ok(vec![SelectItem::Embed(embed("roles", vec![column("x"), column("y")]))]));
}

#[test]
fn the_join_is_before_or_after_the_hint() {
    let options = |text: &str| the_embed(&[("select", text)]).map(|embed| (embed.hint, embed.join));
    let fk = || Some("fk".to_owned());
    assert_eq!(options("roles!fk(*)"), Ok((fk(), None)));
    assert_eq!(options("roles!left(*)"), Ok((None, Some(Join::Left))));
    assert_eq!(options("roles!inner!fk(*)"), Ok((fk(), Some(Join::Inner))));
    assert_eq!(options("roles!fk!inner(*)"), Ok((fk(), Some(Join::Inner))));
    assert_eq!(options("roles!leftover(*)"), Ok((Some("leftover".into()), None)));
    assert_eq!(options("roles!\"inner\"!\"a,b\"(*)"), Err(two_hints(14)));
    assert_eq!(options("roles!\"inner\"!left(*)"), Ok((Some("inner".into()), Some(Join::Left))));
}

fn two_hints(position: usize) -> ParseError {
    let message = format!("expected only one hint, at character {position}, where '!' is");
    syntax("select", &message, HINT)
}

#[test]
fn names_of_embeds_may_be_quoted() {
    let odd = Embed { alias: Some("a.b".into()), ..embed("x,y", vec![column("p->q"), column("count")]) };
    assert_eq!(the_embed(&[("select", "\"a.b\":\"x,y\"(\"p->q\",count)")]), Ok(odd));
    assert_eq!(the_embed(&[("select", "\"count\"()")]), Ok(embed("count", vec![])));
    // A column of the table that looks like an embed is a column.
    let parsed = Parameters::parse([("select", "roles(*)")], &|name| name == "roles(*)").unwrap();
    assert_eq!(parsed.select, [column("roles(*)")]);
}

#[test]
fn malformed_embeds_are_errors() {
    let spread = "a spread has no alias, since its columns become the row's";
    let spread_hint = "write select=...table(alias:column)";
    for (text, message, hint) in [
        ("roles!a!b(*)", "expected only one hint, at character 8, where '!' is", Some(HINT)),
        ("roles!inner!left(*)", "expected only one of !inner and !left, at character 12, where '!' is", Some(HINT)),
        ("roles!(*)", "expected inner, left or a hint at character 7, where '(' is", Some(HINT)),
        ("roles!fk", "expected ( at the end", Some(HINT)),
        ("roles!fk,id", "expected ( at character 9, where ',' is", Some(HINT)),
        ("...roles", "expected ( at the end", Some(HINT)),
        ("(id)", "expected a table at character 1, where '(' is", Some(HINT)),
        ("roles(id", "expected a comma or ) at the end", None),
        ("roles(id,)", "expected a column at character 10, where ')' is", None),
        ("roles(id))", "expected , at character 10, where ')' is", None),
        ("roles(id)films(*)", "expected , at character 10, where 'f' is", None),
        ("a:...roles(id)", spread, Some(spread_hint)),
        ("...a:roles(id)", spread, Some(spread_hint)),
        (":roles(id)", "expected a name at character 1, where ':' is", None),
        ("roles(*),roles(id)", "two embeds are named roles", Some("name one of them: select=other:table(*)")),
        ("roles:a(*),...roles(id)", "two embeds are named roles", Some("name one of them: select=other:table(*)")),
        ("a(b(*),b(*))", "two embeds are named b", Some("name one of them: select=other:table(*)")),
    ] {
        assert_eq!(select(text), Err(syntax("select", message, hint)), "{text}");
    }
    assert!(select("roles(*),other:roles(*),a(roles(*))").is_ok());
}

#[test]
fn embeds_have_limits() {
    let nested = |depth: usize| format!("{}id{}", "a(".repeat(depth), ")".repeat(depth));
    assert!(select(&nested(32)).is_ok());
    assert_eq!(select(&nested(33)), Err(ParseError::TooDeep));
    assert_eq!(select(&nested(100_000)), Err(ParseError::TooDeep));
    let items = |count: usize| format!("a({}id)", "id,".repeat(count - 2));
    assert!(select(&items(10_000)).is_ok());
    let too_many = ParseError::TooMany { parameter: "select".into(), items: "items", limit: 10_000 };
    assert_eq!(select(&items(10_001)), Err(too_many));
    let path = "a.".repeat(100_000) + "id";
    assert_eq!(parse(&[("select", "a(*)"), (&path, "eq.1")]), Err(not_embedded("a.a")));
    assert!(the_embed(&[("select", "a(*)"), ("a.order", &"id,".repeat(64))]).is_err());
}

#[test]
fn parameters_belong_to_the_embed_that_they_name() {
    // `select` may be anywhere.
    let directors = the_embed(&[
        ("d.last_name", "eq.Varda"),
        ("d.order", "last_name.desc,films(title)"),
        ("select", "d:directors(films(*),...roles(*))"),
        ("d.limit", "5"),
        ("d.skip", "2"),
        ("d.or", "(id.eq.1,films.is.null)"),
        ("d.not.and", "(id.eq.2)"),
        ("d.films", "not.is.null"),
        ("d.films.order", "title"),
        ("d.films.offset", "7"),
        ("d.roles.name", "eq.x"),
    ])
    .unwrap();
    let or = group(Junction::Or, vec![eq("id", "1"), is_null("films")]);
    let and = group(Junction::And, vec![eq("id", "2")]).negate();
    assert_eq!(directors.filters, [eq("last_name", "Varda"), or, and, is_null("films").negate()]);
    assert_eq!(ordered(&directors.order), [(None, "last_name"), (Some("films"), "title")]);
    assert_eq!((directors.limit, directors.offset), (Some(5), Some(2)));
    let [SelectItem::Embed(films), SelectItem::Embed(roles)] = &directors.select[..] else { panic!("{directors:?}") };
    assert_eq!((ordered(&films.order), films.offset), (vec![(None, "title")], Some(7)));
    assert_eq!(roles.filters, [eq("name", "x")]);
}

#[test]
fn columns_of_an_embed_are_all_that_are_no_keywords() {
    let filters = |name: &str, value: &str| the_embed(&[("select", "d(*)"), (name, value)]).map(|embed| embed.filters);
    assert_eq!(filters("d.anything", "eq.x"), Ok(vec![eq("anything", "x")]));
    assert_eq!(filters("d.\"a.b\"", "eq.x"), Ok(vec![eq("a.b", "x")]));
    assert_eq!(filters("\"d\".\"order\"", "eq.x"), Ok(vec![eq("order", "x")]));
    assert_eq!(filters("d.order", "eq.x"), Ok(vec![eq("order", "x")]));
    assert_eq!(filters("d.limit", "gt.5"), Ok(vec![Filter::compare("limit", Comparison::Gt, "5")]));
    // These are keywords of the whole request only.
    for keyword in ["select", "columns", "on_conflict"] {
        assert_eq!(filters(&format!("d.{keyword}"), "eq.x"), Ok(vec![eq(keyword, "x")]));
    }
    let order = |value: &str| the_embed(&[("select", "d(*)"), ("d.order", value)]).map(|embed| embed.order);
    assert_eq!(ordered(&order("\"eq\".desc").unwrap()), [(None, "eq")]);
    assert_eq!(ordered(&order("\"a.b\".desc").unwrap()), [(None, "a.b")]);
}

#[test]
fn a_column_of_the_table_comes_before_an_embed() {
    let parsed = parse(&[("select", "a(*)"), ("a.b", "eq.1"), ("a.c", "eq.2"), ("\"a\".b", "eq.3")]).unwrap();
    assert_eq!(parsed.filters, [eq("a.b", "1")]);
    let [SelectItem::Embed(a)] = &parsed.select[..] else { panic!("{parsed:?}") };
    assert_eq!(a.filters, [eq("c", "2"), eq("b", "3")]);
}

#[test]
fn an_embed_is_filtered_by_its_name() {
    let parsed = parse(&[
        ("directors", "is.null"),
        ("order", "not.is.null"),
        ("\"x.y\"", "is.null"),
        ("or", "(directors.not.is.null,memo.eq.x)"),
        ("select", "directors(),order:orders(),\"x.y\":z()"),
    ])
    .unwrap();
    let or = group(Junction::Or, vec![is_null("directors").negate(), eq("memo", "x")]);
    assert_eq!(parsed.filters, [is_null("directors"), is_null("order").negate(), is_null("x.y"), or]);
    // The alias replaces the name.
    let unknown = ParseError::UnknownColumn { name: "orders".into() };
    assert_eq!(parse(&[("orders", "is.null"), ("select", "order:orders()")]), Err(unknown));
}

#[test]
fn rows_are_ordered_by_a_column_of_an_embed() {
    let order = |text: &str| parse(&[("select", "director:directors(),\"x,y\"()"), ("order", text)]);
    let parsed = order("director(last_name).desc.nullslast,id,\"x,y\"( \"a)\" ) , \"x,y\"(a.b).asc").unwrap();
    let last_name = Order {
        relation: Some("director".into()),
        field: "last_name".into(),
        direction: Direction::Descending,
        nulls: Some(Nulls::Last),
    };
    assert_eq!(parsed.order[0], last_name);
    assert_eq!(ordered(&parsed.order[1..]), [(None, "id"), (Some("x,y"), "a)"), (Some("x,y"), "a.b")]);
    for (text, message) in [
        ("director()", "expected a column at character 10, where ')' is"),
        ("director(a,b)", "expected ) at character 11, where ',' is"),
        ("director(a(b))", "expected ) at character 11, where '(' is"),
        ("director(a", "expected ) at the end"),
    ] {
        assert_eq!(order(text), Err(syntax("order", message, ORDER_HINT)), "{text}");
    }
    assert!(order("(id)").is_err() && order("director(a)b").is_err());
    assert_eq!(order("directors(last_name)"), Err(not_embedded("directors")));
}

#[test]
fn parameters_of_what_is_not_embedded_are_errors() {
    let error = |name: &str, value: &str| parse(&[("select", "d(films(*))"), (name, value)]).unwrap_err();
    assert_eq!(error("directors.name", "eq.x"), not_embedded("directors"));
    assert_eq!(error("directors.order", "name"), not_embedded("directors"));
    assert_eq!(error("films.title", "eq.x"), not_embedded("films"));
    assert_eq!(error("d.roles.name", "eq.x"), not_embedded("d.roles"));
    assert_eq!(error("d.films.\"a.b\".limit", "5"), not_embedded("d.films.\"a.b\""));
    assert_eq!(error("d.order", "roles(name)"), not_embedded("d.roles"));
    assert_eq!(parse(&[("directors.limit", "5")]), Err(not_embedded("directors")));
    assert_eq!(not_embedded("d.roles").to_string(), "d.roles is not embedded");
    // Columns have no columns.
    for (parameter, name) in [("memo.name", "memo.name"), ("colour", "colour"), ("\"d", "\"d"), ("\"d.e\"", "d.e")] {
        assert_eq!(error(parameter, "eq.x"), ParseError::UnknownColumn { name: name.into() });
    }
}

#[test]
fn malformed_parameters_of_embeds_are_errors() {
    let error = |name: &str, value: &str| {
        let valid = [("select", "d(*)"), ("d.limit", "1"), ("d.order", "id"), ("d.offset", "1")];
        parse(&[&valid[..], &[(name, value)]].concat()).unwrap_err()
    };
    for name in ["d.limit", "d.order", "d.offset", "d.skip"] {
        assert_eq!(error(name, "1"), syntax(name, "is given twice", None));
    }
    assert_eq!(error("select", "id"), syntax("select", "is given twice", None));
    assert_eq!(error("d.", "eq.1"), syntax("d.", "expected a column at the end", None));
    let unclosed = "expected the closing double quote of the name that begins at character 3, where '\"' is";
    assert_eq!(error("d.\"x", "eq.1"), syntax("d.\"x", unclosed, None));
    let end = "expected the end at character 6, where 'y' is";
    assert_eq!(error("d.\"x\"y", "eq.1"), syntax("d.\"x\"y", end, None));
    let number = |name: &str| the_embed(&[("select", "d(*)"), (name, "-1")]).unwrap_err();
    assert_eq!(number("d.limit"), syntax("d.limit", "expected a whole number, 0 or more", None));
    let operator = crate::filter::OPERATORS_HINT;
    let expected = syntax("d.name", "expected an operator at character 1, where 'V' is", operator);
    assert_eq!(error("d.name", "Varda"), expected);
    assert_eq!(error("d.or", "id"), syntax("d.or", "expected ( at character 1, where 'i' is", None));
}

#[test]
fn embeds_are_written_with_their_parameters() {
    let text = [
        ("select", "id,director:directors!fk!inner(last_name,...films(*)),roles()"),
        ("director", "not.is.null"),
        ("order", "director(last_name).desc"),
        ("director.last_name", "eq.Varda"),
        ("director.not.or", "(id.eq.1,id.eq.2)"),
        ("director.\"order\"", "eq.1"),
        ("director.order", "films(title)"),
        ("director.limit", "5"),
        ("director.films.\"a.b\"", "is.null"),
        ("director.films.offset", "7"),
    ];
    let pairs = parse(&text).unwrap().pairs();
    assert_eq!(pairs, text.map(|(name, value)| (name.into(), value.into())));
}
