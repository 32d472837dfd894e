//! What one field of a schema must look like.

use std::sync::Arc;

use crate::{Access, ColumnType, Decimal, Schema, Value, ValueGenerator};

/// One field of a [`Schema`].
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The name it has in JSON.
    pub name: String,
    /// The column it stands for, where that has another name.
    pub column: Option<String>,
    /// What it holds.
    pub kind: FieldType,
    /// Whether it must be given.
    pub required: bool,
    /// Whether it may be null, which is not the same as absent.
    pub nullable: bool,
    /// What it is where it was not given.
    pub default: Option<FieldDefault>,
    /// Rules beyond the type.
    pub rules: Rules,
    /// Whether it is taken, answered, or both.
    pub access: Access,
    /// What it means.
    pub comment: Option<String>,
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldType {
    /// A value of a column's type; free JSON is [`ColumnType::Json`].
    Column(ColumnType),
    /// An object of another schema.
    Nested(Arc<Schema>),
    /// A list of such values.
    List(Box<FieldType>),
    /// An object with any names and such values.
    Map(Box<FieldType>),
}

/// What a field is where it was not given.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldDefault {
    /// The same value each time.
    Constant(Value),
    /// A value made when the data is validated.
    AppGenerated(ValueGenerator),
}

/// Rules beyond a type. Lengths count code points of text, bytes of bytes, items of lists and entries of maps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    /// The least a number may be.
    pub min: Option<Bound>,
    /// The most a number may be.
    pub max: Option<Bound>,
    /// The shortest it may be.
    pub min_length: Option<u32>,
    /// The longest it may be, where the type does not say it.
    pub max_length: Option<u32>,
    /// A regular expression that must match somewhere in the text.
    pub pattern: Option<String>,
    /// The values that it may be; any where there are none.
    pub one_of: Vec<Value>,
}

/// An end of a range.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// The number.
    pub value: Decimal,
    /// Whether the number itself is outside.
    pub exclusive: bool,
}

impl Bound {
    /// An end that is inside the range.
    pub fn inclusive(value: impl Into<Decimal>) -> Self {
        Self { value: value.into(), exclusive: false }
    }

    /// An end that is outside the range.
    pub fn exclusive(value: impl Into<Decimal>) -> Self {
        Self { value: value.into(), exclusive: true }
    }
}

impl Field {
    /// A required field of a column's type.
    pub fn new(name: impl Into<String>, kind: ColumnType) -> Self {
        Self::with_type(name, FieldType::Column(kind))
    }

    /// A required field of any type.
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

    /// The same field, which need not be given and may be null.
    pub fn optional(mut self) -> Self {
        self.required = false;
        self.nullable = true;
        self
    }

    /// The same field with a default, which need not be given.
    pub fn default(mut self, default: FieldDefault) -> Self {
        self.required = false;
        self.default = Some(default);
        self
    }

    /// The same field with rules.
    pub fn rules(mut self, rules: Rules) -> Self {
        self.rules = rules;
        self
    }

    /// The same field with an access.
    pub fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// The same field with a meaning.
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// The name of the column it stands for.
    pub fn column(&self) -> &str {
        self.column.as_deref().unwrap_or(&self.name)
    }
}
