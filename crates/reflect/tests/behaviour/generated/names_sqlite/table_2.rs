//! The table `заказы`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "заказы")]
pub struct Заказы {
    #[entity(column = "Номер", declared = "INT")]
    pub номер: Option<i64>,
    #[entity(column = "номер_2", declared = "INT")]
    pub номер_2: Option<i64>,
}
