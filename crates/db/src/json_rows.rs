//! Rows as one JSON text, from the first row of a driver to the body of an answer without a copy.

use bytes::{Buf, Bytes};

/// Rows as JSON objects with commas between them.
///
/// Before the first stands a byte of room, so that brackets are written around them in place.
///
/// ```
/// # use mwallet_db::JsonRows;
/// let rows = JsonRows::default();
/// assert_eq!(rows.rows(), 0);
/// assert_eq!(rows.into_array(), "[]");
/// ```
#[derive(Clone, Debug, Default)]
pub struct JsonRows {
    /// One byte, whatever it is, and the objects; empty where there are none.
    text: Vec<u8>,
    rows: u64,
    merged: u64,
}

/// How much room a text has when its first row is written.
const ROOM: usize = 1_024;

impl JsonRows {
    /// How many rows there are.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// How many of them an upsert found instead of making them.
    pub fn merged(&self) -> u64 {
        self.merged
    }

    /// How many bytes they are, without brackets.
    pub fn bytes(&self) -> usize {
        self.text.len().saturating_sub(1)
    }

    /// The objects with commas between them.
    pub fn objects(&self) -> &[u8] {
        self.text.get(1..).unwrap_or_default()
    }

    /// The same, without a copy.
    pub fn into_objects(self) -> Bytes {
        match self.text.is_empty() {
            true => Bytes::new(),
            false => {
                let mut text = Bytes::from(self.text);
                text.advance(1);
                text
            }
        }
    }

    /// An array of the rows.
    pub fn into_array(mut self) -> Bytes {
        self.begin(b'[');
        self.text.push(b']');
        self.text.into()
    }

    /// The beginning of an array, with `[` before the rows.
    pub fn into_array_begin(mut self) -> Bytes {
        self.begin(b'[');
        self.text.into()
    }

    /// A further part of an array, with a comma before the rows.
    pub fn into_array_part(mut self) -> Bytes {
        self.begin(b',');
        self.text.into()
    }

    fn begin(&mut self, with: u8) {
        match self.text.first_mut() {
            Some(first) => *first = with,
            None => self.text.push(with),
        }
    }

    /// Without rows, with room for so many bytes.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { text: Vec::with_capacity(bytes), ..Self::default() }
    }

    pub(crate) fn capacity(&self) -> usize {
        self.text.capacity()
    }

    /// Adds a row that a function writes.
    pub(crate) fn push<E>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<(), E> {
        // A page is a hundred times its first row: to double from there would copy it again and again.
        if self.text.capacity() - self.text.len() < ROOM {
            self.text.reserve(ROOM.max(self.text.capacity() * 3));
        }
        // The byte of room, or what divides this row from the one before.
        self.text.push(b',');
        write(&mut self.text)?;
        self.rows += 1;
        Ok(())
    }

    /// Counts the last row among those that an upsert found.
    pub(crate) fn count_merged(&mut self) {
        self.merged += 1;
    }

    /// Adds the rows of another.
    pub(crate) fn append(&mut self, more: &Self) {
        if more.rows > 0 {
            self.text.push(b',');
            self.text.extend_from_slice(more.objects());
            self.rows += more.rows;
            self.merged += more.merged;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json_rows(rows: &[&str]) -> JsonRows {
        let mut all = JsonRows::default();
        for row in rows {
            let pushed: Result<(), ()> = all.push(|out| {
                out.extend_from_slice(row.as_bytes());
                Ok(())
            });
            assert_eq!(pushed, Ok(()));
        }
        all
    }

    #[test]
    fn rows_in_every_form() {
        let two = || json_rows(&["{}", "{\"a\":1}"]);
        assert_eq!((two().rows(), two().bytes()), (2, 10));
        assert_eq!(two().objects(), b"{},{\"a\":1}");
        assert_eq!(two().into_objects(), "{},{\"a\":1}");
        assert_eq!(two().into_array(), "[{},{\"a\":1}]");
        assert_eq!(two().into_array_begin(), "[{},{\"a\":1}");
        assert_eq!(two().into_array_part(), ",{},{\"a\":1}");
        assert_eq!(JsonRows::default().into_objects(), "");
        assert_eq!(JsonRows::default().bytes(), 0);
    }

    #[test]
    fn one_after_the_other() {
        let mut all = JsonRows::default();
        for more in [json_rows(&[]), json_rows(&["1", "2"]), json_rows(&[]), json_rows(&["3"])] {
            all.append(&more);
        }
        assert_eq!((all.rows(), all.into_array()), (3, "[1,2,3]".into()));
    }
}
