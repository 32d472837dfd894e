//! The Rust types of columns.

use std::sync::Arc;

use mwallet_schema::{ColumnType, Decimal, EnumType, NativeType, Timestamp, Uuid, Value};

use super::{Auto, Cell, Entity, Ref};

/// The limits of a column type, from its attributes.
#[derive(Clone, Copy, Debug, Default)]
pub struct TypeLimits {
    /// The maximum length of text in characters, or of binary data in bytes.
    pub max: Option<u32>,
    /// The total number of digits of a decimal.
    pub precision: Option<u32>,
    /// The number of digits after the decimal point.
    pub scale: Option<u32>,
}

/// A Rust type that an entity's field can have.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the type of a column",
    label = "not a column",
    note = "a column is a bool, i16, i32, i64, Decimal, String, Vec<u8>, Timestamp, Uuid, Json, a Ref to an entity, an \
            enum that derives Enumeration, or an Option or Auto of one of them",
    note = "for a group of columns write #[entity(flatten)] above the field"
)]
pub trait ColumnValue: Sized {
    /// The type of a value in filters: the column's type without `Option`, [`Auto`] or [`Ref`].
    type Plain: Into<Value>;

    /// Whether the column is nullable.
    const NULLABLE: bool = false;

    /// Returns the column type.
    fn column_type(limits: TypeLimits) -> ColumnType;

    /// Returns the table and column that a [`Ref`] refers to.
    fn reference() -> Option<(&'static str, &'static str)> {
        None
    }

    /// Reads the field from a cell.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the cell.
    fn from_cell(cell: Cell) -> Result<Self, String>;

    /// Writes the field to a cell.
    fn to_cell(&self) -> Cell;
}

/// A Rust enum whose variants are labels of a column. Derive it.
///
/// ```
/// use mwallet_db::Enumeration;
///
/// /// How an order stands.
/// #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enumeration)]
/// enum OrderType {
///     /// Nobody took it up yet.
///     #[default]
///     Open = 0,
///     Closed = -1,
/// }
///
/// assert_eq!(OrderType::Open.label(), "OPEN");
/// assert_eq!(OrderType::from_label("CLOSED"), Some(OrderType::Closed));
/// ```
pub trait Enumeration: Sized + Copy + 'static {
    /// Returns the labels and their codes.
    fn enum_type() -> Arc<EnumType>;

    /// Returns the label of this variant.
    fn label(self) -> &'static str;

    /// Returns the variant with a label.
    fn from_label(label: &str) -> Option<Self>;
}

/// Any JSON value, as compact text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Json(String);

impl Json {
    /// Parses JSON text.
    ///
    /// # Errors
    ///
    /// Returns an error with its position if the text is not valid JSON.
    pub fn parse(text: &str) -> Result<Self, mwallet_schema::json::SyntaxError> {
        mwallet_schema::json::compact(text.as_bytes()).map(Self)
    }

    /// Returns the compact text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Json> for Value {
    fn from(json: Json) -> Self {
        Self::Json(json.0)
    }
}

/// Returns the message for a cell that does not match its field's type.
fn unexpected(expected: &str, cell: &Cell) -> String {
    match cell {
        Cell::Unset => "a value is required".into(),
        Cell::Pending(_) => "the row it refers to is not written yet".into(),
        Cell::Value(Value::Null) => "must not be null".into(),
        Cell::Value(value) => format!("expected {expected}, got {}", value.kind_name()),
    }
}

/// Converts a value of an existing database that has another form than the field's: PostgreSQL's JSON or text, or
/// SQLite's storage class.
trait FromForeign: Sized {
    /// Returns the value if the conversion is lossless.
    fn from_foreign(value: &Value) -> Option<Self>;
}

impl FromForeign for bool {
    fn from_foreign(value: &Value) -> Option<Self> {
        match scalar(value)? {
            Value::Bool(value) => Some(value),
            Value::Int(0) => Some(false),
            Value::Int(1) => Some(true),
            _ => None,
        }
    }
}

impl FromForeign for i64 {
    fn from_foreign(value: &Value) -> Option<Self> {
        match scalar(value)? {
            Value::Int(value) => Some(value),
            Value::Decimal(value) => Self::try_from(value.rescale(0)?.unscaled()).ok(),
            _ => None,
        }
    }
}

impl FromForeign for Decimal {
    fn from_foreign(value: &Value) -> Option<Self> {
        match scalar(value)? {
            Value::Decimal(value) => Some(value),
            Value::Int(value) => Some(value.into()),
            _ => None,
        }
    }
}

