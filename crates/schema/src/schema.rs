//! Describes what input must look like, and what a response looks like.
//!
//! A [`Schema`] is checked when it is built, so it cannot be invalid later. Its operations turn input into a
//! [`Record`], and records into columns and back.

use std::io::Read as _;
use std::path::Path;

use regex::Regex;

use crate::validate::read::Walk;
use crate::validate::{Collector, FailureKind, MAX_FILE_BYTES, Place, rules, typed};
use crate::{Access, Field, FixedTime, Record, Sources, ValidationError, yaml};

mod builder;

pub use builder::{SchemaBuilder, SchemaError};

/// Describes valid input: fields with types, rules and defaults.
///
/// ```
/// # use mwallet_schema::{ColumnType, Field, Rules, Schema, Sources, Timestamp};
/// # struct Fixed;
/// # impl Sources for Fixed {
/// #     fn now(&self) -> Timestamp { Timestamp::default() }
/// #     fn fill_random(&self, buffer: &mut [u8]) { buffer.fill(7) }
/// # }
/// let note = Schema::builder("NoteSchema")
///     .field(Field::new("title", ColumnType::Text { max: Some(8) }))
///     .field(Field::new("memo", ColumnType::Text { max: None }).optional())
///     .build()?;
/// let record = note.validate(br#"{"title": "first"}"#, &Fixed)?;
/// assert_eq!(record.given().collect::<Vec<_>>(), ["title"]);
///
/// let error = note.validate(br#"{"title": "far too long", "tilte": 1}"#, &Fixed).unwrap_err();
/// assert_eq!(error.to_string(), "/title: at most 8 characters are allowed; /tilte: there is no such field");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Schema {
    name: String,
    comment: Option<String>,
    fields: Vec<Field>,
    takes_unknown: bool,
    /// The compiled pattern of each field that has one.
    patterns: Vec<Option<Regex>>,
}

/// Ignores the compiled patterns, which follow from the fields.
impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.comment == other.comment
            && self.takes_unknown == other.takes_unknown
            && self.fields == other.fields
    }
}

impl Schema {
    /// Starts a schema with that name.
    pub fn builder(name: impl Into<String>) -> SchemaBuilder {
        SchemaBuilder::new(name.into())
    }

    /// Returns the name, such as `OrderSchema`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the description.
    pub fn comment(&self) -> Option<&str> {
        self.comment.as_deref()
    }

