//! Writes rows as JSON text by their column types, without intermediate structs or values.

use mwallet_query::Zone;
use mwallet_schema::{Timestamp, Value};

use crate::columns::{Columns, KeyWriter, OutputColumn, OutputKind, RelatedColumns};
use crate::error::Result;
use crate::statement::{JsonStyle, Numbers};

/// A value as a driver returns it.
pub(crate) trait DriverValue: Copy {
    /// The rows of a related table that one value holds.
    type Rows: DriverRows<Value = Self>;

    fn is_null(self) -> bool;

    /// Decodes a value of a column that holds no related rows.
    fn decode(self, column: &OutputColumn) -> Result<Value>;

    /// Writes a value that is not null, of a column that holds no related rows, as JSON.
    fn write_json(self, column: &OutputColumn, out: &mut Vec<u8>) -> Result<()>;

    /// Returns the related rows: several, or the only one.
    fn rows(self, is_many: bool) -> Result<Self::Rows>;
}

/// Related rows as a driver returns them. The fields of each row are read in order, all of them.
pub(crate) trait DriverRows {
    type Value: DriverValue;

    /// Moves to the next row. Returns whether there is one.
    fn next_row(&mut self) -> Result<bool>;

    /// Returns the next field of the row, which must be a value of this column.
    fn next_field(&mut self, column: &OutputColumn) -> Result<Self::Value>;
}

/// Writes one row as an object. `value` returns the value of the column at an index.
pub(crate) fn write_row<V: DriverValue>(
    columns: &Columns,
    style: JsonStyle,
    out: &mut Vec<u8>,
    mut value: impl FnMut(usize) -> Result<V>,
) -> Result<()> {
    let mut keys = columns.shape().writer();
    for (index, column) in columns.iter().enumerate() {
        write_member(column, value(index)?, style, &mut keys, out)?;
    }
    out.extend_from_slice(if keys.has_begun() { b"}" } else { b"{}" });
    Ok(())
}

#[inline]
fn write_member<V: DriverValue>(
    column: &OutputColumn,
    value: V,
    style: JsonStyle,
    keys: &mut KeyWriter<'_>,
    out: &mut Vec<u8>,
) -> Result<()> {
    match &column.kind {
        OutputKind::Related(related) => write_related_member(related, value, style, keys, out),
        OutputKind::Column(_) | OutputKind::Number => {
            keys.write_next(out);
            write_scalar(column, value, style, out)
        }
    }
}

/// Writes related rows as a member of their object, or the columns of spread rows as several.
///
/// It is apart from the loop over the columns, which is the hot path of every response.
#[inline(never)]
fn write_related_member<V: DriverValue>(
    related: &RelatedColumns,
    value: V,
    style: JsonStyle,
    keys: &mut KeyWriter<'_>,
    out: &mut Vec<u8>,
) -> Result<()> {
    if related.is_spread {
        let rows = if value.is_null() { Vec::new() } else { collect(value, related)? };
        return match related.is_many {
            true => {
                let rows: Vec<Option<Vec<V>>> = rows.into_iter().map(Some).collect();
                write_columns(&related.columns, &rows, style, keys, out)
            }
            false => write_spread_row(&related.columns, rows.first().map(Vec::as_slice), style, keys, out),
        };
    }
    keys.write_next(out);
    write_related(related, value, style, out)
}

#[inline]
fn write_scalar<V: DriverValue>(column: &OutputColumn, value: V, style: JsonStyle, out: &mut Vec<u8>) -> Result<()> {
    if value.is_null() {
        out.extend_from_slice(b"null");
        return Ok(());
    }
    let start = out.len();
    value.write_json(column, out)?;
    if !style.is_default() {
        restyle(column, style, out, start);
    }
    Ok(())
}

/// Changes a value that was written since `start` to the style of the response. Few responses have one of their own.
#[inline(never)]
fn restyle(column: &OutputColumn, style: JsonStyle, out: &mut Vec<u8>, start: usize) {
    if style.numbers == Numbers::Strings && column.holds_exact_numbers() {
        quote_numbers(out, start);
    }
    if let Some(zone) = style.zone.filter(|_| column.holds_times()) {
        move_times(out, start, zone);
    }
}

