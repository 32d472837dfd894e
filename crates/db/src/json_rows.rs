//! Rows as JSON text, passed from the driver to the response body without copying.

use bytes::{Buf, Bytes};

/// Rows as JSON objects, separated by commas.
///
/// One byte is reserved before the first object, so that brackets can be added in place.
///
/// ```
/// # use mwallet_db::JsonRows;
/// let rows = JsonRows::default();
/// assert_eq!(rows.rows(), 0);
/// assert_eq!(rows.into_array(), "[]");
/// ```
#[derive(Clone, Debug, Default)]
pub struct JsonRows {
    /// A reserved byte, followed by the objects. Empty if there are no rows.
    text: Vec<u8>,
    rows: u64,
    merged: u64,
    /// The number of rows that a write affected and that its writer does not see.
    unseen: u64,
    /// The number of rows that a write affected, if it is neither.
    affected: Option<u64>,
}

/// The minimum free capacity in bytes when a row is written.
const ROOM: usize = 1_024;

impl JsonRows {
    /// Creates rows from objects that are JSON already.
    ///
    /// ```
    /// # use mwallet_db::JsonRows;
    /// assert_eq!(JsonRows::of_objects(["{}", "{\"a\":1}"]).into_array(), "[{},{\"a\":1}]");
    /// ```
    pub fn of_objects<'t>(objects: impl IntoIterator<Item = &'t str>) -> Self {
        let mut rows = Self::default();
        for object in objects {
            rows.text.push(b',');
            rows.text.extend_from_slice(object.as_bytes());
            rows.rows += 1;
        }
        rows
    }

    /// Returns the number of rows.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Returns the number of rows that a write affected. It may return fewer: those that have the related rows that its
    /// query requires.
    pub fn affected(&self) -> u64 {
        self.affected.unwrap_or(self.rows + self.unseen)
    }

    /// Returns the number of rows that an upsert updated rather than inserted.
    pub fn merged(&self) -> u64 {
        self.merged
    }

    /// Returns the size in bytes without brackets.
    pub fn bytes(&self) -> usize {
        self.text.len().saturating_sub(1)
    }

    /// Returns the objects, separated by commas.
    pub fn objects(&self) -> &[u8] {
        self.text.get(1..).unwrap_or_default()
    }

    /// Returns the objects, separated by commas, without copying.
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

    /// Returns the rows as a JSON array.
    pub fn into_array(mut self) -> Bytes {
        self.begin(b'[');
        self.text.push(b']');
        self.text.into()
    }

    /// Returns the beginning of a JSON array: `[` and the rows.
    pub fn into_array_begin(mut self) -> Bytes {
        self.begin(b'[');
        self.text.into()
    }

    /// Returns a further part of a JSON array: a comma and the rows.
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

    /// Creates an empty value with a capacity in bytes.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { text: Vec::with_capacity(bytes), ..Self::default() }
    }

    pub(crate) fn capacity(&self) -> usize {
        self.text.capacity()
    }

    /// Adds a row written by a function.
    pub(crate) fn push<E>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<(), E> {
        // A page is often a hundred times its first row. Grow faster than by doubling, to copy less often.
        if self.text.capacity() - self.text.len() < ROOM {
            self.text.reserve(ROOM.max(self.text.capacity() * 3));
        }
        // The reserved byte, or the separator from the previous row.
        self.text.push(b',');
        write(&mut self.text)?;
        self.rows += 1;
        Ok(())
    }

    /// Creates rows of which nothing is returned.
    pub(crate) fn of_nothing(rows: u64) -> Self {
        Self { rows, ..Self::default() }
    }

    /// Sets how many of the rows an upsert updated.
    pub(crate) fn with_merged(self, merged: u64) -> Self {
        Self { merged, ..self }
    }

    /// Sets how many rows the write affected.
    pub(crate) fn with_affected(self, affected: u64) -> Self {
        Self { affected: Some(affected), ..self }
    }

    /// Counts a row that its writer does not see.
    pub(crate) fn count_unseen(&mut self) {
        self.unseen += 1;
    }

    /// Counts the last row as updated by an upsert.
    pub(crate) fn count_merged(&mut self) {
        self.merged += 1;
    }

    /// Appends the rows of another value.
    pub(crate) fn append(&mut self, more: &Self) {
        self.unseen += more.unseen;
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
