//! Builds schemas: extends parents and checks that the result is valid.

use regex::{Regex, RegexBuilder};

use super::Schema;
use crate::validate::{Collector, Place, rules, typed};
use crate::{ColumnType, Field, FieldDefault, FieldType, Sources, Timestamp};

/// The maximum size of a compiled pattern in bytes. A repeated Unicode class grows fast.
const MAX_PATTERN_BYTES: usize = 4 << 20;

/// Builds a [`Schema`] from parents and fields.
#[derive(Clone, Debug)]
pub struct SchemaBuilder {
    name: String,
    comment: Option<String>,
    fields: Vec<Field>,
    own: Vec<Field>,
    takes_unknown: Option<bool>,
    inherited_unknown: bool,
}

/// Why fields do not form a schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// Two fields have the same name.
    #[error("schema {schema} has two fields named {field}")]
    DuplicateField {
        /// The schema.
        schema: String,
        /// The name.
        field: String,
    },
    /// Two fields have the same column.
    #[error("schema {schema} has two fields for the column {column}")]
    DuplicateColumn {
        /// The schema.
        schema: String,
        /// The column.
        column: String,
    },
    /// A field contradicts itself.
    #[error("schema {schema}: {field}: {reason}")]
    WrongField {
        /// The schema.
        schema: String,
        /// The field.
        field: String,
        /// Why the field is invalid.
        reason: String,
    },
}

impl SchemaBuilder {
    pub(super) fn new(name: String) -> Self {
        Self { name, comment: None, fields: Vec::new(), own: Vec::new(), takes_unknown: None, inherited_unknown: false }
    }

    /// Sets the description.
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// Inherits the fields of another schema, which replace those of earlier parents with the same name.
    pub fn parent(mut self, parent: &Schema) -> Self {
        for field in &parent.fields {
            insert_field(&mut self.fields, field.clone());
        }
        self.inherited_unknown = parent.takes_unknown;
        self
    }

    /// Adds a field. It replaces a parent's field with the same name.
    pub fn field(mut self, field: Field) -> Self {
        self.own.push(field);
        self
    }

    /// Adds fields, as [`SchemaBuilder::field`] does.
    pub fn fields(mut self, fields: impl IntoIterator<Item = Field>) -> Self {
        self.own.extend(fields);
        self
    }

    /// Sets whether unknown fields are ignored. By default the last parent decides; without a parent they are
    /// rejected.
    pub fn takes_unknown(mut self, takes_unknown: bool) -> Self {
        self.takes_unknown = Some(takes_unknown);
        self
    }

    /// Checks the fields and builds the schema.
    ///
    /// # Errors
    ///
    /// Returns the first contradiction found: duplicate names, rules that do not fit their types or each other,
    /// patterns that do not compile, or defaults that break the rules.
    pub fn build(self) -> Result<Schema, SchemaError> {
        let Self { name, comment, mut fields, own, takes_unknown, inherited_unknown } = self;
        for (position, field) in own.iter().enumerate() {
            if own[..position].iter().any(|other| other.name == field.name) {
                return Err(SchemaError::DuplicateField { schema: name, field: field.name.clone() });
            }
        }
        for field in own {
            insert_field(&mut fields, field);
        }
        for (position, field) in fields.iter().enumerate() {
            if fields[..position].iter().any(|other| other.column() == field.column()) {
                return Err(SchemaError::DuplicateColumn { schema: name, column: field.column().into() });
            }
        }
        let mut patterns = Vec::with_capacity(fields.len());
        for field in &mut fields {
            let wrong = |reason| SchemaError::WrongField { schema: name.clone(), field: field.name.clone(), reason };
            check_rules(field).map_err(wrong)?;
            let pattern = compile(field).map_err(wrong)?;
            let default = check_default(field, pattern.as_ref()).map_err(wrong)?;
            field.default = default;
            patterns.push(pattern);
        }
        let takes_unknown = takes_unknown.unwrap_or(inherited_unknown);
        Ok(Schema { name, comment, fields, takes_unknown, patterns })
    }
}