/// Writes related rows as an array, or the only one as an object or null. Those of a spread row that is not there are
/// null.
fn write_related<V: DriverValue>(
    related: &RelatedColumns,
    value: V,
    style: JsonStyle,
    out: &mut Vec<u8>,
) -> Result<()> {
    if value.is_null() {
        out.extend_from_slice(b"null");
        return Ok(());
    }
    let mut rows = value.rows(related.is_many)?;
    if !related.is_many {
        return match rows.next_row()? {
            true => write_row(&related.columns, style, out, |index| rows.next_field(&related.columns[index])),
            false => {
                out.extend_from_slice(b"null");
                Ok(())
            }
        };
    }
    out.push(b'[');
    let mut is_first = true;
    while rows.next_row()? {
        if !is_first {
            out.push(b',');
        }
        is_first = false;
        write_row(&related.columns, style, out, |index| rows.next_field(&related.columns[index]))?;
    }
    out.push(b']');
    Ok(())
}

/// Reads all fields of related rows.
fn collect<V: DriverValue>(value: V, related: &RelatedColumns) -> Result<Vec<Vec<V>>> {
    let mut rows = value.rows(related.is_many)?;
    let mut all = Vec::new();
    while rows.next_row()? {
        all.push(related.columns.iter().map(|column| rows.next_field(column)).collect::<Result<_>>()?);
    }
    Ok(all)
}

/// Writes the columns of one spread row; nulls if there is no row.
fn write_spread_row<V: DriverValue>(
    columns: &Columns,
    row: Option<&[V]>,
    style: JsonStyle,
    keys: &mut KeyWriter<'_>,
    out: &mut Vec<u8>,
) -> Result<()> {
    for (index, column) in columns.iter().enumerate() {
        match (row, &column.kind) {
            (Some(row), _) => write_member(column, row[index], style, keys, out)?,
            (None, OutputKind::Related(RelatedColumns { columns, is_spread: true, .. })) => {
                write_spread_row::<V>(columns, None, style, keys, out)?;
            }
            (None, _) => {
                keys.write_next(out);
                out.extend_from_slice(b"null");
            }
        }
    }
    Ok(())
}

/// Writes each column of spread rows as an array of its values, with null for a row that is missing. Rows spread within
/// them are always single ones.
fn write_columns<V: DriverValue>(
    columns: &Columns,
    rows: &[Option<Vec<V>>],
    style: JsonStyle,
    keys: &mut KeyWriter<'_>,
    out: &mut Vec<u8>,
) -> Result<()> {
    for (index, column) in columns.iter().enumerate() {
        let values = rows.iter().map(|row| row.as_ref().map(|row| row[index]));
        if let OutputKind::Related(related @ RelatedColumns { is_spread: true, .. }) = &column.kind {
            let inner = values.map(|value| match value.filter(|value| !value.is_null()) {
                Some(value) => Ok(collect(value, related)?.pop()),
                None => Ok(None),
            });
            let inner: Vec<Option<Vec<V>>> = inner.collect::<Result<_>>()?;
            write_columns(&related.columns, &inner, style, keys, out)?;
            continue;
        }
        keys.write_next(out);
        write_array(values, column, style, out)?;
    }
    Ok(())
}

fn write_array<V: DriverValue>(
    values: impl Iterator<Item = Option<V>>,
    column: &OutputColumn,
    style: JsonStyle,
    out: &mut Vec<u8>,
) -> Result<()> {
    out.push(b'[');
    for (index, value) in values.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        match (value, &column.kind) {
            (None, _) => out.extend_from_slice(b"null"),
            (Some(value), OutputKind::Related(related)) => write_related(related, value, style, out)?,
            (Some(value), _) => write_scalar(column, value, style, out)?,
        }
    }
    out.push(b']');
    Ok(())
}

