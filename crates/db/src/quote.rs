//! Names as identifiers of SQL.

/// A name as an identifier of SQL.
pub fn quote(name: &str) -> String {
    let mut quoted = String::with_capacity(name.len() + 2);
    write_quoted(&mut quoted, name);
    quoted
}

/// Writes a name as an identifier of SQL: the only way a name gets into a statement.
pub(crate) fn write_quoted(sql: &mut String, name: &str) {
    sql.push('"');
    for (index, part) in name.split('"').enumerate() {
        sql.push_str(if index > 0 { "\"\"" } else { "" });
        sql.push_str(part);
    }
    sql.push('"');
}
