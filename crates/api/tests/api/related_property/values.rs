//! Random numbers, and the values of cells: as they are stored, compared, and written in URLs and in JSON.

use mwallet_db::schema::{ColumnType, Decimal, Value};
use serde_json::Value as Json;

use super::json::{DOCUMENTS, Document};
use super::numbers::Number;

/// A reproducible pseudorandom generator (xorshift).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        // The first numbers of seeds that are close are close too.
        for _ in 0..8 {
            random.next();
        }
        random
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 11
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next()).unwrap() % end
    }

    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn pick<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        &all[self.below(all.len())]
    }

    /// Puts values into a random order.
    pub(crate) fn shuffled<T>(&mut self, mut values: Vec<T>) -> Vec<T> {
        for end in (1..values.len()).rev() {
            values.swap(end, self.below(end + 1));
        }
        values
    }
}

/// The type of a column or of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Integer,
    BigInt,
    Decimal,
    Text,
    Boolean,
    Timestamp,
    Json,
    /// A number of any scale, which no column holds.
    Number,
}

/// A value. The derived order is that of each type's values; nulls are compared apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cell {
    Null,
    Int(i64),
    /// In units of [`DIGITS`] digits after the point.
    Decimal(i128),
    Text(String),
    Bool(bool),
    /// The position in [`TIMES`].
    Time(usize),
    Json(Document),
    Number(Number),
}

/// The digits of decimal columns before and after the point.
const PRECISION: u32 = 34;
const SCALE: u32 = 18;
/// The digits after the point of operands, which are finer than what a column can hold.
const DIGITS: u32 = 20;
/// The unit of a column's values in [`Cell::Decimal`].
const STEP: i128 = 10i128.pow(DIGITS - SCALE);

const INTEGERS: [i64; 6] = [i32::MIN as i64, -1, 0, 1, 7, i32::MAX as i64];
const BIG_INTEGERS: [i64; 6] = [i64::MIN, -1, 0, 1, 9_007_199_254_740_993, i64::MAX];
/// What decimal columns hold, in their smallest steps: the last three have more digits than a float.
const DECIMALS: [i128; 7] = [
    0,
    1,
    -1_500_000_000_000_000_000,
    12_500_000_000_000_000_000,
    1_234_567_890_123_456_789_012_345_678_901_234,
    1_234_567_890_123_456_789_012_345_678_901_235,
    -9_999_999_999_999_999_999_999_999_999_999_999,
];
const TEXTS: [&str; 16] = [
    "",
    "Ada",
    "ada",
    "ADA",
    "Zoë",
    "größe",
    "it's \"5\"",
    "50% off",
    "under_score",
    "😀 smile",
    "a.b(c),d",
    "back\\slash",
    "null",
    "two words",
    "{x}",
    "Ärger*",
];
/// In order. Columns hold every second one, so that operands can be between.
const TIMES: [&str; 9] = [
    "1815-12-10T00:00:00+00:00",
    "1969-12-31T23:59:59.999999+00:00",
    "1970-01-01T00:00:00+00:00",
    "2024-02-29T12:00:00+00:00",
    "2024-02-29T12:00:00.5+00:00",
    "2024-02-29T12:00:00.500001+00:00",
    "2024-03-01T00:00:00+00:00",
    "2025-01-01T00:00:00+00:00",
    "2999-12-31T23:59:59.25+00:00",
];

impl Kind {
    /// Those of columns. JSON is there twice, since there is most to read of it.
    pub(super) const ALL: [Self; 8] = [
        Self::Integer,
        Self::BigInt,
        Self::Decimal,
        Self::Text,
        Self::Boolean,
        Self::Timestamp,
        Self::Json,
        Self::Json,
    ];

    pub(super) fn column_type(self) -> ColumnType {
        match self {
            Self::Integer => ColumnType::Integer,
            Self::BigInt => ColumnType::BigInt,
            Self::Decimal => ColumnType::Decimal { precision: PRECISION, scale: SCALE },
            Self::Text => ColumnType::Text { max: None },
            Self::Boolean => ColumnType::Boolean,
            Self::Timestamp => ColumnType::Timestamp,
            Self::Json => ColumnType::Json,
            Self::Number => unreachable!("no column is of this type"),
        }
    }

