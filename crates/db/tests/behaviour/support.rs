//! Test entities: one column of every type, and rows that refer to each other.

use mwallet_db::schema::{Decimal, Timestamp, Uuid};
use mwallet_db::{Entity, Enumeration, Json, Key, Name, Ref, Timestamps};

/// How an order stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enumeration)]
pub(crate) enum Standing {
    /// Nobody took it up.
    #[default]
    Open = 0,
    Closed = -1,
    Satisfied = 1,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Entity)]
pub(crate) struct Trader {
    #[entity(flatten)]
    pub(crate) key: Key,
    #[entity(unique, max = 32)]
    pub(crate) name: String,
    /// Who brought them here.
    pub(crate) invited_by: Option<Ref<Trader>>,
}

/// What somebody offers, with a column of every type.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(check(name = "period", sql = "starts_at <= ends_at"))]
pub(crate) struct Offer {
    #[entity(flatten)]
    pub(crate) key: Key,
    #[entity(flatten)]
    pub(crate) name: Name,
    #[entity(index, on_delete = "restrict")]
    pub(crate) trader_id: Option<Ref<Trader>>,
    #[entity(default)]
    pub(crate) standing: Standing,
    #[entity(precision = 38, scale = 18)]
    pub(crate) amount: Option<Decimal>,
    pub(crate) small: Option<i16>,
    pub(crate) medium: Option<i32>,
    pub(crate) large: Option<i64>,
    pub(crate) starts_at: Option<Timestamp>,
    pub(crate) ends_at: Option<Timestamp>,
    #[entity(max = 16)]
    pub(crate) memo: Option<String>,
    pub(crate) reference: Option<Uuid>,
    #[entity(max = 8)]
    pub(crate) digest: Option<Vec<u8>>,
    pub(crate) meta: Option<Json>,
    pub(crate) urgent: Option<bool>,
    #[entity(write_only)]
    pub(crate) secret: Option<String>,
    #[entity(flatten)]
    pub(crate) timestamps: Timestamps,
}

/// Returns an offer without any values.
pub(crate) fn empty_offer() -> Offer {
    Offer {
        key: Key::default(),
        name: Name::default(),
        trader_id: None,
        standing: Standing::default(),
        amount: None,
        small: None,
        medium: None,
        large: None,
        starts_at: None,
        ends_at: None,
        memo: None,
        reference: None,
        digest: None,
        meta: None,
        urgent: None,
        secret: None,
        timestamps: Timestamps::default(),
    }
}

/// Returns an offer with a value in every column, at the limits of their ranges.
pub(crate) fn full_offer() -> Offer {
    Offer {
        trader_id: None,
        standing: Standing::Satisfied,
        amount: Some("-99999999999.123456789012345678".parse().unwrap()),
        small: Some(i16::MIN),
        medium: Some(i32::MAX),
        large: Some(i64::MIN),
        starts_at: Some("0001-01-01T00:00:00Z".parse().unwrap()),
        ends_at: Some("9999-12-31T23:59:59.999999Z".parse().unwrap()),
        memo: Some("ünï\"cö\\dé\n\u{1F600}".into()),
        reference: Some("00000000-0000-0000-0000-0000000000ff".parse().unwrap()),
        digest: Some(vec![0, 1, 254, 255]),
        // In the key order of jsonb, so that both engines return the same text.
        meta: Some(Json::parse(r#"{"fee":0.10,"height":300025}"#).unwrap()),
        urgent: Some(true),
        secret: Some("hidden".into()),
        ..empty_offer()
    }
}

/// Returns a person with a name.
pub(crate) fn trader(name: &str) -> Trader {
    Trader { key: Key::default(), name: name.into(), invited_by: None }
}
