//! Builds a connection pool from a URL. It connects on first use.

use deadpool_postgres::{ManagerConfig, RecyclingMethod, Runtime};
use tokio_postgres::NoTls;
use tokio_postgres::config::SslMode as DriverSslMode;

use super::Settings;
use super::search_path::{Manager, Pool};
use super::tls::Tls;
use crate::error::{Error, Result};
use crate::url::{Host, SslMode};

/// Builds the pool of one of the runtimes that use an engine.
pub(super) fn pool(settings: &Settings, tls: &Tls) -> Result<Pool> {
    let config = config(settings);
    // The fast method detects a closed connection without a round trip.
    let manager_config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = match tls.clone() {
        Tls::Off => deadpool_postgres::Manager::from_config(config, NoTls, manager_config),
        Tls::On(tls) => deadpool_postgres::Manager::from_config(config, tls, manager_config),
    };
    Pool::builder(Manager::new(manager, settings.search_path.clone()))
        .max_size(settings.connections.div_ceil(settings.runtimes))
        .wait_timeout(Some(settings.pool_timeout))
        .create_timeout(Some(settings.connect_timeout))
        .recycle_timeout(Some(settings.connect_timeout))
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|error| Error::Config(error.to_string()))
}

/// Returns the connection settings.
pub(super) fn config(settings: &Settings) -> tokio_postgres::Config {
    let url = &settings.url;
    let mut config = tokio_postgres::Config::new();
    match &url.host {
        Host::Tcp(host) => config.host(host),
        Host::Socket(path) => config.host_path(path),
    };
    config.port(url.port);
    config.user(&url.user);
    if let Some(password) = &url.password {
        config.password(password);
    }
    config.dbname(&url.database);
    config.application_name("mwallet");
    config.connect_timeout(settings.connect_timeout);
    config.ssl_mode(match url.ssl_mode {
        // Never encrypt a Unix socket: nobody can eavesdrop on it or impersonate the server.
        _ if url.is_socket() => DriverSslMode::Disable,
        SslMode::Disable => DriverSslMode::Disable,
        SslMode::Prefer => DriverSslMode::Prefer,
        SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => DriverSslMode::Require,
    });
    if settings.read_only {
        config.options("-c default_transaction_read_only=on");
    }
    config
}
