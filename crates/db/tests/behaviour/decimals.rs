//! Tests that both engines agree on equality, order, ranges, sums and averages of decimals, to the last digit.

use mwallet_db::schema::{Column, ColumnDefault, ColumnType, Decimal, Record, Table, Value};
use mwallet_db::{Aggregate, Comparison, Dialect, Filter, Query, crud};
use mwallet_testkit::TestDb;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

/// The type of balances is `decimal(38, 18)`.
const PRECISION: u32 = 38;
const SCALE: u32 = 18;

fn balances() -> Table {
    let mut table = Table::new("balances");
    table.columns.push(Column::new("id", ColumnType::BigInt).default(ColumnDefault::Identity));
    table.columns.push(Column::new("run", ColumnType::BigInt));
    let kind = ColumnType::Decimal { precision: PRECISION, scale: SCALE };
    table.columns.push(Column::new("amount", kind).nullable());
    table.columns.push(Column::new("whole", ColumnType::BigInt).nullable());
    table.primary_key.push("id".into());
    table.add_index(&["amount"]);
    table
}

fn extreme(sign: i64) -> Decimal {
    Decimal::new(i128::from(sign) * (10i128.pow(PRECISION) - 1), SCALE)
}

/// Generates extremes, smallest steps, zero, and few or many digits, with both signs.
fn amounts() -> impl Strategy<Value = Decimal> {
    prop_oneof![
        Just(extreme(1)),
        Just(extreme(-1)),
        (-2i64..=2).prop_map(|steps| Decimal::new(steps, SCALE)),
        (-100i64..=100).prop_map(|whole| Decimal::new(whole, 0)),
        (-1_000_000i64..1_000_000, 0u32..=8).prop_map(|(unscaled, scale)| Decimal::new(unscaled, scale)),
        (-(10i128.pow(PRECISION) - 1)..10i128.pow(PRECISION)).prop_map(|unscaled| Decimal::new(unscaled, SCALE)),
    ]
}

/// Returns what a database computes for some amounts, as text.
async fn answers(db: &TestDb, run: i64, amounts: &[Option<Decimal>], probe: &Decimal) -> Vec<String> {
    let table = balances();
    let records = amounts.iter().map(|amount| {
        let mut record = Record::from([("run", run)]);
        record.set("amount", amount.clone().map_or(Value::Null, Value::Decimal));
        let whole = amount.as_ref().and_then(|amount| i64::try_from(amount.unscaled()).ok());
        record.set("whole", whole);
        record
    });
    crud::create_many(&db.engine, &table, records).await.unwrap();

    let of_run = Query::new().filter(Filter::eq("run", run));
    let mut answers = Vec::new();
    let rows = crud::list(&db.engine, &table, &of_run.clone().order_asc("amount").order_asc("id")).await.unwrap();
    answers.extend(rows.into_iter().map(|row| format!("{:?}", row.get("amount").map(shown))));
    for comparison in
        [Comparison::Eq, Comparison::Neq, Comparison::Gt, Comparison::Gte, Comparison::Lt, Comparison::Lte]
    {
        let filter = Filter::compare("amount", comparison, Value::Decimal(probe.clone()));
        let count = crud::count(&db.engine, &table, &of_run.clone().filter(filter)).await.unwrap();
        answers.push(format!("{comparison:?} {count}"));
    }
    let low = Value::Decimal(Decimal::new(-1, SCALE));
    let between = Filter::between("amount", low.clone(), Value::Decimal(probe.clone()));
    answers
        .push(format!("between {}", crud::count(&db.engine, &table, &of_run.clone().filter(between)).await.unwrap()));
    let within = Filter::in_("amount", [low, Value::Decimal(probe.clone())]);
    answers.push(format!("in {}", crud::count(&db.engine, &table, &of_run.clone().filter(within)).await.unwrap()));
    let numbers = ["amount", "whole"].into_iter().flat_map(|column| {
        let column = column.to_owned();
        [
            Aggregate::Sum(column.clone()),
            Aggregate::Avg(column.clone()),
            Aggregate::Min(column.clone()),
            Aggregate::Max(column),
        ]
    });
    let numbers: Vec<Aggregate> = numbers.collect();
    let values = crud::aggregate(&db.engine, &table, &of_run, &numbers).await.unwrap();
    answers.extend(numbers.iter().zip(&values).map(|(number, value)| format!("{number:?} {}", shown(value))));
    answers
}

/// Formats a value with every digit of its scale.
fn shown(value: &Value) -> String {
    match value {
        Value::Decimal(decimal) => decimal.to_string(),
        other => format!("{other:?}"),
    }
}

/// Computes the expected sum.
fn expected(amounts: &[Option<Decimal>]) -> Option<Decimal> {
    let known: Vec<&Decimal> = amounts.iter().flatten().collect();
    (!known.is_empty()).then(|| {
        let fitted = known.iter().map(|amount| amount.rescale(SCALE).unwrap());
        let mut sum = Decimal::new(0, SCALE);
        for amount in fitted {
            sum = Decimal::new(sum.unscaled() + amount.unscaled(), SCALE);
        }
        sum
    })
}

/// One test for both engines, because it tests that they agree.
#[test]
fn both_engines_agree_to_the_last_digit() {
    mwallet_testkit::run(Dialect::Sqlite, async |sqlite: TestDb| {
        tokio::task::block_in_place(|| {
            mwallet_testkit::run_beside(Dialect::Postgres, async |postgres: TestDb| {
                for db in [&sqlite, &postgres] {
                    db.engine.create_all(&[&balances()]).await.unwrap();
                }
                let strategy = (prop::collection::vec(prop::option::weighted(0.9, amounts()), 0..24), amounts());
                let mut runner = TestRunner::new(Config { cases: 0, ..Config::default() });
                for run in 0..64 {
                    let (amounts, probe): (Vec<Option<Decimal>>, Decimal) =
                        strategy.new_tree(&mut runner).unwrap().current();
                    let ours = answers(&sqlite, run, &amounts, &probe).await;
                    let theirs = answers(&postgres, run, &amounts, &probe).await;
                    assert_eq!(ours, theirs, "amounts {amounts:?}, probe {probe}");
                    let sum = expected(&amounts).map_or("Null".to_owned(), |sum| sum.to_string());
                    assert!(ours.contains(&format!("Sum(\"amount\") {sum}")), "{ours:?}: {sum}");
                }
            });
        });
    });
}
