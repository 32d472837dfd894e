//! Parses URL parameters into a [`Query`].

use mwallet_query as syntax;
use mwallet_query::{Matcher, Operation, ParseError, Quantifier, SelectItem};
use mwallet_schema::{Table, Value, shortened};

use super::{Comparison, Filter, Operand, PlanError, Projection, Query, SelectedColumn};

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
    /// # use mwallet_db::{QueryArgs, schema::{Column, ColumnType, Table}};
    /// # let mut orders = Table::new("orders");
    /// # orders.columns.push(Column::new("asset", ColumnType::Text { max: None }));
    /// let parameters = [("asset", "in.(BITCOIN,DASH)"), ("order", "asset.desc"), ("limit", "10")];
    /// let query = QueryArgs::parse(parameters, &orders)?.query;
    /// assert!(query.filter.is_some());
    /// assert_eq!((query.order[0].column.as_str(), query.limit), ("asset", Some(10)));
    /// # Ok::<(), mwallet_db::PlanError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if a parameter is neither a column nor a keyword, if a value does not follow the grammar, or
    /// if a list is too long.
    pub fn parse<N: AsRef<str>, V: AsRef<str>>(
        parameters: impl IntoIterator<Item = (N, V)>,
        table: &Table,
    ) -> Result<Self, PlanError> {
        let parsed = syntax::Parameters::parse(parameters, &|name| is_readable(table, name));
        let parsed = parsed.map_err(|error| PlanError::parse(error, table))?;
        if let Some(columns) = &parsed.columns {
            check_count("columns", columns.len(), table)?;
        }
        let mut query = Query {
            order: parsed.order,
            skip: parsed.offset.unwrap_or_default(),
            limit: parsed.limit,
            fields: fields(parsed.select, table)?,
            ..Query::default()
        };
        for filter in parsed.filters {
            query = query.filter(filter.into());
        }
        Ok(Self { query, columns: parsed.columns, on_conflict: parsed.on_conflict })
    }
}

/// Returns whether clients may see a column of this name.
fn is_readable(table: &Table, name: &str) -> bool {
    table.column(name).is_some_and(|column| column.is_readable())
}

/// Returns the columns to select. `*` expands to every column that clients may read.
fn fields(items: Vec<SelectItem>, table: &Table) -> Result<Projection, PlanError> {
    if matches!(items.as_slice(), [] | [SelectItem::Star]) {
        return Ok(Projection::All);
    }
    let mut selected: Vec<SelectedColumn> = Vec::new();
    for item in items {
        let columns = match item {
            SelectItem::Star => {
                let readable = table.columns.iter().filter(|column| column.is_readable());
                readable.map(|c| SelectedColumn { column: c.name.clone(), name: c.name.clone() }).collect()
            }
            SelectItem::Column { name, alias: Some(alias) } => vec![SelectedColumn { column: name, name: alias }],
            SelectItem::Column { name, alias: None } => vec![SelectedColumn { column: name.clone(), name }],
        };
        for column in columns {
            match selected.iter().find(|earlier| earlier.name == column.name) {
                // `*,id` names a column twice; select it once.
                Some(earlier) if earlier.column == column.column => {}
                Some(_) => return Err(same_names(&column.name)),
                None => selected.push(column),
            }
            check_count("select", selected.len(), table)?;
        }
    }
    Ok(Projection::Select(selected))
}

fn same_names(name: &str) -> PlanError {
    PlanError::Syntax {
        parameter: "select".into(),
        message: format!("two columns would be named {}", shortened(name)),
        hint: Some("name one of them: select=other:column"),
    }
}

/// The number of columns that may be selected from any table, however few columns it has.
const FEW_COLUMNS: usize = 200;
/// The maximum for wide tables. SQLite returns at most 2,000 columns and PostgreSQL 1,664, and columns that only an
/// `ORDER BY` needs count too. This leaves room for the longest allowed order.
const MOST_COLUMNS: usize = 1_600;

/// Limits a column list to twice the columns of the table, but at least 200. All of a table's columns may always be
/// selected.
fn check_count(parameter: &'static str, found: usize, table: &Table) -> Result<(), PlanError> {
    let own = table.columns.len();
    let limit = (own * 2).min(MOST_COLUMNS).max(own).max(FEW_COLUMNS);
    match found > limit {
        true => Err(PlanError::TooMany { parameter: parameter.into(), items: "columns", limit }),
        false => Ok(()),
    }
}