fn insert_field(fields: &mut Vec<Field>, field: Field) {
    match fields.iter_mut().find(|other| other.name == field.name) {
        Some(other) => *other = field,
        None => fields.push(field),
    }
}

fn check_rules(field: &Field) -> Result<(), String> {
    let rules = &field.rules;
    let column = match &field.kind {
        FieldType::Column(kind) => Some(kind),
        _ => None,
    };
    let native = match column {
        Some(ColumnType::Native(native)) => Some(native),
        _ => None,
    };
    let is_number = matches!(
        column,
        Some(ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt | ColumnType::Decimal { .. })
    ) || native.is_some_and(|native| native.is_number());
    let longest = match column {
        Some(ColumnType::Text { max } | ColumnType::Bytes { max }) => Some(*max),
        Some(ColumnType::Native(native)) if native.is_text() => Some(native.max()),
        Some(_) => None,
        None if matches!(field.kind, FieldType::Nested(_)) => None,
        None => Some(None),
    };
    if (rules.min.is_some() || rules.max.is_some()) && !is_number {
        return Err("a minimum or maximum value is a rule for numbers".into());
    }
    if (rules.min_length.is_some() || rules.max_length.is_some()) && longest.is_none() {
        return Err("a length is a rule for text, bytes, lists and maps".into());
    }
    let is_text = matches!(column, Some(ColumnType::Text { .. })) || native.is_some_and(|native| native.is_text());
    if rules.pattern.is_some() && !is_text {
        return Err("a pattern is a rule for text".into());
    }
    if let (Some(min), Some(max)) = (&rules.min, &rules.max)
        && (min.value > max.value || (min.value == max.value && (min.exclusive || max.exclusive)))
    {
        return Err(format!("there is no number between {} and {}", min.value, max.value));
    }
    let most = [rules.max_length, longest.flatten()].into_iter().flatten().min();
    match (rules.min_length, most) {
        (Some(least), Some(most)) if least > most => Err(format!("there is no length between {least} and {most}")),
        _ => Ok(()),
    }
}

fn compile(field: &Field) -> Result<Option<Regex>, String> {
    let Some(pattern) = &field.rules.pattern else { return Ok(None) };
    let compiled = RegexBuilder::new(pattern).size_limit(MAX_PATTERN_BYTES).build();
    // The error spans several lines with a drawing; its last line is the message.
    compiled.map(Some).map_err(|error| {
        let text = error.to_string();
        format!(
            "the pattern does not compile: {}",
            text.lines().last().unwrap_or_default().trim_start_matches("error: ")
        )
    })
}

/// Converts the default to the type of the field.
fn check_default(field: &Field, pattern: Option<&Regex>) -> Result<Option<FieldDefault>, String> {
    let value = match &field.default {
        None => return Ok(None),
        Some(FieldDefault::AppGenerated(generator)) => {
            let FieldType::Column(kind) = &field.kind else {
                return Err(format!("the generator {} is for columns", generator.name()));
            };
            let sample = generator.generate(&Sample).coerce(kind);
            return match sample {
                Ok(_) => Ok(field.default.clone()),
                Err(error) => Err(format!("the generator {} does not fit: {error}", generator.name())),
            };
        }
        Some(FieldDefault::Constant(value)) => value,
    };
    if value.is_null() {
        return if field.nullable { Ok(field.default.clone()) } else { Err("the default must not be null".into()) };
    }
    let mut failures = Collector::default();
    let value = typed::typed(&field.kind, value.clone(), &Sample, &Place::ROOT, &mut failures);
    if let Some(value) = &value {
        rules::check(field, pattern, value, &Place::ROOT, &mut failures);
    }
    failures.into_result(value.map(FieldDefault::Constant)).map_err(|failures| format!("the default: {failures}"))
}

/// A fixed source of time and randomness, to find out the type of a generated value.
struct Sample;

impl Sources for Sample {
    fn now(&self) -> Timestamp {
        Timestamp::default()
    }

    fn fill_random(&self, buffer: &mut [u8]) {
        buffer.fill(0);
    }
}
