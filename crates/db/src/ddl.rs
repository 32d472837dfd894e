//! The DDL statements that create and drop tables in either dialect.

use mwallet_schema::{
    Check, Column, ColumnDefault, ColumnType, ForeignKey, Index, ReferentialAction, Table, Timestamp, Unique, Value,
    ValueGenerator, constraint_name, decimal_text,
};

use crate::Dialect;
use crate::quote::quote;

/// Returns the statements that create tables, with referenced tables first.
pub fn create_statements(tables: &[&Table], dialect: Dialect) -> Vec<String> {
    let ordered = parents_first(tables);
    let mut statements = Vec::new();
    let mut later = Vec::new();
    for (position, table) in ordered.iter().enumerate() {
        // In PostgreSQL a foreign key can only refer to an existing table. Those of a cycle are added last.
        let created = |name: &str| ordered[..=position].iter().any(|earlier| earlier.name == name);
        let (inline, deferred): (Vec<&ForeignKey>, Vec<&ForeignKey>) = table.foreign_keys.iter().partition(|key| {
            dialect == Dialect::Sqlite || created(&key.references) || !ordered.iter().any(|t| t.name == key.references)
        });
        statements.push(create_table(table, &inline, dialect));
        statements.extend(table.indexes.iter().map(|index| create_index(&table_name(table), index)));
        if dialect == Dialect::Postgres {
            comments(table, &mut statements);
        }
        let add = |key: &&ForeignKey| format!("ALTER TABLE {} ADD {}", table_name(table), foreign_key(key));
        later.extend(deferred.iter().map(add));
    }
    statements.extend(later);
    statements
}

/// Returns the statements that drop tables if they exist, with referencing tables first.
pub fn drop_statements(tables: &[&Table], dialect: Dialect) -> Vec<String> {
    let mut ordered = parents_first(tables);
    ordered.reverse();
    match dialect {
        // One statement may drop tables that refer to each other.
        Dialect::Postgres if !ordered.is_empty() => {
            let names: Vec<String> = ordered.iter().map(|table| table_name(table)).collect();
            vec![format!("DROP TABLE IF EXISTS {}", names.join(", "))]
        }
        Dialect::Postgres => Vec::new(),
        Dialect::Sqlite if ordered.is_empty() => Vec::new(),
        // SQLite first deletes the rows of a dropped table. In a reference cycle, foreign keys hold only at the end.
        Dialect::Sqlite => std::iter::once("PRAGMA defer_foreign_keys = ON".to_owned())
            .chain(ordered.iter().map(|table| format!("DROP TABLE IF EXISTS {}", table_name(table))))
            .collect(),
    }
}

/// Sorts tables so that referenced ones come first. Tables of a cycle come in any order.
pub fn parents_first<'t>(tables: &[&'t Table]) -> Vec<&'t Table> {
    fn visit<'t>(table: &'t Table, all: &[&'t Table], seen: &mut Vec<&'t str>, ordered: &mut Vec<&'t Table>) {
        if seen.contains(&table.name.as_str()) {
            return;
        }
        seen.push(&table.name);
        for key in &table.foreign_keys {
            if let Some(parent) = all.iter().find(|parent| parent.name == key.references) {
                visit(parent, all, seen, ordered);
            }
        }
        ordered.push(table);
    }
    let mut ordered = Vec::with_capacity(tables.len());
    let mut seen = Vec::with_capacity(tables.len());
    for table in tables {
        visit(table, tables, &mut seen, &mut ordered);
    }
    ordered
}

/// Returns the quoted table name with its schema.
pub fn table_name(table: &Table) -> String {
    match &table.schema {
        Some(schema) => format!("{}.{}", quote(schema), quote(&table.name)),
        None => quote(&table.name),
    }
}

/// Returns quoted names, separated by commas.
pub fn quoted_list(names: &[String]) -> String {
    names.iter().map(|name| quote(name)).collect::<Vec<_>>().join(", ")
}

/// Returns a string literal. Used only for text from table descriptions, never for request data.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn create_table(table: &Table, keys: &[&ForeignKey], dialect: Dialect) -> String {
    create_table_as(&table_name(table), table, keys, dialect)
}