impl FromForeign for String {
    fn from_foreign(value: &Value) -> Option<Self> {
        match scalar(value)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl FromForeign for Vec<u8> {
    fn from_foreign(value: &Value) -> Option<Self> {
        String::from_foreign(value).and_then(|text| NativeType::bytes(&text))
    }
}

impl FromForeign for Timestamp {
    fn from_foreign(value: &Value) -> Option<Self> {
        String::from_foreign(value).and_then(|text| text.parse().ok())
    }
}

impl FromForeign for Uuid {
    fn from_foreign(value: &Value) -> Option<Self> {
        String::from_foreign(value).and_then(|text| text.parse().ok())
    }
}

/// Returns the value itself, or the string, number or boolean in a JSON value.
fn scalar(value: &Value) -> Option<Value> {
    match value {
        Value::Json(text) => Value::scalar(text),
        value => Some(value.clone()),
    }
}

macro_rules! column_value {
    ($($kind:ty, $variant:ident, $limits:ident => $column:expr, $expected:literal;)*) => { $(
        impl ColumnValue for $kind {
            type Plain = $kind;

            fn column_type($limits: TypeLimits) -> ColumnType {
                $column
            }

            fn from_cell(cell: Cell) -> Result<Self, String> {
                match cell {
                    Cell::Value(Value::$variant(value)) => Ok(value),
                    Cell::Value(ref value) => {
                        Self::from_foreign(value).ok_or_else(|| unexpected($expected, &cell))
                    }
                    other => Err(unexpected($expected, &other)),
                }
            }

            fn to_cell(&self) -> Cell {
                Cell::Value(Value::$variant(self.clone()))
            }
        }
    )* };
}

column_value! {
    bool, Bool, _limits => ColumnType::Boolean, "true or false";
    i64, Int, _limits => ColumnType::BigInt, "a whole number";
    String, Text, limits => ColumnType::Text { max: limits.max }, "text";
    Vec<u8>, Bytes, limits => ColumnType::Bytes { max: limits.max }, "bytes";
    Timestamp, Timestamp, _limits => ColumnType::Timestamp, "a time";
    Uuid, Uuid, _limits => ColumnType::Uuid, "a UUID";
    Decimal, Decimal, limits => ColumnType::Decimal {
        precision: limits.precision.unwrap_or(38),
        scale: limits.scale.unwrap_or(18),
    }, "a decimal";
}

macro_rules! small_integer {
    ($($kind:ty => $column:ident),*) => { $(
        impl ColumnValue for $kind {
            type Plain = $kind;

            fn column_type(_limits: TypeLimits) -> ColumnType {
                ColumnType::$column
            }

            fn from_cell(cell: Cell) -> Result<Self, String> {
                let value = <i64 as ColumnValue>::from_cell(cell)?;
                Self::try_from(value).map_err(|_| format!("{value} is too large for {}", stringify!($kind)))
            }

            fn to_cell(&self) -> Cell {
                Cell::Value(Value::Int((*self).into()))
            }
        }
    )* };
}

small_integer!(i16 => SmallInt, i32 => Integer);

/// Any value of a SQLite column, as stored.
impl ColumnValue for Value {
    type Plain = Self;

    fn column_type(_limits: TypeLimits) -> ColumnType {
        ColumnType::Native(Arc::new(NativeType::declared("")))
    }

    fn from_cell(cell: Cell) -> Result<Self, String> {
        match cell {
            Cell::Value(value) if value != Self::Null => Ok(value),
            other => Err(unexpected("a value", &other)),
        }
    }

    fn to_cell(&self) -> Cell {
        Cell::Value(self.clone())
    }
}

impl ColumnValue for Json {
    type Plain = Self;

    fn column_type(_limits: TypeLimits) -> ColumnType {
        ColumnType::Json
    }

    fn from_cell(cell: Cell) -> Result<Self, String> {
        match cell {
            Cell::Value(Value::Json(text)) => Ok(Self(text)),
            other => Err(unexpected("JSON", &other)),
        }
    }

    fn to_cell(&self) -> Cell {
        Cell::Value(Value::Json(self.0.clone()))
    }
}

impl<T: ColumnValue> ColumnValue for Option<T> {
    type Plain = T::Plain;

    const NULLABLE: bool = true;

    fn column_type(limits: TypeLimits) -> ColumnType {
        T::column_type(limits)
    }

    fn reference() -> Option<(&'static str, &'static str)> {
        T::reference()
    }

    fn from_cell(cell: Cell) -> Result<Self, String> {
        match cell {
            Cell::Unset | Cell::Value(Value::Null) => Ok(None),
            cell => T::from_cell(cell).map(Some),
        }
    }

    fn to_cell(&self) -> Cell {
        self.as_ref().map_or(Cell::Value(Value::Null), T::to_cell)
    }
}

impl<T: ColumnValue> ColumnValue for Auto<T> {
    type Plain = T::Plain;

    const NULLABLE: bool = T::NULLABLE;

    fn column_type(limits: TypeLimits) -> ColumnType {
        T::column_type(limits)
    }

    fn reference() -> Option<(&'static str, &'static str)> {
        T::reference()
    }

    fn from_cell(cell: Cell) -> Result<Self, String> {
        match cell {
            Cell::Unset => Ok(Self::Unset),
            cell => T::from_cell(cell).map(Self::Set),
        }
    }

    fn to_cell(&self) -> Cell {
        self.get().map_or(Cell::Unset, T::to_cell)
    }
}

impl<E: Entity> ColumnValue for Ref<E> {
    type Plain = i64;

    fn column_type(_limits: TypeLimits) -> ColumnType {
        ColumnType::BigInt
    }

    fn reference() -> Option<(&'static str, &'static str)> {
        Some((E::TABLE, "id"))
    }

    fn from_cell(cell: Cell) -> Result<Self, String> {
        match cell {
            Cell::Value(Value::Int(id)) => Ok(Self::Id(id)),
            Cell::Pending(key) => Ok(Self::Pending(super::Handle::new(key))),
            other => Err(unexpected("an id", &other)),
        }
    }

    fn to_cell(&self) -> Cell {
        match self {
            Self::Id(id) => Cell::Value(Value::Int(*id)),
            Self::Pending(handle) => Cell::Pending(handle.key),
        }
    }
}
