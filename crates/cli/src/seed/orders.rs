//! Orders, and the transactions that settled some of them.

use mwallet_db::schema::Timestamp;
use mwallet_db::{Json, Key, Ref};
use mwallet_models::{AssetType, Order, OrderType, Transaction};
use serde_json::json;

use super::holdings::{Coin, address};
use super::people::{owner, row};
use super::random::{DAY, HOUR, Origin, Random, Stream, changed, later, unchanged};
use super::vocabulary::{PAYMENTS, PLACES, REMARKS};

const HEX: &[u8] = b"0123456789abcdef";

/// The orders. Later ones are younger and more often still open.
///
/// Open orders end in the future, however old they are; closed orders end in the past.
pub(super) fn orders(origin: Origin, count: u64, users: u64) -> impl Iterator<Item = Order> {
    let mut random = Random::new(origin, Stream::Orders);
    (1..=count).map(move |number| {
        let made = random.moment(number, count);
        let names = random.names(made, format!("order-{number}"));
        let user = random.few_of(users);
        let order_type = state(&mut random, number, count);
        let asset = asset(&mut random);
        let wait = if random.percent(60) { 0 } else { random.between(0, 3 * DAY) };
        let goes_on = matches!(order_type, OrderType::Open | OrderType::Partial);
        let start = later(made, wait);
        let start = if order_type == OrderType::Open { start } else { random.over(made, start) };
        let expected_end = random.percent(70).then(|| later(start, random.between(1, 31) * DAY));
        let expected_end =
            expected_end.map(|end| if goes_on { random.to_come(start, end) } else { random.over(start, end) });
        let timestamps = match order_type {
            OrderType::Open => unchanged(made),
            _ => {
                let wanted = later(start, random.between(HOUR, 5 * DAY));
                changed(made, random.over(start, wanted))
            }
        };
        let memo = random.percent(60).then(|| memo(&mut random, asset));
        Order {
            key: Key { id: row(number).into() },
            names,
            owner: owner(user),
            order_type,
            asset,
            start,
            expected_end,
            memo,
            timestamps,
        }
    })
}

/// The state of the `number`th of `count` orders: one in ten of the oldest is open, seven in ten of the youngest.
fn state(random: &mut Random, number: u64, count: u64) -> OrderType {
    let age = count - number;
    // At most 60 times a count of rows, and 60 at the end.
    let open = 70 - (60 * u128::from(age) / u128::from(count)) as i64;
    let rest = 100 - open;
    match random.between(0, 100) {
        chance if chance < open => OrderType::Open,
        chance if chance < open + rest * 6 / 10 => OrderType::Satisfied,
        chance if chance < open + rest * 8 / 10 => OrderType::Partial,
        _ => OrderType::Closed,
    }
}

fn asset(random: &mut Random) -> AssetType {
    match random.between(0, 100) {
        0..50 => AssetType::Bitcoin,
        50..68 => AssetType::Naira,
        68..82 => AssetType::Litecoin,
        82..93 => AssetType::Dogecoin,
        _ => AssetType::Dash,
    }
}

/// The text of an order. The longest possible one fits into the column.
fn memo(random: &mut Random, asset: AssetType) -> String {
    let wanted = if random.percent(50) { "Buying" } else { "Selling" };
    let amount = match asset {
        AssetType::Bitcoin => format!("0.{:03} BTC", random.between(1, 1_000)),
        AssetType::Litecoin => format!("{}.{} LTC", random.between(1, 90), random.between(0, 10)),
        AssetType::Dogecoin => format!("{}00 DOGE", random.between(5, 900)),
        AssetType::Dash => format!("{}.{} DASH", random.between(1, 60), random.between(0, 10)),
        AssetType::Naira => format!("{},000 naira", random.between(20, 1_000)),
    };
    let offer = match random.between(0, 4) {
        0 => format!("{wanted} {amount} for {}.", random.pick(PAYMENTS)),
        1 => format!("{wanted} {amount}, can meet in {}.", random.pick(PLACES)),
        2 => format!("{wanted} {amount}."),
        _ => return random.pick(REMARKS).to_owned(),
    };
    if random.percent(50) { format!("{offer} {}", random.pick(REMARKS)) } else { offer }
}

/// The transactions on the networks by which orders for coins were satisfied, one for each.
pub(super) fn settlements(origin: Origin, orders: u64, users: u64) -> impl Iterator<Item = Transaction> {
    let mut random = Random::new(origin, Stream::Transactions);
    let satisfied = self::orders(origin, orders, users).filter(|order| order.order_type == OrderType::Satisfied);
    let in_coins = satisfied.filter_map(|order| Some((Coin::for_asset(order.asset)?, order)));
    (1..).zip(in_coins).map(move |(number, (coin, order))| settlement(&mut random, number, coin, &order))
}