/// Returns the statement that creates a table under another name, but keeps its constraint names.
pub fn create_table_as(name: &str, table: &Table, keys: &[&ForeignKey], dialect: Dialect) -> String {
    let mut lines: Vec<(String, Option<&str>)> = Vec::new();
    for column in &table.columns {
        lines.push((column_definition(table, column, dialect), column.comment.as_deref()));
    }
    // SQLite's identity column is declared as the primary key in its definition.
    let is_numbered = dialect == Dialect::Sqlite && identity(table).is_some();
    if !table.primary_key.is_empty() && !is_numbered {
        let name = quote(&key_name(&table.name));
        lines.push((format!("CONSTRAINT {name} PRIMARY KEY ({})", quoted_list(&table.primary_key)), None));
    }
    lines.extend(table.uniques.iter().map(|one| (unique(one), None)));
    for key in keys {
        lines.push((foreign_key(key), None));
    }
    for column in &table.columns {
        lines.extend(column_constraint(&table.name, column, dialect).map(|check| (check, None)));
    }
    lines.extend(table.checks.iter().map(|one| (check(one), None)));
    let mut sql = String::new();
    if let (Dialect::Sqlite, Some(comment)) = (dialect, &table.comment) {
        sql.push_str(&comment_lines(comment, "  "));
    }
    let head = format!("CREATE TABLE {name} (");
    // SQLite stores the text of the statement only, so comments must be inside of it.
    sql = format!("{head}\n{sql}");
    let last = lines.len() - 1;
    for (index, (line, comment)) in lines.into_iter().enumerate() {
        if let (Dialect::Sqlite, Some(comment)) = (dialect, comment) {
            sql.push_str(&comment_lines(comment, "  "));
        }
        sql.push_str("  ");
        sql.push_str(&line);
        sql.push_str(if index < last { ",\n" } else { "\n" });
    }
    sql.push(')');
    let is_own = table.columns.iter().all(|column| !matches!(column.kind, ColumnType::Native(_)));
    if dialect == Dialect::Sqlite && is_own {
        sql.push_str(" STRICT");
    }
    sql
}

fn comment_lines(comment: &str, indent: &str) -> String {
    comment.lines().map(|line| format!("{indent}-- {line}\n")).collect()
}

/// Returns the identity column, if there is one.
fn identity(table: &Table) -> Option<&Column> {
    table.columns.iter().find(|column| column.default == Some(ColumnDefault::Identity))
}

/// Returns a column definition for `CREATE TABLE`.
pub fn column_definition(table: &Table, column: &Column, dialect: Dialect) -> String {
    let name = quote(&column.name);
    if column.default == Some(ColumnDefault::Identity) {
        return match dialect {
            Dialect::Postgres => {
                format!("{name} {} GENERATED BY DEFAULT AS IDENTITY", type_name(&column.kind, dialect))
            }
            // AUTOINCREMENT never reuses the ID of a deleted row, as in PostgreSQL.
            Dialect::Sqlite => {
                let constraint = quote(&key_name(&table.name));
                let kind = stored_type(&type_name(&column.kind, dialect), column, dialect);
                format!("{name} {kind} CONSTRAINT {constraint} PRIMARY KEY AUTOINCREMENT")
            }
        };
    }
    let kind = match type_name(&column.kind, dialect) {
        // As INTEGER it would be an alias of the rowid, and SQLite would generate missing values.
        kind if dialect == Dialect::Sqlite && kind == "INTEGER" && table.primary_key == [column.name.as_str()] => {
            "INT".into()
        }
        kind => kind,
    };
    let mut sql = format!("{name} {}", stored_type(&kind, column, dialect));
    match column_default(column, dialect) {
        // A generated column, which is not a default.
        Some(clause) if clause.starts_with("GENERATED ") => sql.push_str(&format!(" {clause}")),
        Some(default) => sql.push_str(&format!(" DEFAULT {default}")),
        None => {}
    }
    if !column.nullable {
        sql.push_str(" NOT NULL");
    }
    sql
}

/// Returns the declared type of a column. SQLite has few types, so a comment gives the actual type and marks
/// write-only columns: `TEXT /* decimal(38, 18) */`. Reflection parses it.
fn stored_type(stored: &str, column: &Column, dialect: Dialect) -> String {
    let mark = if column.is_readable() { "" } else { WRITE_ONLY };
    match (dialect, &column.kind) {
        (Dialect::Postgres, _) => stored.into(),
        (_, ColumnType::Native(_)) if column.is_readable() => stored.into(),
        (_, ColumnType::Native(_)) => format!("{stored} /* {mark} */"),
        (Dialect::Sqlite, kind) => {
            let name = if matches!(kind, ColumnType::Enum(_)) { ENUM.to_owned() } else { kind.name() };
            format!("{stored} /* {name}{}{mark} */", if mark.is_empty() { "" } else { ", " })
        }
    }
}