/// Decodes a value: related rows as a list of records, or as one.
pub(crate) fn decode<V: DriverValue>(column: &OutputColumn, value: V) -> Result<Value> {
    let OutputKind::Related(related) = &column.kind else {
        return if value.is_null() { Ok(Value::Null) } else { value.decode(column) };
    };
    if value.is_null() {
        return Ok(if related.is_many { Value::List(Vec::new()) } else { Value::Null });
    }
    let record = |row: Vec<V>| {
        let members = related.columns.iter().zip(row);
        let members = members.map(|(column, value)| Ok((column.name.clone(), decode(column, value)?)));
        Ok(Value::Record(members.collect::<Result<_>>()?))
    };
    let mut rows = collect(value, related)?.into_iter().map(record);
    match related.is_many {
        true => Ok(Value::List(rows.collect::<Result<_>>()?)),
        false => rows.next().unwrap_or(Ok(Value::Null)),
    }
}

/// Writes an integer.
pub(crate) fn write_integer(out: &mut Vec<u8>, number: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Writes a quoted string that needs no escapes.
pub(crate) fn write_plain(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    out.extend_from_slice(text);
    out.push(b'"');
}

/// Turns the numbers written since `start` into strings: a single number, or the elements of an array.
pub(crate) fn quote_numbers(out: &mut Vec<u8>, start: usize) {
    match out.get(start) {
        Some(b'-' | b'0'..=b'9') => {
            out.insert(start, b'"');
            out.push(b'"');
        }
        Some(b'[') => quote_elements(out, start),
        _ => {}
    }
}

/// Turns the numbers in an array into strings. Other elements are arrays, nulls, and quoted words such as `"NaN"`.
fn quote_elements(out: &mut Vec<u8>, start: usize) {
    let array = out.split_off(start);
    let (mut is_text, mut is_number) = (false, false);
    for byte in array {
        let belongs = !is_text && matches!(byte, b'-' | b'+' | b'.' | b'0'..=b'9' | b'e' | b'E');
        // A letter, as in `null`, cannot start a number, but can be part of one.
        let is_of_number = belongs && (is_number || !byte.is_ascii_alphabetic());
        if is_of_number != is_number {
            out.push(b'"');
            is_number = is_of_number;
        }
        is_text ^= byte == b'"';
        out.push(byte);
    }
}

/// Moves the times written since `start` to a zone: a single one, or the elements of an array. What is none, such as
/// `"infinity"`, is kept.
fn move_times(out: &mut Vec<u8>, start: usize, zone: Zone) {
    let written = out.split_off(start);
    // No time contains a quote or an escape, so every second part is the text between two quotes.
    for (index, part) in written.split(|byte| *byte == b'"').enumerate() {
        if index > 0 {
            out.push(b'"');
        }
        let text = std::str::from_utf8(part).ok().filter(|_| index % 2 == 1);
        match text.and_then(|text| text.parse::<Timestamp>().ok()) {
            Some(time) => time.write_at_offset(zone.offset_minutes(time.micros()), out),
            None => out.extend_from_slice(part),
        }
    }
}

/// Writes bytes as a base64 string.
pub(crate) fn write_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    use base64::Engine as _;
    out.push(b'"');
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    // The slice has the exact length of the encoding, so it always fits.
    let written = base64::engine::general_purpose::STANDARD.encode_slice(bytes, &mut out[start..]).unwrap_or(0);
    out.truncate(start + written);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use mwallet_schema::ColumnType;

    use super::*;

    /// A number, or rows of several; nothing is null.
    #[derive(Clone, Copy)]
    struct Cell(Option<i64>, &'static [&'static [Cell]]);

    struct Rows(std::slice::Iter<'static, &'static [Cell]>, std::slice::Iter<'static, Cell>);

    impl DriverValue for Cell {
        type Rows = Rows;

        fn is_null(self) -> bool {
            self.0.is_none()
        }

        fn decode(self, _: &OutputColumn) -> Result<Value> {
            Ok(self.0.map_or(Value::Null, Value::Int))
        }

        fn write_json(self, _: &OutputColumn, out: &mut Vec<u8>) -> Result<()> {
            write_integer(out, self.0.unwrap());
            Ok(())
        }

        fn rows(self, _: bool) -> Result<Rows> {
            Ok(Rows(self.1.iter(), [].iter()))
        }
    }

    impl DriverRows for Rows {
        type Value = Cell;

        fn next_row(&mut self) -> Result<bool> {
            let next = self.0.next();
            self.1 = next.copied().unwrap_or_default().iter();
            Ok(next.is_some())
        }

        fn next_field(&mut self, _: &OutputColumn) -> Result<Cell> {
            Ok(*self.1.next().unwrap())
        }
    }

    const fn number(number: i64) -> Cell {
        Cell(Some(number), &[])
    }

    const NULL: Cell = Cell(None, &[]);

    fn column(name: &str, kind: OutputKind) -> OutputColumn {
        OutputColumn { name: name.into(), kind }
    }

    fn big(name: &str) -> OutputColumn {
        column(name, OutputKind::Column(ColumnType::BigInt))
    }

    fn related(name: &str, is_many: bool, is_spread: bool, columns: Vec<OutputColumn>) -> OutputColumn {
        column(name, OutputKind::Related(RelatedColumns { columns: columns.into(), is_many, is_spread }))
    }

    fn written(columns: Vec<OutputColumn>, numbers: Numbers, row: &[Cell]) -> String {
        let (mut out, style) = (Vec::new(), JsonStyle { numbers, zone: None });
        write_row(&columns.into(), style, &mut out, |index| Ok(row[index])).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn names_are_escaped_and_an_empty_row_is_an_object() {
        let columns = vec![big("a"), big("b\"c")];
        assert_eq!(written(columns.clone(), Numbers::ByType, &[number(0), NULL]), r#"{"a":0,"b\"c":null}"#);
        assert_eq!(written(columns, Numbers::Strings, &[number(0), number(-1)]), r#"{"a":"0","b\"c":"-1"}"#);
        assert_eq!(written(Vec::new(), Numbers::ByType, &[]), "{}");
    }

    #[test]
    fn related_rows_are_objects_arrays_or_spread() {
        const TWO: Cell = Cell(Some(0), &[&[number(1), number(2)], &[number(3), NULL]]);
        const ONE: Cell = Cell(Some(0), &[&[number(4), TWO]]);
        let pair = || vec![big("x"), big("y")];
        let by_type = |columns, row: &[Cell]| written(columns, Numbers::ByType, row);
        assert_eq!(
            by_type(vec![related("r", true, false, pair())], &[TWO]),
            r#"{"r":[{"x":1,"y":2},{"x":3,"y":null}]}"#
        );
        assert_eq!(by_type(vec![related("r", true, false, pair())], &[NULL]), r#"{"r":null}"#);
        assert_eq!(
            by_type(vec![related("r", false, false, pair()), big("a")], &[NULL, number(1)]),
            r#"{"r":null,"a":1}"#
        );

        let nested = |is_spread| vec![big("z"), related("r", true, is_spread, pair())];
        let one = |is_spread| vec![big("a"), related("o", false, true, nested(is_spread)), big("b")];
        let row = [number(0), ONE, number(9)];
        assert_eq!(by_type(one(false), &row), r#"{"a":0,"z":4,"r":[{"x":1,"y":2},{"x":3,"y":null}],"b":9}"#);
        assert_eq!(by_type(one(true), &row), r#"{"a":0,"z":4,"x":[1,3],"y":[2,null],"b":9}"#);
        assert_eq!(by_type(one(true), &[number(0), NULL, number(9)]), r#"{"a":0,"z":null,"x":null,"y":null,"b":9}"#);
        assert_eq!(by_type(one(false), &[number(0), NULL, NULL]), r#"{"a":0,"z":null,"r":null,"b":null}"#);

        // A spread of several rows, in which single ones are spread.
        const INNER: Cell = Cell(Some(0), &[&[number(5), number(6)]]);
        const OUTER: Cell = Cell(Some(0), &[&[number(1), INNER], &[number(2), NULL]]);
        let columns = vec![related("m", true, true, vec![big("n"), related("i", false, true, pair())])];
        assert_eq!(by_type(columns.clone(), &[OUTER]), r#"{"n":[1,2],"x":[5,null],"y":[6,null]}"#);
        assert_eq!(by_type(columns.clone(), &[NULL]), r#"{"n":[],"x":[],"y":[]}"#);
        assert_eq!(written(columns, Numbers::Strings, &[OUTER]), r#"{"n":["1","2"],"x":["5",null],"y":["6",null]}"#);
    }

    #[test]
    fn related_rows_are_records_for_programs() {
        const TWO: Cell = Cell(Some(0), &[&[number(1)], &[NULL]]);
        let decoded = |is_many, cell| decode(&related("r", is_many, false, vec![big("x")]), cell).unwrap();
        let record = |value| Value::Record([("x".to_owned(), value)].into_iter().collect());
        assert_eq!(decoded(true, TWO), Value::List(vec![record(Value::Int(1)), record(Value::Null)]));
        assert_eq!(decoded(false, TWO), record(Value::Int(1)));
        assert_eq!((decoded(true, NULL), decoded(false, NULL)), (Value::List(Vec::new()), Value::Null));
    }

    #[test]
    fn times_are_moved_in_arrays_too() {
        for (written, moved) in [
            (r#""2026-11-01T08:30:00+00:00""#, r#""2026-11-01T01:30:00-07:00""#),
            (r#""2026-11-01T09:30:00.5+00:00""#, r#""2026-11-01T01:30:00.5-08:00""#),
            (r#""2026-11-01T10:30:00+01:00""#, r#""2026-11-01T01:30:00-08:00""#),
            (
                r#"["2026-06-01T00:00:00+00:00", null,["infinity"]]"#,
                r#"["2026-05-31T17:00:00-07:00", null,["infinity"]]"#,
            ),
            (r#""0044-03-15T12:00:00+00:00 BC""#, r#""0044-03-15T12:00:00+00:00 BC""#),
            (r#""10000-01-01T00:00:00+00:00""#, r#""10000-01-01T00:00:00+00:00""#),
            (r#""9999-12-31T23:59:59+00:00""#, r#""9999-12-31T23:59:59+00:00""#),
            (r#""0001-01-01T00:00:00+00:00""#, r#""0001-01-01T00:00:00+00:00""#),
            ("[]", "[]"),
        ] {
            let mut out = format!("x{written}").into_bytes();
            move_times(&mut out, 1, Zone::find("America/Los_Angeles").unwrap());
            assert_eq!(String::from_utf8(out).unwrap(), format!("x{moved}"));
        }
    }

    #[test]
    fn numbers_become_strings_in_arrays_too() {
        for (written, quoted) in [
            ("12", "\"12\""),
            ("null", "null"),
            ("\"NaN\"", "\"NaN\""),
            ("[]", "[]"),
            ("[1,-2.50,null,\"NaN\",\"-Infinity\"]", "[\"1\",\"-2.50\",null,\"NaN\",\"-Infinity\"]"),
            ("[[1,2],\n [3,null]]", "[[\"1\",\"2\"],\n [\"3\",null]]"),
        ] {
            let mut out = [b"before ", written.as_bytes()].concat();
            quote_numbers(&mut out, 7);
            assert_eq!(String::from_utf8(out).unwrap(), format!("before {quoted}"));
        }
    }

    #[test]
    fn base64_of_every_length() {
        for (bytes, text) in [(&b""[..], "\"\""), (b"a", "\"YQ==\""), (b"ab", "\"YWI=\""), (b"abc", "\"YWJj\"")] {
            let mut out = Vec::new();
            write_base64(&mut out, bytes);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }
}
