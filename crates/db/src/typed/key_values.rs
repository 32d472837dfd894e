//! The values of a primary key.

use mwallet_schema::{Uuid, Value};

use crate::entity::{Entity, Ref};

/// The value of a primary key, or a tuple of the values of one of several columns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the value of a primary key",
    note = "a key is a whole number, text, a UUID or a Ref, or a tuple of values for a key of several columns"
)]
pub trait KeyValues {
    /// Returns the values in the order of the key's columns.
    fn into_values(self) -> Vec<Value>;
}

macro_rules! single {
    ($($kind:ty),*) => { $(
        impl KeyValues for $kind {
            fn into_values(self) -> Vec<Value> {
                vec![self.into()]
            }
        }
    )* };
}

single!(i16, i32, i64, &str, String, Uuid, Value);

/// A reference to a row that its session has not written yet finds no row.
impl<E: Entity> KeyValues for Ref<E> {
    fn into_values(self) -> Vec<Value> {
        vec![self.id().into()]
    }
}

macro_rules! tuple {
    ($($kind:ident $field:tt),+) => {
        impl<$($kind: KeyValues),+> KeyValues for ($($kind,)+) {
            fn into_values(self) -> Vec<Value> {
                let mut values = Vec::new();
                $(values.extend(self.$field.into_values());)+
                values
            }
        }
    };
}

tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
