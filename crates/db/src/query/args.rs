//! Parses URL parameters, or a JSON document, into a [`Query`].

use mwallet_query as syntax;
use mwallet_query::{Field, Join, Matcher, Operation, ParseError, Quantifier, SelectItem};
use mwallet_schema::{Column, Table, Value};

use super::plan::check_count;
use super::{Comparison, Filter, Operand, PlanError, Projection, Query, Related, ScopedTable, Selection};

/// The parsed URL parameters of a request to a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueryArgs {
    /// The rows and columns to select.
    pub query: Query,
    /// The keys of the request body to use. Other keys are ignored.
    pub columns: Option<Vec<String>>,
    /// The columns by which an upsert finds existing rows.
    pub on_conflict: Option<Vec<String>>,
}

impl QueryArgs {
    /// Parses decoded URL parameters in PostgREST's syntax.
    ///
    /// ```
    /// # use mwallet_db::{CatalogTable, QueryArgs, schema::{Column, ColumnType, Table}};
    /// # let mut orders = Table::new("orders");
    /// # orders.columns.push(Column::new("asset", ColumnType::Text { max: None }));
    /// # let orders = CatalogTable::new(orders);
    /// let parameters = [("asset", "in.(BITCOIN,DASH)"), ("order", "asset.desc"), ("limit", "10")];
    /// let query = QueryArgs::parse(parameters, &orders)?.query;
    /// assert!(query.filter.is_some());
    /// assert_eq!((query.order[0].field.column.as_str(), query.limit), ("asset", Some(10)));
    /// # Ok::<(), mwallet_db::PlanError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if a parameter is neither a column nor a keyword, if a value does not follow the grammar, or
    /// if a list is too long.
    pub fn parse<'t, N: AsRef<str>, V: AsRef<str>>(
        parameters: impl IntoIterator<Item = (N, V)>,
        table: impl Into<ScopedTable<'t>>,
    ) -> Result<Self, PlanError> {
        let at: ScopedTable<'t> = table.into();
        let (table, sight) = (at.table(), at.scope().sight(at.table()));
        let shows = |column: &&Column| sight.shows(column);
        let is_column = |name: &str| table.column(name).as_ref().is_some_and(shows);
        let parsed = syntax::Parameters::parse(parameters, &is_column);
        let parsed = parsed.map_err(|error| PlanError::parse(error, table, table.columns.iter().filter(shows)))?;
        if let Some(columns) = &parsed.columns {
            check_count("columns", columns.len(), table)?;
        }
        Ok(parsed.into())
    }

    /// Parses the JSON document of a read, which says what parameters say.
    ///
    /// # Errors
    ///
    /// Returns an error if it is no such document, or if a list in it is too long.
    pub fn from_json(document: &[u8], table: &Table) -> Result<Self, PlanError> {
        let parsed = syntax::Parameters::from_json(document);
        // Columns are looked up when the query is planned, so the error is about none of them.
        parsed.map(Into::into).map_err(|error| PlanError::parse(error, table, std::iter::empty()))
    }
}

impl From<syntax::Parameters> for QueryArgs {
    fn from(parameters: syntax::Parameters) -> Self {
        let syntax::Parameters { select, filters, order, limit, offset, columns, on_conflict } = parameters;
        let (fields, related) = selection(select);
        let query = Query { order, skip: offset.unwrap_or_default(), limit, fields, related, ..Query::default() };
        Self { query: with_filters(query, filters), columns, on_conflict }
    }
}

fn with_filters(query: Query, filters: Vec<syntax::Filter>) -> Query {
    filters.into_iter().fold(query, |query, filter| query.filter(filter.into()))
}

/// Returns what is selected of a table, and of those that it is related to. Nothing at all is every column.
fn selection(items: Vec<SelectItem>) -> (Projection, Vec<Related>) {
    if matches!(items.as_slice(), [] | [SelectItem::Star]) {
        return (Projection::All, Vec::new());
    }
    let (mut selected, mut related) = (Vec::new(), Vec::new());
    for item in items {
        match item {
            SelectItem::Star => selected.push(Selection::All),
            SelectItem::Value(value) => selected.push(Selection::Value(value)),
            SelectItem::Embed(embed) => related.push(embed.into()),
        }
    }
    (Projection::Select(selected), related)
}

