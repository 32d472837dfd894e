//! Tables as the SQL that creates and drops them, on either engine.

use mwallet_schema::{
    Check, Column, ColumnDefault, ColumnType, ForeignKey, Index, ReferentialAction, Table, Timestamp, Unique, Value,
    ValueGenerator, constraint_name,
};

use crate::Dialect;
use crate::decimal_text;
use crate::quote::quote;

/// The statements that create tables, those that are referred to first.
pub fn create_statements(tables: &[&Table], dialect: Dialect) -> Vec<String> {
    let ordered = parents_first(tables);
    let mut statements = Vec::new();
    let mut later = Vec::new();
    for (position, table) in ordered.iter().enumerate() {
        // On PostgreSQL a key can only refer to a table that exists; those of a cycle are added when all do.
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

/// The statements that drop tables where they exist, those that refer to others first.
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
        // It deletes the rows of a table first; where tables refer to each other, that is right only at the end.
        Dialect::Sqlite => std::iter::once("PRAGMA defer_foreign_keys = ON".to_owned())
            .chain(ordered.iter().map(|table| format!("DROP TABLE IF EXISTS {}", table_name(table))))
            .collect(),
    }
}

/// Tables in an order in which what is referred to comes first, as far as there is one.
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

/// The name of a table in SQL, with its schema.
pub fn table_name(table: &Table) -> String {
    match &table.schema {
        Some(schema) => format!("{}.{}", quote(schema), quote(&table.name)),
        None => quote(&table.name),
    }
}

/// Names in SQL, with commas between them.
pub fn quoted_list(names: &[String]) -> String {
    names.iter().map(|name| quote(name)).collect::<Vec<_>>().join(", ")
}

/// A text as a literal of SQL. Only texts of table descriptions come here, never one of a request.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn create_table(table: &Table, keys: &[&ForeignKey], dialect: Dialect) -> String {
    create_table_as(&table_name(table), table, keys, dialect)
}

