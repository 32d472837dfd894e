//! An entity outside of the crate, with nothing imported but what it names.

mod places {
    //! Where things are.

    /// Where it is.
    #[derive(mwallet_db::ColumnGroup)]
    pub struct Place {
        /// The town.
        pub town: String,
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

fn main() {
    use mwallet_db::Entity as _;
    use places::PlaceColumns as _;

    assert_eq!(Vault::TABLE, "vaults");
    assert_eq!((Vault::TOWN.name(), Vault::SHELVES.name()), ("town", "shelves"));
    let place = places::Place { town: "Lagos".into() };
    let vault = Vault { key: mwallet_db::Key::default(), place, state: State::Open, shelves: 2 };
    assert_eq!(vault.cells().len(), Vault::table().columns.len());
}