/// Marks a write-only column: in the comment next to its type in SQLite, in the column comment in PostgreSQL.
const WRITE_ONLY: &str = "write-only";

/// Removes the write-only mark from a type comment, and returns whether it was there.
pub fn unmarked(beside: &str) -> (&str, bool) {
    match beside.strip_suffix(WRITE_ONLY) {
        Some(rest) if rest.is_empty() || rest.ends_with(", ") => (rest.trim_end_matches(", "), true),
        _ => (beside, false),
    }
}

/// Returns the PostgreSQL column comment, including the write-only mark.
pub fn marked_comment(column: &Column) -> Option<String> {
    match (&column.comment, column.is_readable()) {
        (comment, true) => comment.clone(),
        (Some(comment), false) => Some(format!("{comment} [{WRITE_ONLY}]")),
        (None, false) => Some(format!("[{WRITE_ONLY}]")),
    }
}

/// Removes the write-only mark from a PostgreSQL column comment, and returns whether it was there.
pub fn unmarked_comment(comment: &str) -> (Option<&str>, bool) {
    let rest = comment.strip_suffix(']').and_then(|rest| rest.strip_suffix(WRITE_ONLY));
    match rest.and_then(|rest| rest.strip_suffix('[')).map(|rest| rest.strip_suffix(' ').unwrap_or(rest)) {
        Some(rest) => ((!rest.is_empty()).then_some(rest), true),
        None => (Some(comment), false),
    }
}

/// The type comment of an enum column. Its labels are in its check constraint.
pub const ENUM: &str = "enum";

/// Returns the SQL name of a type.
pub fn type_name(kind: &ColumnType, dialect: Dialect) -> String {
    match (kind, dialect) {
        (ColumnType::SmallInt, Dialect::Postgres) => "smallint".into(),
        (ColumnType::Integer, Dialect::Postgres) => "integer".into(),
        (ColumnType::BigInt, Dialect::Postgres) => "bigint".into(),
        (ColumnType::Decimal { precision, scale }, Dialect::Postgres) => format!("numeric({precision}, {scale})"),
        (ColumnType::Text { .. } | ColumnType::Enum(_), Dialect::Postgres) => "text COLLATE \"C\"".into(),
        (ColumnType::Timestamp, Dialect::Postgres) => "timestamptz".into(),
        (ColumnType::Uuid, Dialect::Postgres) => "uuid".into(),
        (ColumnType::Bytes { .. }, Dialect::Postgres) => "bytea".into(),
        (ColumnType::Json, Dialect::Postgres) => "jsonb".into(),
        (ColumnType::Boolean, Dialect::Postgres) => "boolean".into(),
        (ColumnType::Native(native), _) => native.name.clone(),
        (ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt | ColumnType::Boolean, Dialect::Sqlite) => {
            "INTEGER".into()
        }
        (ColumnType::Bytes { .. }, Dialect::Sqlite) => "BLOB".into(),
        (_, Dialect::Sqlite) => "TEXT".into(),
    }
}

/// Returns the default that the database fills in, for programs that write to it without mWallet.
pub fn column_default(column: &Column, dialect: Dialect) -> Option<String> {
    match column.default.as_ref()? {
        ColumnDefault::Constant(value) => stored_literal(value, &column.kind, dialect),
        ColumnDefault::AppGenerated(ValueGenerator::Now) => Some(match dialect {
            Dialect::Postgres => "now()".into(),
            Dialect::Sqlite => "(strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000+00:00')".into(),
        }),
        ColumnDefault::Database(expression) => Some(expression.clone()),
        ColumnDefault::AppGenerated(_) | ColumnDefault::Identity => None,
    }
}

