//! Tests what the derive macros generate. Their errors are tested next to the macros.

use mwallet_db::schema::{
    Access, ColumnDefault, ColumnType, Decimal, OnUpdate, Record, ReferentialAction, Timestamp, Uuid, Value,
    ValueGenerator, plural, snake_case,
};
use mwallet_db::{
    Auto, ColumnGroup, Entity, Enumeration, Filter, Json, Key, KeyColumns, Name, NameColumns, Ref, Timestamps,
    TimestampsColumns,
};

/// How a vault stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enumeration)]
enum VaultState {
    /// Nobody
    /// locked it.
    #[default]
    Open = 3,
    HalfOpen,
    #[enumeration(label = "SHUT")]
    Closed = -1,
}

/// Where a vault stands.
#[derive(Clone, Debug, PartialEq, ColumnGroup)]
struct Place {
    /// The town.
    #[entity(max = 20, index)]
    town: String,
    #[entity(column = "floor_number", default = -1)]
    floor: i16,
}

/// A room
/// with a door.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    table = "strong_rooms",
    unique(code, town),
    index(state, minimum),
    check(name = "least", sql = "minimum > -5")
)]
#[entity(foreign_key(columns(code, town), references = "doors", to(code, town), on_delete = "set_null"))]
struct Vault {
    #[entity(flatten)]
    key: Key,
    #[entity(flatten)]
    name: Name,
    #[entity(flatten)]
    place: Place,
    /// What is
    /// written on it.
    ///
    /// In capitals.
    #[entity(max = 8, min_length = 2, pattern = "^[A-Z]+$", column = "code", unique)]
    inscription: String,
    #[entity(default)]
    state: VaultState,
    #[entity(default = VaultState::Closed)]
    night_state: VaultState,
    #[entity(precision = 20, scale = 4, at_least = 0, at_most = "1000000.5", default = "0.25")]
    balance: Decimal,
    #[entity(default = 9_000_000_000, at_least = -4)]
    minimum: i64,
    #[entity(default = 7)]
    shelves: Auto<i32>,
    #[entity(default = "plain")]
    colour: Option<String>,
    #[entity(default)]
    is_lit: bool,
    #[entity(write_only, max = 16)]
    secret: Option<Vec<u8>>,
    #[entity(read_only, generate = "now", on_update = "now")]
    seen_at: Auto<Timestamp>,
    #[entity(on_update = "increment", default = 0)]
    openings: i64,
    #[entity(generate = "reference INV")]
    reference: Auto<String>,
    #[entity(on_delete = "cascade", index)]
    inside_id: Option<Ref<Self>>,
    #[entity(index)]
    r#type: Option<Uuid>,
    remarks: Option<Json>,
    #[entity(flatten)]
    timestamps: Timestamps,
}

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(key(vault_id, other_id))]
struct VaultPair {
    vault_id: Ref<Vault>,
    other_id: Ref<Vault>,
}

