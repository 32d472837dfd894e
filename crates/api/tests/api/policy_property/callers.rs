//! Who sends requests, and what is known of them.

use mwallet_api::AppState;
use mwallet_auth::{Authority, Permissions, Trust, VerifyingKey, api_key};
use mwallet_db::schema::Record;
use mwallet_db::{Engine, Entity, crud};
use mwallet_models::{ApiKey, KeyKind};
use serde_json::json;

use super::database::{Cell, Kind};
use crate::permissions::{SECRET, token};
use crate::related_property::Random;

/// Somebody who sends requests.
pub(super) struct Caller {
    pub(super) name: &'static str,
    /// Their roles, without those that these include.
    pub(super) roles: &'static [&'static str],
    /// What is known of them.
    values: &'static [(&'static str, Known)],
    pub(super) is_bypass: bool,
}

enum Known {
    Int(i64),
    Text(&'static str),
}

/// What policies ask of callers, and the types of the columns that it is compared with.
pub(super) const NAMES: [(&str, &[Kind]); 5] = [
    ("auth.uid", &[Kind::Int, Kind::Text]),
    ("auth.aal", &[Kind::Text]),
    ("auth.app.level", &[Kind::Int]),
    ("auth.app.team", &[Kind::Int]),
    ("auth.app.tag", &[Kind::Int, Kind::Text]),
];

/// The third has a second role, and a name that is no number.
static CALLERS: [Caller; 5] = [
    Caller { name: "anonymous", roles: &["anon"], values: &[], is_bypass: false },
    Caller {
        name: "one",
        roles: &["member"],
        values: &[
            ("auth.uid", Known::Text("1")),
            ("auth.aal", Known::Text("aal1")),
            ("auth.app.level", Known::Int(2)),
            ("auth.app.tag", Known::Text("a")),
        ],
        is_bypass: false,
    },
    Caller {
        name: "two",
        roles: &["lead"],
        values: &[
            ("auth.uid", Known::Text("2")),
            ("auth.aal", Known::Text("aal1")),
            ("auth.app.level", Known::Int(3)),
            ("auth.app.team", Known::Int(1)),
        ],
        is_bypass: false,
    },
    Caller {
        name: "carol",
        roles: &["member", "extra"],
        values: &[
            ("auth.uid", Known::Text("carol")),
            ("auth.aal", Known::Text("aal2")),
            ("auth.app.team", Known::Int(2)),
            ("auth.app.tag", Known::Text("b")),
        ],
        is_bypass: false,
    },
    Caller { name: "a program", roles: &["service_role"], values: &[], is_bypass: true },
];

impl Caller {
    /// Most often a user.
    pub(super) fn pick(random: &mut Random) -> &'static Self {
        &CALLERS[*random.pick(&[0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4])]
    }

    pub(super) fn is_anonymous(&self) -> bool {
        self.roles == ["anon"]
    }

    pub(super) fn knows(&self, name: &str) -> bool {
        self.values.iter().any(|(known, _)| *known == name)
    }

    /// What is known by a name, as a cell of this type. `None` if no cell has it.
    pub(super) fn value(&self, name: &str, kind: Kind) -> Option<Cell> {
        let (_, known) = self.values.iter().find(|(known, _)| *known == name)?;
        match (known, kind) {
            (Known::Int(number), Kind::Int) => Some(Cell::Int(*number)),
            (Known::Text(text), Kind::Int) => text.parse().ok().map(Cell::Int),
            (Known::Text(text), Kind::Text) => Some(Cell::Text((*text).into())),
            _ => None,
        }
    }

    /// The token of a user.
    fn token(&self) -> String {
        let mut claims =
            json!({"role": self.roles, "aud": "authenticated", "exp": 4_000_000_000_u32, "app_metadata": {}});
        for (name, known) in self.values {
            let value = match known {
                Known::Int(number) => json!(number),
                Known::Text(text) => json!(text),
            };
            match name.strip_prefix("auth.app.") {
                Some(name) => claims["app_metadata"][name] = value,
                None if *name == "auth.uid" => claims["sub"] = value,
                None => claims["aal"] = value,
            }
        }
        token(&claims)
    }
}

/// Knows the callers of a database.
pub(super) struct Gate {
    authority: Authority,
    service: String,
}

impl Gate {
    pub(super) async fn new(engine: &Engine) -> Self {
        let tables = [ApiKey::table(), mwallet_models::SigningKey::table()];
        engine.create_all(&tables).await.unwrap();
        let service = api_key::generate(KeyKind::Secret, engine.sources());
        let mut row = Record::new();
        row.set("name", "service");
        row.set("kind", "SECRET");
        row.set("role", "service_role");
        row.set("hash", api_key::hash(&service));
        crud::create(engine, ApiKey::table(), row).await.unwrap();
        let trust = Trust { keys: vec![VerifyingKey::from_secret(SECRET).unwrap()], ..Trust::default() };
        let authority = Authority::new(engine, trust).with_store(engine.clone(), false);
        Self { authority, service }
    }

    /// What a caller sends to say who they are.
    pub(super) fn bearer(&self, caller: &Caller) -> Option<String> {
        match (caller.is_anonymous(), caller.is_bypass) {
            (true, _) => None,
            (_, true) => Some(self.service.clone()),
            _ => Some(caller.token()),
        }
    }

    pub(super) fn state(&self, engine: &Engine, policy: &str) -> AppState {
        let tables: Vec<_> = super::database::SOURCES.iter().map(super::database::Source::table).collect();
        let served = mwallet_api::ExposedTables::new(&tables).unwrap();
        let permissions = Permissions::parse(policy, served.catalog().unwrap());
        let permissions = permissions.unwrap_or_else(|mistake| panic!("{mistake}\n{policy}"));
        AppState::closed(engine.clone(), served, self.authority.clone(), permissions)
    }
}
