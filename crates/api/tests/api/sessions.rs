//! Handlers that take a session: committed only where they say so.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use mwallet_api::{DbSession, Problem};
use mwallet_db::prelude::*;
use mwallet_db::{Auto, crud};
use mwallet_models::Group;
use mwallet_testkit::{TestDb, both_engines};
use tokio::sync::Notify;

use crate::support::{connect, fetch, serve, state};

fn group(name: &str) -> mwallet_db::schema::Record {
    let mut group = mwallet_db::schema::Record::new();
    group.set("name", name);
    group.set("scope", "test");
    group
}

async fn add(session: &mut mwallet_db::Session, name: &str) -> Result<(), Problem> {
    crud::create(session, Group::table(), group(name)).await?;
    Ok(())
}

async fn commits(DbSession(mut session): DbSession) -> Result<&'static str, Problem> {
    add(&mut session, "committed").await?;
    session.commit().await?;
    Ok("done")
}

async fn returns_early(DbSession(mut session): DbSession) -> Result<(), Problem> {
    add(&mut session, "early").await?;
    Err(Problem::new(axum::http::StatusCode::CONFLICT, "P0001", "no"))
}

async fn waits(State(begun): State<Arc<Notify>>, DbSession(mut session): DbSession) -> Result<(), Problem> {
    add(&mut session, "left alone").await?;
    begun.notify_one();
    std::future::pending::<()>().await;
    session.commit().await?;
    Ok(())
}

#[derive(Clone)]
struct Shared {
    app: mwallet_api::AppState,
    begun: Arc<Notify>,
}

impl axum::extract::FromRef<Shared> for mwallet_api::AppState {
    fn from_ref(shared: &Shared) -> Self {
        shared.app.clone()
    }
}

impl axum::extract::FromRef<Shared> for Arc<Notify> {
    fn from_ref(shared: &Shared) -> Self {
        shared.begun.clone()
    }
}

#[both_engines]
async fn only_a_commit_stays(db: TestDb) {
    let begun = Arc::new(Notify::new());
    let shared = Shared { app: state(&db).await, begun: begun.clone() };
    let app = Router::new()
        .route("/commits", get(commits))
        .route("/early", get(returns_early))
        .route("/waits", get(waits))
        .with_state(shared);
    let address = serve(app).await;

    assert!(fetch(address, "/commits").await.starts_with("HTTP/1.1 200"));
    assert!(fetch(address, "/early").await.starts_with("HTTP/1.1 409"));
    // The client goes away while the handler is at work.
    let socket = connect(address, "/waits").await;
    begun.notified().await;
    drop(socket);
    // The writer of SQLite is free again long before the session's own limit of five seconds.
    let write = crud::create(&db.engine, Group::table(), group("after"));
    tokio::time::timeout(Duration::from_secs(3), write).await.unwrap().unwrap();

    let groups = Group::find().order(Group::ID.asc()).all(&db.engine).await.unwrap();
    let names: Vec<_> = groups.iter().map(|group| group.name.as_str()).collect();
    assert_eq!(names, ["committed", "after"]);
    assert!(groups.iter().all(|group| matches!(group.key.id, Auto::Set(_))));
}
