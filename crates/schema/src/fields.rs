//! Describes one field of a schema.

use std::sync::Arc;

use crate::{Access, ColumnType, Decimal, Schema, Value, ValueGenerator};

/// A field of a [`Schema`].
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The name in JSON.
    pub name: String,
    /// The column, if its name differs.
    pub column: Option<String>,
    /// The type.
    pub kind: FieldType,
    /// Whether the field must be given.
    pub required: bool,
    /// Whether the field may be null, which differs from absent.
    pub nullable: bool,
    /// The value if the field is not given.
    pub default: Option<FieldDefault>,
    /// The rules beyond the type.
    pub rules: Rules,
    /// Whether clients may read and write the field.
    pub access: Access,
    /// The meaning of the field.
    pub comment: Option<String>,
}

/// The type of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldType {
    /// A value of a column's type; free JSON is [`ColumnType::Json`].
    Column(ColumnType),
    /// An object with its own schema.
    Nested(Arc<Schema>),
    /// A list of values of one type.
    List(Box<FieldType>),
    /// An object with any names and values of one type.
    Map(Box<FieldType>),
}

/// The value of a field that is not given.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldDefault {
    /// A constant.
    Constant(Value),
    /// A value generated during validation.
    AppGenerated(ValueGenerator),
}

/// Rules beyond a type. A length counts the code points of text, the bytes of binary data, the items of a list or the
/// entries of a map.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    /// The minimum of a number.
    pub min: Option<Bound>,
    /// The maximum of a number.
    pub max: Option<Bound>,
    /// The minimum length.
    pub min_length: Option<u32>,
    /// The maximum length, if the type does not set it.
    pub max_length: Option<u32>,
    /// A regular expression that must match somewhere in the text.
    pub pattern: Option<String>,
    /// The allowed values; empty if any is allowed.
    pub one_of: Vec<Value>,
}

/// A bound of a range.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// The number.
    pub value: Decimal,
    /// Whether the range excludes the number itself.
    pub exclusive: bool,
}

impl Bound {
    /// Returns a bound that is part of the range.
    pub fn inclusive(value: impl Into<Decimal>) -> Self {
        Self { value: value.into(), exclusive: false }
    }

    /// Returns a bound that is not part of the range.
    pub fn exclusive(value: impl Into<Decimal>) -> Self {
        Self { value: value.into(), exclusive: true }
    }
}

impl Field {
    /// Returns a required field of a column type.
    pub fn new(name: impl Into<String>, kind: ColumnType) -> Self {
        Self::with_type(name, FieldType::Column(kind))
    }

    /// Returns a required field of any type.
    pub fn with_type(name: impl Into<String>, kind: FieldType) -> Self {
        Self {
            name: name.into(),
            column: None,
            kind,
            required: true,
            nullable: false,
            default: None,
            rules: Rules::default(),
            access: Access::default(),
            comment: None,
        }
    }

    /// Makes the field optional and nullable.
    pub fn optional(mut self) -> Self {
        self.required = false;
        self.nullable = true;
        self
    }

    /// Sets the default and makes the field optional.
    pub fn default(mut self, default: FieldDefault) -> Self {
        self.required = false;
        self.default = Some(default);
        self
    }

    /// Sets the rules.
    pub fn rules(mut self, rules: Rules) -> Self {
        self.rules = rules;
        self
    }

    /// Sets the access.
    pub fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// Sets the comment.
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// Returns the name of the column.
    pub fn column(&self) -> &str {
        self.column.as_deref().unwrap_or(&self.name)
    }
}