    /// The values that columns of this type hold: few, so that filters find some.
    pub(super) fn values(self) -> Vec<Cell> {
        match self {
            Self::Integer => INTEGERS.map(Cell::Int).into(),
            Self::BigInt => BIG_INTEGERS.map(Cell::Int).into(),
            Self::Decimal => DECIMALS.map(|steps| Cell::Decimal(steps * STEP)).into(),
            Self::Text => TEXTS.map(|text| Cell::Text(text.into())).into(),
            Self::Boolean => vec![Cell::Bool(false), Cell::Bool(true)],
            Self::Timestamp => (0..TIMES.len()).step_by(2).map(Cell::Time).collect(),
            Self::Json => DOCUMENTS.map(document).into(),
            Self::Number => unreachable!("no column is of this type"),
        }
    }

    /// A value of a key, of which there must be more.
    pub(super) fn key(self, random: &mut Random) -> Cell {
        match self {
            Self::Integer | Self::BigInt if !random.one_in(4) => {
                Cell::Int(10 + i64::try_from(random.below(20)).unwrap())
            }
            _ => random.pick(&self.values()).clone(),
        }
    }

    /// A value to compare with: mostly one that a column may hold.
    pub(super) fn operand(self, random: &mut Random) -> Cell {
        if random.one_in(4) {
            return match self {
                Self::Integer | Self::BigInt => Cell::Int(2),
                Self::Decimal => Cell::Decimal(*random.pick(&[1, -1, 10i128.pow(DIGITS), 10i128.pow(37)])),
                Self::Text => Cell::Text("Ba".into()),
                Self::Boolean => Cell::Bool(true),
                Self::Timestamp => Cell::Time(2 * random.below(TIMES.len() / 2) + 1),
                Self::Json => document(random.pick::<&str>(&["9.00", "10", r#""Ada""#, "null", r#"{"n":3}"#, "[1]"])),
                Self::Number => unreachable!("only columns are compared"),
            };
        }
        random.pick(&self.values()).clone()
    }
}

impl Cell {
    pub(super) fn is_null(&self) -> bool {
        *self == Self::Null
    }

    /// The value as it is inserted.
    pub(super) fn stored(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Int(number) => Value::Int(*number),
            Self::Decimal(units) => Value::Decimal(Decimal::new(units / STEP, SCALE)),
            Self::Text(text) => Value::Text(text.clone()),
            Self::Bool(is) => Value::Bool(*is),
            Self::Time(at) => Value::Timestamp(TIMES[*at].parse().unwrap()),
            Self::Json(document) => Value::Json(document.0.to_string()),
            Self::Number(_) => unreachable!("no column holds it"),
        }
    }

    /// The value in a response.
    pub(super) fn json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Int(number) => (*number).into(),
            Self::Decimal(units) => Number::new(units / STEP, SCALE).to_string().into(),
            Self::Text(text) => text.as_str().into(),
            Self::Bool(is) => (*is).into(),
            Self::Time(at) => TIMES[*at].into(),
            Self::Json(document) => document.0.clone(),
            Self::Number(number) => number.to_string().into(),
        }
    }

    /// The value as an operand of a filter.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Null => "null".into(),
            Self::Int(number) => number.to_string(),
            Self::Decimal(units) => Number::new(*units, DIGITS).to_string(),
            Self::Text(text) => text.clone(),
            Self::Bool(is) => is.to_string(),
            Self::Time(at) => TIMES[*at].into(),
            Self::Json(document) => document.0.to_string(),
            Self::Number(number) => number.to_string(),
        }
    }

    /// The value as a number, if it is one: of a decimal column, with the digits that the column has.
    pub(super) fn number(&self) -> Option<Number> {
        match self {
            Self::Int(number) => Some(Number::new((*number).into(), 0)),
            Self::Decimal(units) => Some(Number::new(units / STEP, SCALE)),
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }
}

fn document(text: &str) -> Cell {
    Cell::Json(Document::parse(text).unwrap())
}