/// The statement that makes a table under another name, with constraints that are called as under its own.
pub fn create_table_as(name: &str, table: &Table, keys: &[&ForeignKey], dialect: Dialect) -> String {
    let mut lines: Vec<(String, Option<&str>)> = Vec::new();
    for column in &table.columns {
        lines.push((column_definition(table, column, dialect), column.comment.as_deref()));
    }
    // SQLite's numbered column is its own primary key, and names it in its definition.
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
    // SQLite keeps the text of the statement and nothing before it, so its comments stand inside.
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

/// The column that the database numbers, if there is one.
fn identity(table: &Table) -> Option<&Column> {
    table.columns.iter().find(|column| column.default == Some(ColumnDefault::Identity))
}

/// A column as `CREATE TABLE` defines it.
pub fn column_definition(table: &Table, column: &Column, dialect: Dialect) -> String {
    let name = quote(&column.name);
    if column.default == Some(ColumnDefault::Identity) {
        return match dialect {
            Dialect::Postgres => {
                format!("{name} {} GENERATED BY DEFAULT AS IDENTITY", type_name(&column.kind, dialect))
            }
            // AUTOINCREMENT, so that the number of a deleted row is never given again, as on PostgreSQL.
            Dialect::Sqlite => {
                let constraint = quote(&key_name(&table.name));
                let kind = stored_type(&type_name(&column.kind, dialect), column, dialect);
                format!("{name} {kind} CONSTRAINT {constraint} PRIMARY KEY AUTOINCREMENT")
            }
        };
    }
    let kind = match type_name(&column.kind, dialect) {
        // As INTEGER it would be the number of the row, and SQLite would make one up where none is given.
        kind if dialect == Dialect::Sqlite && kind == "INTEGER" && table.primary_key == [column.name.as_str()] => {
            "INT".into()
        }
        kind => kind,
    };
    let mut sql = format!("{name} {}", stored_type(&kind, column, dialect));
    match column_default(column, dialect) {
        // A clause of its own, which is no default.
        Some(clause) if clause.starts_with("GENERATED ") => sql.push_str(&format!(" {clause}")),
        Some(default) => sql.push_str(&format!(" DEFAULT {default}")),
        None => {}
    }
    if !column.nullable {
        sql.push_str(" NOT NULL");
    }
    sql
}

/// The type as a column declares it. SQLite has few, so what is meant stands beside it: `TEXT /* decimal(38, 18) */`,
/// and whether it is a secret. Reflection reads it again.
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

/// What marks a column whose values are never answered: on SQLite beside its type, on PostgreSQL in its comment.
const WRITE_ONLY: &str = "write-only";

/// What stands beside a type without the mark of a secret, and whether it was there.
pub fn unmarked(beside: &str) -> (&str, bool) {
    match beside.strip_suffix(WRITE_ONLY) {
        Some(rest) if rest.is_empty() || rest.ends_with(", ") => (rest.trim_end_matches(", "), true),
        _ => (beside, false),
    }
}

/// The comment of a column of PostgreSQL, which bears the mark of a secret.
pub fn marked_comment(column: &Column) -> Option<String> {
    match (&column.comment, column.is_readable()) {
        (comment, true) => comment.clone(),
        (Some(comment), false) => Some(format!("{comment} [{WRITE_ONLY}]")),
        (None, false) => Some(format!("[{WRITE_ONLY}]")),
    }
}

/// The comment of a column of PostgreSQL without the mark, and whether it was there.
pub fn unmarked_comment(comment: &str) -> (Option<&str>, bool) {
    let rest = comment.strip_suffix(']').and_then(|rest| rest.strip_suffix(WRITE_ONLY));
    match rest.and_then(|rest| rest.strip_suffix('[')).map(|rest| rest.strip_suffix(' ').unwrap_or(rest)) {
        Some(rest) => ((!rest.is_empty()).then_some(rest), true),
        None => (Some(comment), false),
    }
}

/// What stands beside the type of a column whose values are labels; they stand in its check.
pub const ENUM: &str = "enum";

/// The name of a type in SQL.
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

/// What the database itself fills in, for programs that write to it beside mWallet.
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

/// A value as a literal in the form in which the engine stores it.
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

/// The condition that the type and the rules of a column make.
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

/// That condition as a constraint within a table.
pub fn column_constraint(table: &str, column: &Column, dialect: Dialect) -> Option<String> {
    let expression = column_check(column, dialect)?;
    Some(check(&Check { name: check_name(table, &column.name), expression }))
}

/// The name of the primary key of a table.
pub fn key_name(table: &str) -> String {
    constraint_name(table, &[], "pkey")
}

/// The name of the check that a column's type and rules make, as PostgreSQL would call it.
pub fn check_name(table: &str, column: &str) -> String {
    constraint_name(table, &[column], "check")
}

/// A bound as a value of the column's type, where it is one.
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

/// What the engine does not enforce by the type alone.
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
        // It is always true, and says that these are bytes of ours: reflection asks for it.
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

/// The statement that makes an index.
pub fn create_index(table: &str, index: &Index) -> String {
    let name = quote(&index.name);
    match &index.special {
        None => format!("CREATE INDEX {name} ON {table} ({})", quoted_list(&index.columns)),
        Some(special) => {
            format!("CREATE {}INDEX {name} ON {table} {}", if special.unique { "UNIQUE " } else { "" }, special.sql())
        }
    }
}

/// The statement that keeps the text of an index that is more than one of columns; PostgreSQL keeps what it made of it.
pub fn index_comment(schema: Option<&str>, index: &Index) -> Option<String> {
    let text = literal(&format!("{DECLARED_AS}{}", index.special.as_ref()?.sql()));
    let schema = schema.map(|schema| format!("{}.", quote(schema))).unwrap_or_default();
    Some(format!("COMMENT ON INDEX {schema}{} IS {text}", quote(&index.name)))
}

/// A unique constraint within a table.
pub fn unique(unique: &Unique) -> String {
    format!("CONSTRAINT {} UNIQUE ({})", quote(&unique.name), quoted_list(&unique.columns))
}

/// A check within a table.
pub fn check(check: &Check) -> String {
    format!("CONSTRAINT {} CHECK ({})", quote(&check.name), check.expression)
}

/// A foreign key within a table.
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

/// What stands before the text of a check in its comment. PostgreSQL keeps what it made of a check, and no tool could
/// tell whether that is still what was declared.
pub const DECLARED_AS: &str = "declared as ";

/// The statement that keeps the text of a check.
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

/// The statement that says what a table or column of PostgreSQL means, or nothing any more.
pub fn comment(table: &str, column: Option<&str>, text: Option<&str>) -> String {
    let text = text.map_or_else(|| "NULL".into(), literal);
    match column {
        Some(column) => format!("COMMENT ON COLUMN {table}.{} IS {text}", quote(column)),
        None => format!("COMMENT ON TABLE {table} IS {text}"),
    }
}