fn vault() -> Vault {
    Vault {
        key: Key::default(),
        name: Name::default(),
        place: Place { town: "Lagos".into(), floor: 2 },
        inscription: "AB".into(),
        state: VaultState::HalfOpen,
        night_state: VaultState::Closed,
        balance: Decimal::new(125_000, 4),
        minimum: 1,
        shelves: Auto::Unset,
        colour: None,
        is_lit: true,
        secret: Some(vec![1, 2]),
        seen_at: Auto::Unset,
        openings: 4,
        reference: "TX-1".to_owned().into(),
        inside_id: Some(Ref::Id(5)),
        r#type: None,
        remarks: Json::parse(r#"{"a": 1.50}"#).ok(),
        timestamps: Timestamps::default(),
    }
}

fn constant(value: impl Into<Value>) -> Option<ColumnDefault> {
    Some(ColumnDefault::Constant(value.into()))
}

#[test]
fn a_struct_becomes_a_table() {
    let table = Vault::table();
    assert_eq!((table.name.as_str(), Vault::TABLE), ("strong_rooms", "strong_rooms"));
    assert_eq!(table.comment.as_deref(), Some("A room with a door."));
    let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    let expected = [
        "id",
        "uuid",
        "slug",
        "town",
        "floor_number",
        "code",
        "state",
        "night_state",
        "balance",
        "minimum",
        "shelves",
        "colour",
        "is_lit",
        "secret",
        "seen_at",
        "openings",
        "reference",
        "inside_id",
        "type",
        "remarks",
        "created_at",
        "updated_at",
        "version",
    ];
    assert_eq!(names, expected);
    assert_eq!(table.primary_key, ["id"]);
    let uniques: Vec<&str> = table.uniques.iter().map(|unique| unique.name.as_str()).collect();
    let ours = ["strong_rooms_code_key", "strong_rooms_code_town_key"];
    assert_eq!(uniques, [&["strong_rooms_uuid_key", "strong_rooms_slug_key"][..], &ours].concat());
    let indexes: Vec<String> = table.indexes.iter().map(|index| index.columns.join(" ")).collect();
    assert_eq!(indexes, ["town", "inside_id", "type", "state minimum"]);
    assert_eq!(table.checks[0].name, "strong_rooms_least_check");
    assert_eq!(table.checks[0].expression, "minimum > -5");

    let [own, declared] = &table.foreign_keys[..] else { panic!("two foreign keys") };
    assert_eq!((own.references.as_str(), own.on_delete), ("strong_rooms", ReferentialAction::Cascade));
    assert_eq!(own.referenced_columns, ["id"]);
    assert_eq!((declared.columns.join(" ").as_str(), declared.references.as_str()), ("code town", "doors"));
    assert_eq!(declared.on_delete, ReferentialAction::SetNull);
}

#[test]
fn a_field_becomes_a_column() {
    let column = |name: &str| Vault::table().column(name).unwrap();

    let code = column("code");
    assert_eq!(code.kind, ColumnType::Text { max: Some(8) });
    assert_eq!(code.comment.as_deref(), Some("What is written on it.\n\nIn capitals."));
    assert_eq!((code.rules.min_length, code.rules.pattern.as_deref()), (Some(2), Some("^[A-Z]+$")));
    assert!(!code.nullable && code.default.is_none());

    let balance = column("balance");
    assert_eq!(balance.kind, ColumnType::Decimal { precision: 20, scale: 4 });
    assert_eq!(balance.rules.min.as_ref().unwrap().value, Decimal::from(0));
    assert_eq!(balance.rules.max.as_ref().unwrap().value, "1000000.5".parse().unwrap());
    assert_eq!(balance.default, constant("0.25".parse::<Decimal>().unwrap()));

    assert_eq!(column("id").default, Some(ColumnDefault::Identity));
    assert_eq!(column("uuid").default, Some(ColumnDefault::AppGenerated(ValueGenerator::UuidV7)));
    assert_eq!(column("reference").default, Some(ColumnDefault::AppGenerated(ValueGenerator::Reference("INV"))));
    assert_eq!(column("floor_number").default, constant(-1_i16));
    assert_eq!(column("state").default, constant("OPEN"));
    assert_eq!(column("night_state").default, constant("SHUT"));
    assert_eq!(column("minimum").default, constant(9_000_000_000_i64));
    assert_eq!(column("shelves").default, constant(7));
    assert_eq!(column("colour").default, constant("plain"));
    assert_eq!(column("is_lit").default, constant(false));

    assert_eq!((column("secret").access, column("seen_at").access), (Access::WriteOnly, Access::ReadOnly));
    assert_eq!(column("seen_at").on_update, Some(OnUpdate::Now));
    assert_eq!(column("openings").on_update, Some(OnUpdate::Increment));
    assert_eq!(column("version").on_update, Some(OnUpdate::Increment));
    assert!(column("inside_id").nullable && column("type").nullable && !column("seen_at").nullable);
    assert_eq!(column("inside_id").kind, ColumnType::BigInt);
}

#[test]
fn an_enum_becomes_labels_with_codes() {
    let kind = VaultState::enum_type();
    let labels: Vec<(&str, i64)> = kind.labels.iter().map(|label| (label.name.as_str(), label.code)).collect();
    assert_eq!(labels, [("OPEN", 3), ("HALF_OPEN", 4), ("SHUT", -1)]);
    assert_eq!(kind.name, "VaultState");
    assert_eq!(kind.labels[0].comment.as_deref(), Some("Nobody locked it."));
    assert_eq!(kind.labels[1].comment, None);
    assert_eq!(VaultState::from_label("SHUT"), Some(VaultState::Closed));
    assert_eq!(VaultState::from_label("CLOSED"), None);
    assert_eq!(VaultState::HalfOpen as i64, 4);
}

#[test]
fn a_row_goes_through_a_map_and_back() {
    let vault = vault();
    let map = vault.to_map();
    assert_eq!(map.get("id"), None);
    assert_eq!(map.get("state"), Some(&Value::from("HALF_OPEN")));
    assert_eq!(map.get("floor_number"), Some(&Value::Int(2)));
    assert_eq!(map.get("colour"), Some(&Value::Null));
    assert_eq!(map.get("remarks"), Some(&Value::Json(r#"{"a":1.50}"#.into())));
    assert_eq!(Vault::from_map(map.clone()).unwrap(), vault);

    let with = |name: &str, value: Value| {
        let mut map = map.clone();
        map.set(name, value);
        Vault::from_map(map)
    };
    assert_eq!(with("state", Value::Int(-1)).unwrap().state, VaultState::Closed);
    assert_eq!(with("state", "AJAR".into()).unwrap_err().to_string(), "state: expected one of OPEN, HALF_OPEN, SHUT");
    assert_eq!(with("code", Value::Null).unwrap_err().to_string(), "code: must not be null");
    assert_eq!(with("cod", Value::Null).unwrap_err().to_string(), "cod: strong_rooms has no such column");
    assert!(Vault::from_map(Record::new()).unwrap_err().to_string().starts_with("town: "));
}

#[test]
fn rows_are_the_same_by_table_and_key() {
    let stored = Vault { key: Key { id: 3.into() }, ..vault() };
    let renamed = Vault { inscription: "XY".into(), ..stored.clone() };
    let other = Vault { key: Key { id: 4.into() }, ..stored.clone() };
    let pair = VaultPair { vault_id: Ref::Id(3), other_id: Ref::Id(4) };
    assert!(stored.same_row(&renamed));
    assert!(!stored.same_row(&other));
    assert!(!vault().same_row(&vault()), "a row that is not stored has no key");
    assert!(!stored.same_row(&pair));
    assert!(pair.same_row(&pair.clone()));
    assert_eq!(pair.key(), Some(vec![Value::Int(3), Value::Int(4)]));
}

#[test]
fn columns_of_the_struct_and_its_groups_are_constants() {
    assert_eq!(Vault::INSCRIPTION.name(), "code");
    assert_eq!(Vault::INSCRIPTION.like("A%"), Filter::like("code", "A%"));
    assert_eq!(Vault::STATE.eq(VaultState::Closed), Filter::eq("state", "SHUT"));
    assert_eq!(Vault::INSIDE_ID.eq(4), Filter::eq("inside_id", 4_i64));
    assert_eq!(Vault::TYPE.is_null(), Filter::is_null("type"));
    assert_eq!(Vault::ID.eq(1), Filter::eq("id", 1_i64));
    assert_eq!(Vault::SLUG.eq("a"), Filter::eq("slug", "a"));
    assert_eq!(Vault::FLOOR.eq(2_i16), Filter::eq("floor_number", 2_i64));
    assert_eq!(Vault::VERSION.name(), "version");
}

#[test]
fn schemas_carry_the_names_of_the_type() {
    assert_eq!(Vault::create_schema().name(), "VaultCreate");
    assert_eq!(Vault::update_schema().name(), "VaultUpdate");
    assert_eq!(Vault::answer_schema().name(), "Vault");
}

macro_rules! named {
    ($($name:ident),*) => { $(
        #[derive(Entity)]
        struct $name {
            #[entity(key)]
            column: i64,
        }
    )* };
}

named!(Currency, Day, Box, Branch, Dish, Quiz, Gas, UserAddress, AppNotice, Http2Route, KYCFile);

#[test]
fn tables_are_named_by_the_rule_of_the_schema_crate() {
    macro_rules! compare {
        ($($name:ident),*) => { $( assert_eq!($name::TABLE, plural(&snake_case(stringify!($name)))); )* };
    }
    compare!(Currency, Day, Box, Branch, Dish, Quiz, Gas, UserAddress, AppNotice, Http2Route, KYCFile, VaultPair);
    assert_eq!(UserAddress::TABLE, "user_addresses");
    assert_eq!(Currency { column: 1 }.cells().len(), 1);
    assert_eq!(Currency::COLUMN.name(), "column");
}

#[test]
fn a_declaration_that_contradicts_itself_is_refused_when_first_used() {
    #[derive(Entity)]
    #[entity(index(nowhere))]
    struct Lost {
        #[entity(flatten)]
        key: Key,
    }
    let message = std::panic::catch_unwind(|| Lost::table().name.clone()).unwrap_err();
    let message = message.downcast_ref::<String>().cloned().unwrap_or_default();
    assert_eq!(message, "Lost: table losts: losts_nowhere_idx names the column nowhere, which does not exist");
    assert!(Lost { key: Key::default() }.key.id.get().is_none());
}

mod bare {
    //! An entity that imports only the types that it uses.

    mod places {
        //! Where things are.

        /// Where it is.
        #[derive(mwallet_db::ColumnGroup)]
        pub(super) struct Place {
            /// The town.
            pub(super) town: String,
        }
    }

    #[derive(Clone, Copy, mwallet_db::Enumeration)]
    enum State {
        Open,
        Closed,
    }

    #[derive(mwallet_db::Entity)]
    struct Vault {
        #[entity(flatten)]
        key: mwallet_db::Key,
        #[entity(flatten)]
        place: places::Place,
        #[entity(default = State::Closed)]
        state: State,
        #[entity(default = 1)]
        shelves: i16,
    }

    #[test]
    fn the_macros_need_no_imports() {
        use mwallet_db::Entity as _;
        use places::PlaceColumns as _;

        assert_eq!(Vault::TABLE, "vaults");
        assert_eq!((Vault::TOWN.name(), Vault::SHELVES.name()), ("town", "shelves"));
        let place = places::Place { town: "Lagos".into() };
        let vault = Vault { key: mwallet_db::Key::default(), place, state: State::Open, shelves: 2 };
        assert_eq!(vault.cells().len(), Vault::table().columns.len());
    }
}