impl From<syntax::Embed> for Related {
    fn from(embed: syntax::Embed) -> Self {
        let name = embed.name().to_owned();
        let (fields, related) = match embed.select.is_empty() {
            // Empty brackets select nothing.
            true => (Projection::Include(Vec::new()), Vec::new()),
            false => selection(embed.select),
        };
        let (order, skip, limit) = (embed.order, embed.offset.unwrap_or_default(), embed.limit);
        let query = Query { order, skip, limit, fields, related, ..Query::default() };
        Self {
            name,
            target: embed.relation,
            hint: embed.hint,
            is_inner: embed.join == Some(Join::Inner),
            is_spread: embed.is_spread,
            query: with_filters(query, embed.filters),
        }
    }
}

impl PlanError {
    /// Converts a parse error, adding the table and those of its columns that are visible.
    fn parse<'c>(error: ParseError, table: &Table, visible: impl Iterator<Item = &'c Column>) -> Self {
        match error {
            ParseError::Syntax { parameter, message, hint } => Self::Syntax { parameter, message, hint },
            ParseError::UnknownColumn { name } => Self::unknown_column(table, &name, visible),
            ParseError::NotEmbedded { name } => Self::NotRelated { name },
            ParseError::TooMany { parameter, items, limit } => Self::TooMany { parameter, items, limit },
            ParseError::TooDeep => Self::TooComplex,
        }
    }
}

impl From<syntax::Filter> for Filter {
    fn from(filter: syntax::Filter) -> Self {
        let (filter, negated) = match filter {
            syntax::Filter::Field { field, negated, operation } => (from_operation(field, operation), negated),
            syntax::Filter::Group { junction, negated, filters } => {
                let filters = filters.into_iter().map(Into::into).collect();
                (join(junction, filters), negated)
            }
        };
        if negated { !filter } else { filter }
    }
}

fn join(junction: syntax::Junction, filters: Vec<Filter>) -> Filter {
    match junction {
        syntax::Junction::And => Filter::And(filters),
        syntax::Junction::Or => Filter::Or(filters),
    }
}

fn from_operation(field: Field, operation: Operation) -> Filter {
    match operation {
        Operation::Match { matcher, value } => matching(field, matcher, value),
        Operation::MatchMany { matcher, quantifier, values } => {
            let each = values.into_iter().map(|value| match value {
                Some(value) => matching(field.clone(), matcher, value),
                // Comparing with null is never true.
                None => Filter::compare(field.clone(), Comparison::Eq, Operand::Value(Value::Null)),
            });
            match quantifier {
                Quantifier::Any => Filter::Or(each.collect()),
                Quantifier::All => Filter::And(each.collect()),
            }
        }
        Operation::In(values) => Filter::In { field, values: values.into_iter().map(Operand::Text).collect() },
        Operation::Is(is) => Filter::Is { field, is },
        Operation::IsDistinct(value) => {
            Filter::compare(field.clone(), Comparison::Neq, Operand::Text(value)) | Filter::is_null(field)
        }
        Operation::Relate { relation, value } => Filter::Relate { field, relation, operand: Operand::Text(value) },
        Operation::Search { form, language, value } => Filter::Search { field, form, language, text: value },
    }
}

fn matching(field: Field, matcher: Matcher, value: String) -> Filter {
    // `*` is easier to write in a URL than `%`.
    let like = |field, value: String, fold_case| Filter::Like { field, pattern: value.replace('*', "%"), fold_case };
    match matcher {
        Matcher::Compare(comparison) => Filter::compare(field, comparison, Operand::Text(value)),
        Matcher::Like => like(field, value, false),
        Matcher::ILike => like(field, value, true),
        Matcher::Regex => Filter::Regex { field, pattern: value, fold_case: false },
        Matcher::IRegex => Filter::Regex { field, pattern: value, fold_case: true },
    }
}

#[cfg(test)]
mod tests {
    use mwallet_query::SelectValue;
    use mwallet_schema::{Access, ColumnType};

    use super::*;
    use crate::Dialect;
    use crate::catalog::CatalogTable;
    use crate::query::Plan;

    fn table() -> Table {
        let mut table = Table::new("odd");
        for name in ["id", "memo", "order"] {
            table.columns.push(Column::new(name, ColumnType::Text { max: None }));
        }
        table.columns.push(Column::new("secret", ColumnType::Text { max: None }).access(Access::WriteOnly));
        table
    }

    fn parse(name: &str, value: &str) -> Result<Query, PlanError> {
        QueryArgs::parse([(name, value)], &CatalogTable::new(table())).map(|args| args.query)
    }

