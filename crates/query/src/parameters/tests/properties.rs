//! Tests that the tree is formatted as text that parses as it, and that no text makes the parser panic.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::{AggregateFunction, Aggregated, CastType, Embed, Join, JsonKey, JsonPath, SelectValue};

fn a_column() -> impl Strategy<Value = String> {
    prop::sample::select(&COLUMNS[..]).prop_map(Into::into)
}

fn a_text() -> impl Strategy<Value = String> {
    prop_oneof![".{0,8}", "[a-z.,(){}\"\\\\ ]{0,6}", "(null|NULL|not\\.eq)"]
}

fn a_matcher() -> impl Strategy<Value = Matcher> {
    use Comparison::{Eq, Gt, Gte, Lt, Lte, Neq};
    let compare = prop::sample::select(vec![Eq, Neq, Gt, Gte, Lt, Lte]).prop_map(Matcher::Compare);
    let others = vec![Matcher::Like, Matcher::ILike, Matcher::Regex, Matcher::IRegex];
    prop_oneof![compare, prop::sample::select(others)]
}

fn a_relation() -> impl Strategy<Value = SetRelation> {
    prop::sample::select(crate::filter::RELATIONS.map(|(_, relation)| relation).to_vec())
}

fn a_form() -> impl Strategy<Value = SearchForm> {
    prop::sample::select(crate::filter::SEARCHES.map(|(_, form)| form).to_vec())
}

fn an_operation() -> impl Strategy<Value = Operation> {
    let quantifier = prop_oneof![Just(Quantifier::Any), Just(Quantifier::All)];
    prop_oneof![
        (a_matcher(), a_text()).prop_map(|(matcher, value)| Operation::Match { matcher, value }),
        (a_matcher(), quantifier, vec(option::of(a_text()), 0..4))
            .prop_map(|(matcher, quantifier, values)| Operation::MatchMany { matcher, quantifier, values }),
        vec(a_text(), 0..4).prop_map(Operation::In),
        prop::sample::select(vec![Is::Null, Is::True, Is::False, Is::Unknown]).prop_map(Operation::Is),
        a_text().prop_map(Operation::IsDistinct),
        (a_relation(), a_text()).prop_map(|(relation, value)| Operation::Relate { relation, value }),
        (a_form(), option::of(".{1,6}"), a_text()).prop_map(|(form, language, value)| Operation::Search {
            form,
            language,
            value
        }),
    ]
}

fn a_cast() -> impl Strategy<Value = Option<CastType>> {
    option::of(prop::sample::select(crate::value::TYPES.map(|(_, kind)| kind).to_vec()))
}

fn a_key() -> impl Strategy<Value = JsonKey> {
    let name = prop_oneof!["[a-z0-9.,:()!\"> -]{0,5}", "-?[0-9]{1,3}"];
    prop_oneof![name.prop_map(JsonKey::Name), any::<i32>().prop_map(JsonKey::Index)]
}

/// A column, or a value inside its JSON.
fn a_field(column: impl Strategy<Value = String>) -> impl Strategy<Value = Field> {
    let path = prop_oneof![Just(Vec::new()), vec(a_key(), 1..4)];
    (column, path, any::<bool>()).prop_map(|(column, keys, as_text)| {
        let as_text = as_text && !keys.is_empty();
        Field { column, path: JsonPath { keys, as_text } }
    })
}

fn a_filter(column: BoxedStrategy<String>) -> impl Strategy<Value = Filter> {
    let condition = (a_field(column), any::<bool>(), an_operation())
        .prop_map(|(field, negated, operation)| Filter::Field { field, negated, operation });
    condition.prop_recursive(3, 12, 3, |inner| {
        let junction = prop_oneof![Just(Junction::And), Just(Junction::Or)];
        (junction, any::<bool>(), vec(inner, 1..4)).prop_map(|(junction, negated, filters)| Filter::Group {
            junction,
            negated,
            filters,
        })
    })
}

/// An alias that is not `a`: with a column `b` of such an embed, `a.b` would be the table's column.
fn an_alias() -> impl Strategy<Value = Option<String>> {
    option::of("[b-z,:(!)\" .>-]{1,6}")
}

fn an_item(column: impl Strategy<Value = String>) -> impl Strategy<Value = SelectItem> {
    let function = prop::sample::select(crate::value::FUNCTIONS.map(|(_, function)| function).to_vec());
    let aggregate = option::of((function, a_cast()).prop_map(|(function, cast)| Aggregated { function, cast }));
    let field = (a_field(column), a_cast(), aggregate, an_alias())
        .prop_map(|(field, cast, aggregate, alias)| SelectValue { field: Some(field), cast, aggregate, alias });
    let count = (a_cast(), an_alias()).prop_map(|(cast, alias)| SelectValue {
        field: None,
        cast: None,
        aggregate: Some(Aggregated { function: AggregateFunction::Count, cast }),
        alias,
    });
    prop_oneof![Just(SelectItem::Star), field.prop_map(SelectItem::Value), count.prop_map(SelectItem::Value)]
}