    /// Returns the fields, in order.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Returns the field with that name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Returns the field for that column.
    pub fn field_of_column(&self, column: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.column() == column)
    }

    /// Returns whether unknown fields are ignored rather than rejected.
    pub fn takes_unknown(&self) -> bool {
        self.takes_unknown
    }

    /// Returns the position of the field with that name. The search starts at `start`, since clients tend to keep the
    /// documented order.
    pub(crate) fn position_from(&self, name: &str, start: usize) -> Option<usize> {
        let start = start.min(self.fields.len());
        let (before, after) = self.fields.split_at(start);
        let find = |fields: &[Field]| fields.iter().position(|field| field.name == name);
        find(after).map(|position| position + start).or_else(|| find(before))
    }

    pub(crate) fn pattern(&self, position: usize) -> Option<&Regex> {
        self.patterns.get(position).and_then(Option::as_ref)
    }

    /// Parses a JSON object and fills in defaults.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not JSON, or with every failure: first those of the given fields in the order
    /// of the text, then the missing fields in the order of the schema.
    pub fn validate(&self, json: &[u8], sources: &dyn Sources) -> Result<Record, ValidationError> {
        self.read_one(Walk::new(json, sources)?)
    }

    fn read_one(&self, mut walk: Walk<'_, '_>) -> Result<Record, ValidationError> {
        let record = walk.object(self, &Place::ROOT)?;
        walk.reader.end()?;
        Ok(walk.failures.into_result(record.unwrap_or_default())?)
    }

    /// Parses a JSON array of objects, or a single object. Pointers into an array begin with the index of the item.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Schema::validate`], or an error if there are more than `limit` objects.
    pub fn validate_many(
        &self,
        json: &[u8],
        sources: &dyn Sources,
        limit: usize,
    ) -> Result<Vec<Record>, ValidationError> {
        let mut walk = Walk::new(json, sources)?;
        if walk.reader.peek() != Some(b'[') {
            return self.read_one(walk).map(|record| vec![record]);
        }
        walk.reader.value()?;
        let mut records = Vec::new();
        let mut count = 0;
        while walk.reader.item()? {
            if count == limit {
                let msg = if limit == 1 {
                    "one object is allowed".into()
                } else {
                    format!("at most {limit} objects are allowed")
                };
                walk.failures.fail(&Place::ROOT, FailureKind::TooMany, msg);
                return Ok(walk.failures.into_result(records)?);
            }
            records.extend(walk.object(self, &Place::ROOT.index(count))?);
            count += 1;
        }
        walk.reader.end()?;
        Ok(walk.failures.into_result(records)?)
    }

    /// Parses an object from a file: YAML if its name ends in `.yaml` or `.yml`, otherwise JSON.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read or exceeds [`MAX_FILE_BYTES`], and the errors of
    /// [`Schema::validate`].
    pub fn validate_file(&self, path: impl AsRef<Path>, sources: &dyn Sources) -> Result<Record, ValidationError> {
        let path = path.as_ref();
        let mut text = Vec::new();
        std::fs::File::open(path)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut text)?;
        if text.len() as u64 > MAX_FILE_BYTES {
            return Err(ValidationError::FileTooLarge { limit: MAX_FILE_BYTES });
        }
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if ending.eq_ignore_ascii_case("yaml") || ending.eq_ignore_ascii_case("yml") {
            self.validate_yaml(&text, sources)
        } else {
            self.validate(&text, sources)
        }
    }

    /// Parses an object from YAML.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not a single YAML document without anchors, and the errors of
    /// [`Schema::validate`].
    pub fn validate_yaml(&self, text: &[u8], sources: &dyn Sources) -> Result<Record, ValidationError> {
        self.validate(&yaml::to_json(text)?, sources)
    }

    /// Validates values that already have types by the same rules, and fills in defaults.
    ///
    /// A read-only field may hold a value that was filled in ([`Record::fill`]), but not one that was given.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Schema::validate`].
    pub fn validate_record(&self, record: Record, sources: &dyn Sources) -> Result<Record, ValidationError> {
        let mut failures = Collector::default();
        let record = typed::record(self, record, &FixedTime::new(sources), &Place::ROOT, &mut failures);
        Ok(failures.into_result(record)?)
    }

    /// Fills in defaults without validation, for data that is known to be valid.
    pub fn construct(&self, mut record: Record, sources: &dyn Sources) -> Record {
        let sources = &FixedTime::new(sources);
        for field in &self.fields {
            if let Some(default) = &field.default
                && record.get(&field.name).is_none()
            {
                record.push(field.name.clone(), rules::make_default(default, sources), false);
            }
        }
        record
    }

    /// Turns a row, keyed by column names, into a response keyed by field names. The response has the order of the
    /// fields, and neither secrets nor unknown columns.
    pub fn from_row(&self, mut row: Record) -> Record {
        let mut answer = Record::with_capacity(self.fields.len());
        for field in self.fields.iter().filter(|field| field.access != Access::WriteOnly) {
            if let Some(value) = row.remove(field.column()) {
                answer.push(field.name.clone(), value, true);
            }
        }
        answer
    }

    /// Renames the entries from field names to column names.
    pub fn to_columns(&self, record: Record) -> Record {
        let mut columns = Record::with_capacity(record.len());
        let mut next = 0;
        for (name, value, given) in record.into_entries() {
            let position = self.position_from(&name, next);
            next = position.map_or(next, |position| position + 1);
            let column = position.and_then(|position| self.fields[position].column.clone());
            columns.push(column.unwrap_or(name), value, given);
        }
        columns
    }

    /// Returns a copy with only these fields, under another name.
    pub fn only(&self, name: impl Into<String>, fields: &[&str]) -> Self {
        self.copy_where(name.into(), |field| fields.contains(&field.name.as_str()))
    }

    /// Returns a copy without these fields, under another name.
    pub fn without(&self, name: impl Into<String>, fields: &[&str]) -> Self {
        self.copy_where(name.into(), |field| !fields.contains(&field.name.as_str()))
    }

    /// Returns a copy for PATCH, under another name: every field is optional and has no default.
    pub fn partial(&self, name: impl Into<String>) -> Self {
        let mut copy = self.copy_where(name.into(), |_| true);
        for field in &mut copy.fields {
            (field.required, field.default) = (false, None);
        }
        copy
    }

    /// Returns a copy in which the fields of these columns are optional, since their values come from elsewhere.
    pub fn without_need_of(&self, columns: &[&str]) -> Self {
        let mut copy = self.clone();
        for field in copy.fields.iter_mut().filter(|field| columns.contains(&field.column())) {
            field.required = false;
        }
        copy
    }

    /// Returns a copy that ignores unknown fields rather than rejecting them.
    pub fn ignoring_unknown(&self) -> Self {
        Self { takes_unknown: true, ..self.clone() }
    }

    /// Returns a copy without defaults: every field that is not nullable is required, unless it is read-only.
    pub fn without_defaults(&self) -> Self {
        let mut copy = self.clone();
        for field in &mut copy.fields {
            (field.required, field.default) = (!field.nullable && field.access != Access::ReadOnly, None);
        }
        copy
    }

    fn copy_where(&self, name: String, keep: impl Fn(&Field) -> bool) -> Self {
        let kept = self.fields.iter().zip(&self.patterns).filter(|(field, _)| keep(field));
        let (fields, patterns) = kept.map(|(field, pattern)| (field.clone(), pattern.clone())).unzip();
        Self { name, comment: self.comment.clone(), fields, takes_unknown: self.takes_unknown, patterns }
    }
}

#[cfg(test)]
pub(crate) mod tests;
