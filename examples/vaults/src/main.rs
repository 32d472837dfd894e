//! A program of its own over the data layer: one entity, written and found again.

use mwallet_db::{Engine, Entity, Key, Name};

/// A place where coins are kept.
#[derive(Clone, Debug, Entity)]
struct Vault {
    #[entity(flatten)]
    key: Key, // id
    #[entity(flatten)]
    name: Name, // uuid and slug
    /// What people call it.
    #[entity(max = 50)]
    label: Option<String>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::new(&"sqlite:vaults.db".parse()?)?;
    engine.create_all(&[Vault::table()]).await?;
    let vault = Vault { key: Key::default(), name: Name::default(), label: Some("main".into()) };
    vault.create(&engine).await?;
    // The compiler knows the columns: a wrong name or type does not build.
    let found = Vault::find().filter(Vault::LABEL.like("m%")).all(&engine).await?;
    println!("{} vaults begin with m", found.len());
    engine.close().await;
    Ok(())
}