/// Returns a value as a SQL literal in the form in which the engine stores it.
pub fn stored_literal(value: &Value, kind: &ColumnType, dialect: Dialect) -> Option<String> {
    let value = value.clone().coerce(kind).ok()?;
    Some(match (value, dialect) {
        (Value::Null, _) => return None,
        (Value::Bool(value), Dialect::Postgres) => value.to_string(),
        (Value::Bool(value), Dialect::Sqlite) => u8::from(value).to_string(),
        (Value::Int(value), _) => value.to_string(),
        (Value::Decimal(value), Dialect::Postgres) => value.to_string(),
        (Value::Decimal(value), Dialect::Sqlite) => match kind {
            ColumnType::Decimal { precision, scale } => literal(&decimal_text::encode(&value, *precision, *scale)?),
            _ => value.to_string(),
        },
        (Value::Text(text) | Value::Json(text), _) => literal(&text),
        (Value::Timestamp(time), _) => literal(std::str::from_utf8(&time.fixed_width()).ok()?),
        (Value::Uuid(uuid), _) => literal(&uuid.to_string()),
        (Value::Bytes(bytes), dialect) => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            match dialect {
                Dialect::Postgres => format!("'\\x{hex}'"),
                Dialect::Sqlite => format!("x'{hex}'"),
            }
        }
        (Value::List(_) | Value::Record(_), _) => return None,
    })
}

/// Returns the check condition for the type and rules of a column.
pub fn column_check(column: &Column, dialect: Dialect) -> Option<String> {
    let name = quote(&column.name);
    let mut all = type_conditions(&name, &column.kind, dialect);
    if let Some(least) = column.rules.min_length {
        all.push(format!("{} >= {least}", length(&name, &column.kind, dialect)));
    }
    if let Some(most) = column.rules.max_length {
        all.push(format!("{} <= {most}", length(&name, &column.kind, dialect)));
    }
    for (bound, closed, open) in [(&column.rules.min, ">=", ">"), (&column.rules.max, "<=", "<")] {
        if let Some(bound) = bound
            && let Some(value) = stored_literal(&bound_value(bound.value.clone(), &column.kind), &column.kind, dialect)
        {
            all.push(format!("{name} {} {value}", if bound.exclusive { open } else { closed }));
        }
    }
    let listed: Vec<String> =
        column.rules.one_of.iter().filter_map(|value| stored_literal(value, &column.kind, dialect)).collect();
    if !listed.is_empty() {
        all.push(format!("{name} IN ({})", listed.join(", ")));
    }
    (!all.is_empty()).then(|| all.join(" AND "))
}

/// Returns that condition as a table constraint.
pub fn column_constraint(table: &str, column: &Column, dialect: Dialect) -> Option<String> {
    let expression = column_check(column, dialect)?;
    Some(check(&Check { name: check_name(table, &column.name), expression }))
}

/// Returns the name of a table's primary key constraint.
pub fn key_name(table: &str) -> String {
    constraint_name(table, &[], "pkey")
}

/// Returns the name of a column's check constraint, following PostgreSQL's convention.
pub fn check_name(table: &str, column: &str) -> String {
    constraint_name(table, &[column], "check")
}

/// Converts a bound to the column's type, or to null if it is not an integer but must be one.
fn bound_value(bound: mwallet_schema::Decimal, kind: &ColumnType) -> Value {
    match kind.integer_range() {
        Some(_) => bound.to_string().parse().map_or(Value::Null, Value::Int),
        None => Value::Decimal(bound),
    }
}

fn length(name: &str, kind: &ColumnType, dialect: Dialect) -> String {
    match (kind, dialect) {
        (ColumnType::Bytes { .. }, Dialect::Postgres) => format!("octet_length({name})"),
        (_, Dialect::Postgres) => format!("char_length({name})"),
        (_, Dialect::Sqlite) => format!("length({name})"),
    }
}

/// Returns the conditions that the column type alone does not enforce.
pub fn type_conditions(name: &str, kind: &ColumnType, dialect: Dialect) -> Vec<String> {
    let one = match (kind, dialect) {
        (ColumnType::Text { max: Some(max) } | ColumnType::Bytes { max: Some(max) }, _) => {
            format!("{} <= {max}", length(name, kind, dialect))
        }
        (ColumnType::Enum(labels), _) => {
            let labels: Vec<String> = labels.labels.iter().map(|label| literal(&label.name)).collect();
            format!("{name} IN ({})", labels.join(", "))
        }
        (ColumnType::Decimal { .. }, Dialect::Postgres) => format!("{name} <> 'NaN'"),
        // Always true, but tells reflection that this is a column of ours.
        (ColumnType::Bytes { max: None }, Dialect::Postgres) => format!("{} >= 0", length(name, kind, dialect)),
        (ColumnType::Timestamp, Dialect::Postgres) => {
            format!("{name} >= '0001-01-01T00:00:00Z' AND {name} < '10000-01-01T00:00:00Z'")
        }
        (ColumnType::SmallInt | ColumnType::Integer, Dialect::Sqlite) => {
            let (least, most) = kind.integer_range().unwrap_or((i64::MIN, i64::MAX));
            format!("{name} BETWEEN {least} AND {most}")
        }
        (ColumnType::Boolean, Dialect::Sqlite) => format!("{name} IN (0, 1)"),
        (ColumnType::Decimal { precision, scale }, Dialect::Sqlite) => {
            format!("length({name}) = {}", decimal_text::width(*precision, *scale))
        }
        (ColumnType::Timestamp, Dialect::Sqlite) => format!("length({name}) = {}", Timestamp::FIXED_WIDTH),
        (ColumnType::Uuid, Dialect::Sqlite) => format!("length({name}) = 36"),
        (ColumnType::Json, Dialect::Sqlite) => format!("json_valid({name})"),
        _ => return Vec::new(),
    };
    vec![one]
}