/// The name of an embed or of a column of an embed.
fn a_name() -> impl Strategy<Value = String> {
    const NAMES: [&str; 12] =
        ["films", "order", "not", "not.or", "select", "eq", "count", "a.sum", "inner", "...", "x->y", "*"];
    prop_oneof![prop::sample::select(&NAMES[..]).prop_map(Into::into), a_column(), "[b-z,:(!)\" .\\\\]{1,5}"]
}

fn a_join() -> impl Strategy<Value = Option<Join>> {
    prop::sample::select(vec![None, Some(Join::Inner), Some(Join::Left)])
}

prop_compose! {
    fn an_embed(inner: impl Strategy<Value = SelectItem> + 'static)(
        (relation, alias, is_spread) in (a_name(), an_alias(), any::<bool>()),
        (hint, join) in (option::of(a_name()), a_join()),
        select in vec(inner, 0..4),
        filters in vec(a_filter(a_name().boxed()), 0..3),
        order in vec(an_order(a_name()), 0..3),
        (limit, offset) in (option::of(any::<u64>()), option::of(any::<u64>())),
    ) -> SelectItem {
        let alias = alias.filter(|_| !is_spread);
        SelectItem::Embed(Embed { relation, alias, hint, join, is_spread, select, filters, order, limit, offset })
    }
}

/// An item with embeds to depth 3.
fn an_item_or_embed() -> impl Strategy<Value = SelectItem> {
    let items = |deeper: BoxedStrategy<SelectItem>| prop_oneof![an_item(a_name()), an_embed(deeper)].boxed();
    let deepest = items(an_item(a_name()).boxed());
    prop_oneof![an_item(a_column()), an_embed(items(deepest))]
}

/// Makes the names of embeds unique, and lets every `relation` of an order be one of them.
fn make_valid(select: &mut Vec<SelectItem>, order: &mut [Order]) {
    let mut names: Vec<String> = Vec::new();
    select.retain_mut(|item| {
        let SelectItem::Embed(embed) = item else { return true };
        make_valid(&mut embed.select, &mut embed.order);
        let is_new = !names.iter().any(|name| name == embed.name());
        names.extend(is_new.then(|| embed.name().to_owned()));
        is_new
    });
    for order in order {
        let name = order.relation.as_ref().and_then(|any| names.get(any.len() % names.len().max(1)));
        order.relation = name.cloned();
    }
}

fn an_order(column: impl Strategy<Value = String>) -> impl Strategy<Value = Order> {
    let direction = prop_oneof![Just(Direction::Ascending), Just(Direction::Descending)];
    let nulls = option::of(prop_oneof![Just(Nulls::First), Just(Nulls::Last)]);
    let relation = option::of("x{0,3}");
    (relation, a_field(column), direction, nulls).prop_map(|(relation, field, direction, nulls)| Order {
        relation,
        field,
        direction,
        nulls,
    })
}

prop_compose! {
    fn some_parameters()(
        mut select in vec(an_item_or_embed(), 0..4),
        mut filters in vec(a_filter(a_column().boxed()), 0..4),
        filters_embeds in any::<bool>(),
        mut order in vec(an_order(a_column()), 0..3),
        limit in option::of(any::<u64>()),
        offset in option::of(any::<u64>()),
        columns in option::of(vec(a_column(), 1..3)),
        on_conflict in option::of(vec(a_column(), 1..3)),
    ) -> Parameters {
        make_valid(&mut select, &mut order);
        for item in &select {
            if let SelectItem::Embed(embed) = item && filters_embeds {
                filters.push(is_null(embed.name()));
            }
        }
        Parameters { select, filters, order, limit, offset, columns, on_conflict }
    }
}

proptest! {
    #[test]
    fn a_tree_is_written_as_text_that_parses_as_it(parameters in some_parameters()) {
        let pairs = parameters.pairs();
        prop_assert_eq!(Parameters::parse(pairs.clone(), &is_column), Ok(parameters), "{:?}", pairs);
    }

    #[test]
    fn a_tree_is_written_as_a_document_that_parses_as_it(parameters in some_parameters()) {
        let read = Parameters { columns: None, on_conflict: None, ..parameters };
        let document = read.to_json();
        prop_assert_eq!(Parameters::from_json(document.as_bytes()), Ok(read), "{}", document);
    }

    #[test]
    fn no_text_stops_the_parser(name in "(select|order|or|and|memo|columns|limit)", value in ".{0,40}") {
        let _ = parse(&[(&name, &value)]);
    }

    #[test]
    fn no_text_that_looks_right_does_either(
        name in "(select|order|or|and|memo|d\\.[a-z.\"]{0,5}|d\\.(order|or|limit|not\\.and))",
        value in "[a-z0-9.,()\"\\\\:*{}!>-]{0,30}|\\((memo|id|not\\.and|or)[.(](eq|in|is|not)[.,()\"a]{0,10}\\)?",
    ) {
        let _ = parse(&[(&name, &value)]);
        let _ = parse(&[(&name, &value), ("select", "d(*)")]);
    }

    #[test]
    fn a_quoted_text_parses_as_itself(text in ".{0,20}") {
        let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
        let parsed = filter("or", &format!("(memo.eq.\"{quoted}\")"));
        prop_assert_eq!(parsed, group(Junction::Or, vec![eq("memo", &text)]));
    }
}
