//! The table `заказы`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "заказы", schema = "public")]
pub struct Заказы {
    #[entity(column = "Номер")]
    pub номер: Option<i32>,
    #[entity(column = "номер_2")]
    pub номер_2: Option<i32>,
}