fn settlement(random: &mut Random, number: u64, coin: Coin, order: &Order) -> Transaction {
    let settled = order.timestamps.updated_at.get().copied().unwrap_or(order.start);
    let (amount, fee) = (random.between(100_000, 500_000_000), random.between(200, 20_000));
    let height = 870_000 + number / 4;
    // Amounts as a node writes them: coins with eight decimal places.
    let coins = |amount: i64| format!("{}.{:08}", amount / 100_000_000, amount % 100_000_000);
    let inputs = format!(r#"[{{"txid":"{}","vout":{}}}]"#, random.text(HEX, 64), random.between(0, 3));
    let outputs = format!(
        r#"[{{"value":{},"n":0,"address":"{}"}},{{"value":{},"n":1,"address":"{}"}}]"#,
        coins(amount),
        address(random, coin),
        coins(random.between(1_000, 50_000_000)),
        address(random, coin),
    );
    let meta = json!({"height": height, "fee": coins(fee), "size": random.between(190, 800)});
    Transaction {
        key: Key { id: row(number).into() },
        names: random.names(settled, format!("transaction-{number}")),
        order_id: order.key.id.get().copied().map(Ref::Id),
        network: coin.network().into(),
        tranx_ref: random.reference(settled),
        tranx_id: random.text(HEX, 64),
        inputs,
        outputs,
        // Limited to what fits in an i32, whatever the number of days.
        confirmations: i32::try_from(random.between(6, 20_000)).unwrap_or(i32::MAX),
        mined_at: Some(mined(settled)),
        pubkey: None,
        meta: Json::parse(&meta.to_string()).ok(),
        timestamps: unchanged(settled),
    }
}

/// Rounds down to whole seconds, as in blocks.
fn mined(settled: Timestamp) -> Timestamp {
    Timestamp::from_seconds(settled.micros() / 1_000_000).unwrap_or(settled)
}

#[cfg(test)]
mod tests {
    use mwallet_db::Auto;

    use super::*;

    fn origin(seed: u64) -> Origin {
        Origin { seed, as_of: "2026-11-26T12:00:00Z".parse().unwrap() }
    }

    #[test]
    fn memos_fit_and_differ() {
        let orders: Vec<Order> = orders(origin(7), 5_000, 100).collect();
        let memos: std::collections::HashSet<&str> = orders.iter().filter_map(|order| order.memo.as_deref()).collect();
        assert!(memos.len() > 1_000, "{}", memos.len());
        assert!(memos.iter().all(|memo| memo.len() <= 128));
    }

    #[test]
    fn later_orders_are_younger_and_more_often_open() {
        let orders: Vec<Order> = orders(origin(7), 1_000, 100).collect();
        assert!(orders.is_sorted_by_key(|order| order.timestamps.created_at.get().copied()));
        let open = |orders: &[Order]| orders.iter().filter(|order| order.order_type == OrderType::Open).count();
        assert!(open(&orders[..200]) < open(&orders[800..]));
        assert_eq!(orders[41].names.slug, Auto::Set("order-42".to_owned()));
    }

    #[test]
    fn one_order_can_stand_in_any_state_and_has_an_owner() {
        for seed in 0..50 {
            let order = orders(origin(seed), 1, 1).next().unwrap();
            assert_eq!(order.owner, owner(1));
        }
    }

    #[test]
    fn what_goes_on_ends_later_and_what_is_over_is_over() {
        for (seed, count) in [(1, 2_000), (7, 30), (8, 1)] {
            let origin = origin(seed);
            let (mut going, mut over) = (0, 0);
            for order in orders(origin, count, 200) {
                let set = |time: &Auto<Timestamp>| *time.get().unwrap();
                let (made, changed) = (set(&order.timestamps.created_at), set(&order.timestamps.updated_at));
                assert!(made <= changed && changed < origin.as_of, "{order:?}");
                assert!(made <= order.start && order.expected_end.is_none_or(|end| order.start <= end), "{order:?}");
                let is_over = match order.order_type {
                    OrderType::Open | OrderType::Partial => false,
                    OrderType::Closed | OrderType::Satisfied => true,
                };
                assert!(order.start < origin.as_of || order.order_type == OrderType::Open, "{order:?}");
                if let Some(end) = order.expected_end {
                    assert_eq!(end < origin.as_of, is_over, "{order:?}");
                    *if is_over { &mut over } else { &mut going } += 1;
                }
            }
            assert!(count < 100 || (going > 400 && over > 400), "{going} {over}");
            let settled = settlements(origin, count, 200);
            assert!(settled.into_iter().all(|transaction| transaction.mined_at.unwrap() < origin.as_of));
        }
    }

    #[test]
    fn times_move_with_the_time_that_the_data_is_made_for() {
        let early = origin(7);
        let late = Origin { as_of: later(early.as_of, 100 * DAY), ..early };
        for (early, late) in orders(early, 500, 50).zip(orders(late, 500, 50)) {
            assert_eq!(later(early.start, 100 * DAY), late.start);
            assert_eq!(early.expected_end.map(|end| later(end, 100 * DAY)), late.expected_end);
            assert_eq!((early.order_type, early.memo, early.owner), (late.order_type, late.memo, late.owner));
        }
    }
}
