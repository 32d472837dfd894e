//! Determines the column type from the written type of a field, as far as a macro can: from its last path segment.

use syn::{GenericArgument, Ident, PathArguments, Type};

/// The kind of value in a field, inside `Option` and `Auto`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Integer,
    Decimal,
    Text,
    Bytes,
    Time,
    Uuid,
    Boolean,
    Json,
    Reference,
    /// An enum or a type alias, which the compiler checks.
    Other,
}

impl Kind {
    /// Returns the name for messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Integer => "a whole number",
            Self::Decimal => "a decimal",
            Self::Text => "text",
            Self::Bytes => "bytes",
            Self::Time => "a timestamp",
            Self::Uuid => "a UUID",
            Self::Boolean => "a boolean",
            Self::Json => "JSON",
            Self::Reference => "a reference",
            Self::Other => "a value of another type",
        }
    }
}

/// A parsed type.
pub(crate) struct Written {
    /// The kind of value.
    pub(crate) kind: Kind,
    /// The last path segment inside `Option` and `Auto`: `i64`.
    pub(crate) word: Option<Ident>,
    /// Whether the server may fill it in: `Auto`.
    pub(crate) auto: bool,
}

/// Parses a type.
pub(crate) fn written(kind: &Type) -> Written {
    let Some((word, argument)) = last_word(kind) else {
        return Written { kind: Kind::Other, word: None, auto: false };
    };
    match (word.to_string().as_str(), argument) {
        ("Option", Some(inner)) => written(inner),
        ("Auto", Some(inner)) => Written { auto: true, ..written(inner) },
        (name, _) => Written { kind: named(name), word: Some(word.clone()), auto: false },
    }
}

fn named(name: &str) -> Kind {
    match name {
        "i16" | "i32" | "i64" => Kind::Integer,
        "Decimal" => Kind::Decimal,
        "String" => Kind::Text,
        "Vec" => Kind::Bytes,
        "Timestamp" => Kind::Time,
        "Uuid" => Kind::Uuid,
        "bool" => Kind::Boolean,
        "Json" => Kind::Json,
        "Ref" => Kind::Reference,
        _ => Kind::Other,
    }
}

/// Returns the suggestion for a type that is close to a column type, but unsupported.
pub(crate) fn instead_of(kind: &Type) -> Option<&'static str> {
    if matches!(kind, Type::Reference(_)) {
        return Some("an entity owns its values: write `String` or `Vec<u8>`");
    }
    match written(kind).word?.to_string().as_str() {
        "f32" | "f64" => Some("a column is never a float, which loses digits: write `Decimal`"),
        "i8" | "u8" => Some("both engines store whole numbers of 16, 32 or 64 bits with a sign: write `i16`"),
        "u16" => Some("both engines store whole numbers of 16, 32 or 64 bits with a sign: write `i32`"),
        "u32" | "u64" | "usize" | "isize" => {
            Some("both engines store whole numbers of 16, 32 or 64 bits with a sign: write `i64`")
        }
        "i128" | "u128" => Some("both engines store whole numbers of up to 64 bits: write `i64` or `Decimal`"),
        "str" | "char" => Some("an entity owns its text: write `String`"),
        "Key" | "Name" | "Timestamps" => Some("a group of columns takes `#[entity(flatten)]` above the field"),
        "SystemTime" | "DateTime" => Some("the type of a point in time is `Timestamp`"),
        _ => None,
    }
}

fn last_word(kind: &Type) -> Option<(&Ident, Option<&Type>)> {
    let kind = match kind {
        Type::Group(group) => &group.elem,
        other => other,
    };
    let Type::Path(path) = kind else { return None };
    let segment = path.path.segments.last()?;
    let argument = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::Type(kind) => Some(kind),
            _ => None,
        }),
        _ => None,
    };
    Some((&segment.ident, argument))
}
