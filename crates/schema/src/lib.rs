//! Describes tables, and the rules that data for them must follow.
//!
//! Everything here is a value. A [`Table`] describes a table, whether it comes from an entity or from a live
//! database. A [`Schema`] describes valid input. This crate knows no SQL, is not async and does no I/O, apart from
//! reading the file it is asked to validate.

mod decimal;
mod fields;
mod generator;
mod names;
mod native;
mod nearest;
mod place;
mod record;
mod shortened;
mod table;
mod timestamp;
mod types;
mod value;
mod visible;

pub mod conversion;
pub mod decimal_text;
pub mod json;
pub mod regular_expression;
pub mod validate;

mod from_table;
mod json_schema;
mod schema;
mod yaml;

pub use decimal::{Decimal, DecimalError, DecimalSum};
pub use fields::{Bound, Field, FieldDefault, FieldType, Rules};
pub use from_table::FromTable;
pub use generator::{FixedTime, Sources, ValueGenerator};
pub use json_schema::Purpose;
pub use names::{MOST_NAME_BYTES, constraint_name, pascal_case, plural, snake_case};
pub use native::{DeclaredType, JsonKind, NativeType, Transfer};
pub use nearest::nearest;
pub use place::Place;
pub use record::Record;
pub use schema::{Schema, SchemaBuilder, SchemaError};
pub use shortened::{shortened, shortened_to};
pub use table::{
    Access, Check, Column, ColumnDefault, ExpressionIndex, ForeignKey, Index, OnUpdate, ReferentialAction, Table,
    TableError, TableKind, Unique, Updatability, ViewColumnSource,
};
pub use timestamp::{Timestamp, TimestampError, trim_fraction};
pub use types::{ColumnType, EnumLabel, EnumType};
pub use uuid::Uuid;
pub use validate::{Failure, FailureKind, Failures, MAX_FILE_BYTES, ValidationError};
pub use value::{Value, ValueError};
pub use visible::{is_hidden, visible, visible_lines};
