//! A map of named values: validated input, or a row.

use crate::Value;

/// Named values in insertion order. It distinguishes given values from those filled in.
///
/// ```
/// use mwallet_schema::{Record, Value};
/// let mut order = Record::new();
/// order.set("memo", "first");
/// order.fill("order_type", "OPEN");
/// assert_eq!(order.get("memo"), Some(&Value::from("first")));
/// assert_eq!(order.given().collect::<Vec<_>>(), ["memo"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    name: String,
    value: Value,
    given: bool,
}

impl Record {
    /// Returns an empty record.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the number of values.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns whether the record is empty.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns the value with that name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.entries.iter().find(|entry| entry.name == name).map(|entry| &entry.value)
    }

    /// Removes and returns the value with that name.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let position = self.entries.iter().position(|entry| entry.name == name)?;
        Some(self.entries.remove(position).value)
    }

    /// Sets a value that was given.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.insert(name.into(), value.into(), true);
    }

    /// Sets a value that was filled in, such as a default.
    pub fn fill(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.insert(name.into(), value.into(), false);
    }

    /// Returns an empty record with space for `capacity` values.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self { entries: Vec::with_capacity(capacity) }
    }

    /// Appends a value without looking for an existing one. The caller knows that the name is new.
    pub(crate) fn push(&mut self, name: String, value: Value, given: bool) {
        self.entries.push(Entry { name, value, given });
    }

    /// Returns names and values in order, each with whether it was given.
    pub(crate) fn into_entries(self) -> impl Iterator<Item = (String, Value, bool)> {
        self.entries.into_iter().map(|entry| (entry.name, entry.value, entry.given))
    }

    fn insert(&mut self, name: String, value: Value, given: bool) {
        match self.entries.iter_mut().find(|entry| entry.name == name) {
            Some(entry) => (entry.value, entry.given) = (value, given),
            None => self.entries.push(Entry { name, value, given }),
        }
    }

    /// Iterates over names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.entries.iter().map(|entry| (entry.name.as_str(), &entry.value))
    }

    /// Iterates over the names of the values that were given.
    pub fn given(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter(|entry| entry.given).map(|entry| entry.name.as_str())
    }

    /// Returns whether the value with that name was given.
    pub fn was_given(&self, name: &str) -> bool {
        self.given().any(|given| given == name)
    }

    /// Returns a copy with only these names.
    pub fn include(&self, names: &[&str]) -> Self {
        self.copy_where(|name| names.contains(&name))
    }

    /// Returns a copy without these names.
    pub fn exclude(&self, names: &[&str]) -> Self {
        self.copy_where(|name| !names.contains(&name))
    }

    /// Returns a copy with the values of `changes` added, replacing those of the same name.
    pub fn update(&self, changes: &Self) -> Self {
        let mut copy = self.clone();
        for entry in &changes.entries {
            copy.insert(entry.name.clone(), entry.value.clone(), entry.given);
        }
        copy
    }

    fn copy_where(&self, keep: impl Fn(&str) -> bool) -> Self {
        Self { entries: self.entries.iter().filter(|entry| keep(&entry.name)).cloned().collect() }
    }
}

impl IntoIterator for Record {
    type Item = (String, Value);
    type IntoIter = std::iter::Map<std::vec::IntoIter<Entry>, fn(Entry) -> (String, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter().map(|entry| (entry.name, entry.value))
    }
}

impl<N: Into<String>, V: Into<Value>> FromIterator<(N, V)> for Record {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut record = Self::new();
        for (name, value) in pairs {
            record.set(name, value);
        }
        record
    }
}

impl<N: Into<String>, V: Into<Value>, const LEN: usize> From<[(N, V); LEN]> for Record {
    fn from(pairs: [(N, V); LEN]) -> Self {
        pairs.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_include_exclude_and_update() {
        let record = Record::from([("a", 1i64), ("b", 2), ("c", 3)]);
        assert_eq!(record.include(&["c", "a"]), Record::from([("a", 1i64), ("c", 3)]));
        assert_eq!(record.exclude(&["c", "a"]), Record::from([("b", 2i64)]));
        let changed = record.update(&Record::from([("b", 5i64), ("d", 4)]));
        assert_eq!(changed, Record::from([("a", 1i64), ("b", 5), ("c", 3), ("d", 4)]));
        assert_eq!(record.get("b"), Some(&Value::Int(2)));
    }
}
