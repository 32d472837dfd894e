//! Quoting of SQL identifiers.

/// Returns a name as a quoted SQL identifier.
pub fn quote(name: &str) -> String {
    let mut quoted = String::with_capacity(name.len() + 2);
    write_quoted(&mut quoted, name);
    quoted
}

/// Writes a name as a quoted SQL identifier. Names must not get into a statement in any other way.
pub(crate) fn write_quoted(sql: &mut String, name: &str) {
    sql.push('"');
    for (index, part) in name.split('"').enumerate() {
        sql.push_str(if index > 0 { "\"\"" } else { "" });
        sql.push_str(part);
    }
    sql.push('"');
}
