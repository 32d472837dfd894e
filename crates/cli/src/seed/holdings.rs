//! Assets, the wallets that hold them, and addresses on the networks.

use mwallet_db::schema::Decimal;
use mwallet_db::{Key, Ref};
use mwallet_models::{Asset, AssetKind, AssetType, CryptoAddress, NetworkAddress, UserAddress, Wallet};

use super::people::{owner, row};
use super::random::{Origin, Random, Stream, unchanged};

const BASE58: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const BECH32: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// A coin with its own network.
#[derive(Clone, Copy, Default)]
pub(super) enum Coin {
    #[default]
    Bitcoin,
    Litecoin,
    Dogecoin,
    Dash,
}

const COINS: [Coin; 4] = [Coin::Bitcoin, Coin::Litecoin, Coin::Dogecoin, Coin::Dash];

impl Coin {
    /// The coin of an order; an order for fiat money has none.
    pub(super) fn for_asset(asset: AssetType) -> Option<Self> {
        match asset {
            AssetType::Bitcoin => Some(Self::Bitcoin),
            AssetType::Litecoin => Some(Self::Litecoin),
            AssetType::Dogecoin => Some(Self::Dogecoin),
            AssetType::Dash => Some(Self::Dash),
            AssetType::Naira => None,
        }
    }

    pub(super) fn network(self) -> &'static str {
        match self {
            Self::Bitcoin => "bitcoin",
            Self::Litecoin => "litecoin",
            Self::Dogecoin => "dogecoin",
            Self::Dash => "dash",
        }
    }
}

/// Looks like an address, but has no valid checksum, so that wallets refuse to send anything there.
pub(super) fn address(random: &mut Random, coin: Coin) -> String {
    match coin {
        Coin::Bitcoin => format!("bc1q{}", random.text(BECH32, 38)),
        Coin::Litecoin => format!("ltc1q{}", random.text(BECH32, 38)),
        Coin::Dogecoin => format!("D{}", random.text(BASE58, 33)),
        Coin::Dash => format!("X{}", random.text(BASE58, 33)),
    }
}

/// The assets that orders are for: code, name, sign, network, digits, kind, confirmations.
type Listed = (&'static str, &'static str, &'static str, Option<Coin>, i16, AssetKind, i32);

const ASSETS: [Listed; 5] = [
    ("BTC", "Bitcoin", "₿", Some(Coin::Bitcoin), 8, AssetKind::Coin, 3),
    ("LTC", "Litecoin", "Ł", Some(Coin::Litecoin), 8, AssetKind::Coin, 6),
    ("DOGE", "Dogecoin", "Ð", Some(Coin::Dogecoin), 8, AssetKind::Coin, 20),
    ("DASH", "Dash", "Đ", Some(Coin::Dash), 8, AssetKind::Coin, 6),
    ("NGN", "Nigerian Naira", "₦", None, 2, AssetKind::Fiat, 0),
];

/// The assets.
pub(super) fn assets(origin: Origin) -> impl Iterator<Item = Asset> {
    let mut random = Random::new(origin, Stream::Assets);
    (1..).zip(ASSETS).map(move |(number, (code, name, symbol, coin, decimals, kind, min_confirmations))| {
        let made = random.moment(number, 1_000);
        Asset {
            key: Key { id: row(number).into() },
            names: random.names(made, code.to_ascii_lowercase()),
            code: code.into(),
            name: name.into(),
            symbol: Some(symbol.into()),
            network: coin.map(|coin| coin.network().into()),
            decimals,
            kind,
            min_confirmations,
            is_active: true,
            timestamps: unchanged(made),
        }
    })
}

/// The wallets: one for each user, two for some.
pub(super) fn wallets(origin: Origin, users: u64) -> impl Iterator<Item = Wallet> {
    let mut random = Random::new(origin, Stream::Wallets);
    let mut number = 0;
    (1..=users).flat_map(move |user| {
        let first = random.between(1, 6);
        // The next asset in the list, so that nobody has two wallets for one.
        let second = random.percent(40).then_some(first % 5 + 1);
        let wallets: Vec<Wallet> = std::iter::once(first)
            .chain(second)
            .map(|asset| {
                number += 1;
                let made = random.moment(user, users);
                Wallet {
                    key: Key { id: row(number).into() },
                    names: random.names(made, format!("wallet-{number}")),
                    owner: owner(row(user)),
                    asset_id: Ref::Id(asset),
                    label: random
                        .percent(50)
                        .then(|| random.pick(&["main", "savings", "trading", "rent", "shop"]).into()),
                    is_escrow: random.percent(5),
                    timestamps: unchanged(made),
                }
            })
            .collect();
        wallets
    })
}

/// The addresses of the server itself: one on each network.
pub(super) fn server_addresses(origin: Origin) -> impl Iterator<Item = CryptoAddress> {
    let mut random = Random::new(origin, Stream::ServerAddresses);
    (1..).zip(COINS).map(move |(number, coin)| {
        let made = random.moment(number, 1_000);
        CryptoAddress {
            key: Key { id: row(number).into() },
            names: random.names(made, format!("desk-{}", coin.network())),
            address: NetworkAddress {
                is_default: true,
                label: Some("desk".into()),
                description: Some("Where coins wait in escrow.".into()),
                ..held(&mut random, coin)
            },
            timestamps: unchanged(made),
        }
    })
}

/// The addresses of users: one for every other user.
pub(super) fn user_addresses(origin: Origin, users: u64) -> impl Iterator<Item = UserAddress> {
    let mut random = Random::new(origin, Stream::UserAddresses);
    (1..=users / 2).map(move |number| {
        let made = random.moment(number, users);
        let coin = random.pick(&COINS);
        UserAddress {
            key: Key { id: row(number).into() },
            names: random.names(made, format!("address-{number}")),
            owner: owner(row(number) * 2),
            address: held(&mut random, coin),
            account_number: random.percent(40).then(|| format!("{:010}", random.between(0, 10_000_000_000))),
            account_key: random.percent(20).then(|| random.bytes(32)),
            timestamps: unchanged(made),
        }
    })
}

/// An address with something on it.
fn held(random: &mut Random, coin: Coin) -> NetworkAddress {
    NetworkAddress {
        address: address(random, coin),
        network: coin.network().into(),
        is_default: random.percent(70),
        address_balance: Decimal::new(random.between(0, 900_000_000), 8),
        label: random.percent(30).then(|| random.pick(&["cold", "phone", "till"]).into()),
        description: None,
    }
}