/// Returns the statement that creates an index.
pub fn create_index(table: &str, index: &Index) -> String {
    let name = quote(&index.name);
    match &index.special {
        None => format!("CREATE INDEX {name} ON {table} ({})", quoted_list(&index.columns)),
        Some(special) => {
            format!("CREATE {}INDEX {name} ON {table} {}", if special.unique { "UNIQUE " } else { "" }, special.sql())
        }
    }
}

/// Returns the statement that stores the declaration of a partial or expression index. PostgreSQL itself only keeps
/// its rewritten form.
pub fn index_comment(schema: Option<&str>, index: &Index) -> Option<String> {
    let text = literal(&format!("{DECLARED_AS}{}", index.special.as_ref()?.sql()));
    let schema = schema.map(|schema| format!("{}.", quote(schema))).unwrap_or_default();
    Some(format!("COMMENT ON INDEX {schema}{} IS {text}", quote(&index.name)))
}

/// Returns a unique constraint clause.
pub fn unique(unique: &Unique) -> String {
    format!("CONSTRAINT {} UNIQUE ({})", quote(&unique.name), quoted_list(&unique.columns))
}

/// Returns a check constraint clause.
pub fn check(check: &Check) -> String {
    format!("CONSTRAINT {} CHECK ({})", quote(&check.name), check.expression)
}

/// Returns a foreign key clause.
pub fn foreign_key(key: &ForeignKey) -> String {
    let mut sql = format!(
        "CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({})",
        quote(&key.name),
        quoted_list(&key.columns),
        quote(&key.references),
        quoted_list(&key.referenced_columns)
    );
    for (event, action) in [("DELETE", key.on_delete), ("UPDATE", key.on_update)] {
        let action = match action {
            ReferentialAction::NoAction => continue,
            ReferentialAction::Restrict => "RESTRICT",
            ReferentialAction::Cascade => "CASCADE",
            ReferentialAction::SetNull => "SET NULL",
            ReferentialAction::SetDefault => "SET DEFAULT",
        };
        sql.push_str(&format!(" ON {event} {action}"));
    }
    sql
}

/// The prefix of the declared expression in the comment of a check. PostgreSQL itself only keeps its rewritten form,
/// which cannot be compared with the declaration.
pub const DECLARED_AS: &str = "declared as ";

/// Returns the statement that stores the declared expression of a check.
pub fn check_comment(table: &str, check: &Check) -> String {
    let text = literal(&format!("{DECLARED_AS}{}", check.expression));
    format!("COMMENT ON CONSTRAINT {} ON {table} IS {text}", quote(&check.name))
}

fn comments(table: &Table, statements: &mut Vec<String>) {
    statements.extend(table.checks.iter().map(|check| check_comment(&table_name(table), check)));
    statements.extend(table.indexes.iter().filter_map(|index| index_comment(table.schema.as_deref(), index)));
    let place = table_name(table);
    if let Some(text) = &table.comment {
        statements.push(comment(&place, None, Some(text)));
    }
    for column in &table.columns {
        if let Some(text) = marked_comment(column) {
            statements.push(comment(&place, Some(&column.name), Some(&text)));
        }
    }
}

/// Returns the statement that sets or removes a PostgreSQL table or column comment.
pub fn comment(table: &str, column: Option<&str>, text: Option<&str>) -> String {
    let text = text.map_or_else(|| "NULL".into(), literal);
    match column {
        Some(column) => format!("COMMENT ON COLUMN {table}.{} IS {text}", quote(column)),
        None => format!("COMMENT ON TABLE {table} IS {text}"),
    }
}
