//! The same entity over HTTP: a REST resource with its document, at the address that is given.

use mwallet_db::{Engine, Entity, Key, Name};

/// A place where coins are kept.
#[derive(Clone, Debug, Entity)]
struct Vault {
    #[entity(flatten)]
    key: Key,
    #[entity(flatten)]
    name: Name,
    #[entity(max = 50)]
    label: Option<String>,
}

use mwallet_api::{App, AppState, ExposedTables, Hosts, ServeOptions, serve};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::new(&"sqlite:vaults.db".parse()?)?;
    engine.create_all(&[Vault::table()]).await?;
    let state = AppState::new(engine, ExposedTables::new([Vault::table()])?).hosts(Hosts::default());
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:8080".into());
    let socket = mwallet_api::listen(address.parse()?)?;
    serve([socket], App::new(state), std::future::pending(), ServeOptions::default()).await?;
    Ok(())
}