impl PlanError {
    /// Converts a parse error, adding the table.
    fn parse(error: ParseError, table: &Table) -> Self {
        match error {
            ParseError::Syntax { parameter, message, hint } => Self::Syntax { parameter, message, hint },
            ParseError::UnknownColumn { name } => Self::UnknownColumn { table: table.name.clone(), column: name },
            ParseError::TooMany { parameter, items, limit } => Self::TooMany { parameter, items, limit },
            ParseError::TooDeep => Self::TooComplex,
        }
    }
}

impl From<syntax::Filter> for Filter {
    fn from(filter: syntax::Filter) -> Self {
        let (filter, negated) = match filter {
            syntax::Filter::Column { column, negated, operation } => (from_operation(column, operation), negated),
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

fn from_operation(column: String, operation: Operation) -> Filter {
    match operation {
        Operation::Match { matcher, value } => matching(column, matcher, value),
        Operation::MatchMany { matcher, quantifier, values } => {
            let each = values.into_iter().map(|value| match value {
                Some(value) => matching(column.clone(), matcher, value),
                // Comparing with null is never true.
                None => Filter::compare(column.clone(), Comparison::Eq, Operand::Value(Value::Null)),
            });
            match quantifier {
                Quantifier::Any => Filter::Or(each.collect()),
                Quantifier::All => Filter::And(each.collect()),
            }
        }
        Operation::In(values) => Filter::In { column, values: values.into_iter().map(Operand::Text).collect() },
        Operation::Is(is) => Filter::Is { column, is },
        Operation::IsDistinct(value) => {
            Filter::compare(column.clone(), Comparison::Neq, Operand::Text(value)) | Filter::is_null(column)
        }
    }
}

fn matching(column: String, matcher: Matcher, value: String) -> Filter {
    // `*` is easier to write in a URL than `%`.
    let like = |column, value: String, fold_case| Filter::Like { column, pattern: value.replace('*', "%"), fold_case };
    match matcher {
        Matcher::Compare(comparison) => Filter::compare(column, comparison, Operand::Text(value)),
        Matcher::Like => like(column, value, false),
        Matcher::ILike => like(column, value, true),
    }
}

#[cfg(test)]
mod tests {
    use mwallet_schema::{Access, Column, ColumnType};

    use super::*;

    fn table() -> Table {
        let mut table = Table::new("odd");
        for name in ["id", "memo", "order"] {
            table.columns.push(Column::new(name, ColumnType::Text { max: None }));
        }
        table.columns.push(Column::new("secret", ColumnType::Text { max: None }).access(Access::WriteOnly));
        table
    }

    fn parse(name: &str, value: &str) -> Result<Query, PlanError> {
        QueryArgs::parse([(name, value)], &table()).map(|args| args.query)
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

    #[test]
    fn a_star_is_every_column_that_clients_may_read() {
        let names = |value: &str| match parse("select", value).map(|query| query.fields) {
            Ok(Projection::Select(selected)) => selected.into_iter().map(|one| one.name).collect(),
            other => panic!("{other:?}"),
        };
        let all: Vec<String> = names("*,id");
        assert_eq!(all, ["id", "memo", "order"]);
        assert_eq!(names("other:memo,*"), ["other", "id", "memo", "order"]);
        assert_eq!(parse("select", "*").unwrap().fields, Projection::All);
        assert!(matches!(parse("select", "id:memo,id"), Err(PlanError::Syntax { hint: Some(_), .. })));
    }

    #[test]
    fn a_column_that_clients_may_not_read_is_unknown() {
        for name in ["secret", "\"secret\"", "colour"] {
            let unknown = parse(name, "eq.x");
            assert!(matches!(unknown, Err(PlanError::UnknownColumn { .. })), "{name}: {unknown:?}");
        }
    }

    #[test]
    fn a_table_limits_how_many_columns_are_selected() {
        let select = |count: usize| (0..count).map(|number| format!("a{number}:id")).collect::<Vec<_>>().join(",");
        assert!(parse("select", &select(200)).is_ok());
        assert!(matches!(parse("select", &select(201)), Err(PlanError::TooMany { limit: 200, .. })));
        let columns = QueryArgs::parse([("columns", "id,".repeat(200) + "id")], &table());
        assert!(matches!(columns, Err(PlanError::TooMany { limit: 200, .. })));
    }
}