    fn eq(column: &str, value: &str) -> Filter {
        Filter::compare(column, Comparison::Eq, Operand::Text(value.into()))
    }

    #[test]
    fn operators_become_conditions() {
        let filter = |value: &str| parse("memo", value).unwrap().filter.unwrap();
        assert_eq!(filter("not.eq.a"), !eq("memo", "a"));
        assert_eq!(filter("like.*a%"), Filter::like("memo", "%a%"));
        assert_eq!(filter("ilike.*a"), Filter::ilike("memo", "%a"));
        let null = Filter::compare("memo", Comparison::Eq, Operand::Value(Value::Null));
        assert_eq!(filter("eq(any).{a,null}"), Filter::Or(vec![eq("memo", "a"), null.clone()]));
        assert_eq!(filter("like(all).{a*,null}"), Filter::And(vec![Filter::like("memo", "a%"), null]));
        let distinct = Filter::compare("memo", Comparison::Neq, Operand::Text("a".into())) | Filter::is_null("memo");
        assert_eq!(filter("isdistinct.a"), distinct);
        assert_eq!(filter("is.not_null"), !Filter::is_null("memo"));
        assert_eq!(
            parse("not.or", "(memo.eq.a,and(id.eq.1))").unwrap().filter,
            Some(!Filter::Or(vec![eq("memo", "a"), Filter::And(vec![eq("id", "1")])]))
        );
    }

    /// The names that a table's rows have in the output.
    fn names(value: &str) -> Result<Vec<String>, PlanError> {
        let (query, table) = (parse("select", value)?, CatalogTable::new(table()));
        let statement = Plan::select(&table, &query)?.statement(Dialect::Sqlite)?;
        Ok(statement.columns().iter().map(|column| column.name.clone()).collect())
    }

    #[test]
    fn a_star_is_every_column_that_clients_may_read() {
        assert_eq!(names("*,id").unwrap(), ["id", "memo", "order"]);
        assert_eq!(names("other:memo,*").unwrap(), ["other", "id", "memo", "order"]);
        assert_eq!(parse("select", "*").unwrap().fields, Projection::All);
        assert!(matches!(names("id:memo,id"), Err(PlanError::Syntax { hint: Some(_), .. })));
    }

    #[test]
    fn a_column_that_clients_may_not_read_is_unknown() {
        for name in ["secret", "\"secret\"", "colour"] {
            let unknown = parse(name, "eq.x");
            assert!(matches!(unknown, Err(PlanError::UnknownColumn { .. })), "{name}: {unknown:?}");
        }
    }

    #[test]
    fn related_rows_become_queries_of_their_own() {
        let parameters = [
            ("select", "id,owner:users!fk!inner(name,...teams(*)),notes()"),
            ("owner.name", "eq.x"),
            ("owner.teams.limit", "2"),
            ("notes", "is.null"),
            ("order", "owner(name)"),
        ];
        let query = QueryArgs::parse(parameters, &CatalogTable::new(table())).unwrap().query;
        let teams = Related { is_spread: true, ..Related::new("teams", Query::new().limit(2)) };
        let users = Query::new().filter(eq("name", "x")).related(teams);
        let fields = Projection::Select(vec![Selection::Value(SelectValue::field("name"))]);
        let owner = Related {
            name: "owner".into(),
            hint: Some("fk".into()),
            is_inner: true,
            ..Related::new("users", Query { fields, ..users })
        };
        let notes = Related::new("notes", Query { fields: Projection::Include(Vec::new()), ..Query::new() });
        assert_eq!(query.related, [owner, notes]);
        assert_eq!((query.filter, query.order[0].relation.as_deref()), (Some(Filter::is_null("notes")), Some("owner")));

        let unknown =
            |name: &str, value| assert_eq!(parse(name, value), Err(PlanError::NotRelated { name: "users".into() }));
        unknown("users.name", "eq.x");
        unknown("order", "users(name)");
    }

    #[test]
    fn a_table_limits_how_many_columns_are_selected() {
        let select = |count: usize| (0..count).map(|number| format!("a{number}:id")).collect::<Vec<_>>().join(",");
        assert!(names(&select(200)).is_ok());
        assert!(matches!(names(&select(201)), Err(PlanError::TooMany { limit: 200, .. })));
        let columns = QueryArgs::parse([("columns", "id,".repeat(200) + "id")], &CatalogTable::new(table()));
        assert!(matches!(columns, Err(PlanError::TooMany { limit: 200, .. })));
    }
}
