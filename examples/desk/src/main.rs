//! The program of `docs/how-to/queries.md`: users, their orders and their groups, found in every way there is.

use futures::TryStreamExt;
use mwallet_db::prelude::*;
use mwallet_db::schema::ColumnType;
use mwallet_db::{Engine, Executor, FromRow, Key, Ref, RelatedQuery, Result, Sql, ToMany, crud};

/// Somebody who trades.
#[derive(Clone, Debug, Entity)]
struct User {
    #[entity(flatten)]
    key: Key,
    #[entity(unique, max = 64)]
    name: String,
}

/// What somebody wants to buy or sell.
#[derive(Clone, Debug, Entity)]
struct Order {
    #[entity(flatten)]
    key: Key,
    #[entity(index)]
    user_id: Ref<User>,
    #[entity(max = 16)]
    asset: String,
    memo: Option<String>,
}

/// Users who may do the same things.
#[derive(Clone, Debug, Entity)]
struct Group {
    #[entity(flatten)]
    key: Key,
    #[entity(unique, max = 64)]
    name: String,
}

/// That a user is in a group.
#[derive(Clone, Debug, Entity)]
#[entity(key(user_id, group_id))]
struct Member {
    user_id: Ref<User>,
    #[entity(index)]
    group_id: Ref<Group>,
}

impl User {
    const ORDERS: ToMany<User, Order> = Order::USER.inverse();
    const GROUPS: ToMany<User, Group> = Member::USER.inverse().through(Member::GROUP);
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::new(&"sqlite::memory:".parse()?)?;
    engine.create_all(&[User::table(), Order::table(), Group::table(), Member::table()]).await?;
    write(&engine).await?;
    read(&engine).await?;
    related(&engine).await?;
    change(&engine).await?;
    sum_up(&engine).await?;
    engine.close().await;
    Ok(())
}

async fn write(engine: &Engine) -> Result<()> {
    let ada = User { key: Key::default(), name: "ada".into() }.create(engine).await?;
    println!("ada has the key {:?}", ada.key.id);
    User::create_many(engine, ["ben", "cyd"].map(|name| User { key: Key::default(), name: name.into() })).await?;

    let order =
        |user: i64, asset: &str| Order { key: Key::default(), user_id: user.into(), asset: asset.into(), memo: None };
    Order::create_many(engine, [order(1, "DASH"), order(2, "DASH"), order(1, "LITECOIN")]).await?;
    Group { key: Key::default(), name: "agents".into() }.create(engine).await?;
    Member { user_id: 1.into(), group_id: 1.into() }.create(engine).await?;
    Ok(())
}

async fn read(engine: &Engine) -> Result<()> {
    let first = Order::by_key(1).one(engine).await?;
    println!("order 1 is for {:?}", first.map(|order| order.asset));

    let newest = Order::find().filter(Order::ASSET.eq("DASH")).order(Order::ID.desc()).limit(10).all(engine).await?;
    println!("{} orders for DASH", newest.len());

    let page = Order::find().order(Order::ID.asc()).limit(2).page(engine).await?;
    println!("{} of {} orders", page.rows.len(), page.total);

    let orders = Order::find().stream(engine).await?;
    let assets: Vec<String> = orders.map_ok(|order| order.asset).try_collect().await?;
    println!("for {}", assets.join(", "));
    Ok(())
}

async fn related(engine: &Engine) -> Result<()> {
    let orders = Order::find().order(Order::ID.asc()).all(engine).await?;
    let users = orders.load_one(engine, Order::USER).await?;
    for (order, user) in orders.iter().zip(users.iter()) {
        println!("{} is wanted by {:?}", order.asset, user.map(|user| &user.name));
    }

    let users = User::find().order(User::NAME.asc()).all(engine).await?;
    let groups = users.load_many(engine, User::GROUPS).await?;
    let orders = users.load_many(engine, RelatedQuery::from(User::ORDERS).order(Order::ASSET.asc())).await?;
    for (index, user) in users.iter().enumerate() {
        println!("{} is in {} groups and has {} orders", user.name, groups.get(index).len(), orders.get(index).len());
    }

    let agents = User::find().filter(User::GROUPS.any(Group::NAME.eq("agents"))).all(engine).await?;
    let idle = User::find().filter(User::ORDERS.none(Order::ASSET.neq(""))).all(engine).await?;
    let of_agents = Order::find().filter(Order::USER.matches(User::GROUPS.exists())).count(engine).await?;
    println!("{} agents, {} without orders, {of_agents} orders of agents", agents.len(), idle.len());
    Ok(())
}

async fn change(engine: &Engine) -> Result<()> {
    let of_ben = Order::USER.matches(User::NAME.eq("ben"));
    let changed = Order::find().filter(of_ben).update(engine, [Order::MEMO.set("urgent")]).await?;
    println!("{} changed to {:?}", changed.count, changed.rows[0].memo);
    let deleted = Order::find().filter(Order::ASSET.eq("LITECOIN")).delete(engine).await?;
    println!("{} deleted", deleted.count);

    let mut session = engine.sessions().begin().await?;
    close_orders(&mut session, "ada").await?;
    session.commit().await
}

/// Runs where its caller says: on an engine, or in the transaction of a session.
async fn close_orders(executor: impl Into<Executor<'_>>, user: &str) -> Result<u64> {
    let of_user = Order::find().filter(Order::USER.matches(User::NAME.eq(user)));
    Ok(of_user.update(executor, [Order::MEMO.set("closed")]).await?.count)
}

#[derive(Debug, FromRow)]
struct OrdersOfAsset {
    asset: String,
    #[from_row(column = "count")]
    orders: i64,
}

async fn sum_up(engine: &Engine) -> Result<()> {
    let sql = Sql::new("SELECT asset, count(*) FROM orders WHERE asset <> $1 GROUP BY asset ORDER BY asset")
        .bind("BITCOIN")
        .returns("asset", ColumnType::Text { max: None })
        .returns("count", ColumnType::BigInt);
    for row in crud::select::<OrdersOfAsset>(engine, sql).await? {
        println!("{}: {}", row.asset, row.orders);
    }
    Ok(())
}
