//! The HTTP layer of mWallet: routes, extractors, errors as problems, the server loop.
//!
//! A handler parses its request, calls one function of the data layer and converts the result into a response. Nothing
//! here knows SQL, and the data layer does not know HTTP.
//!
//! ```no_run
//! # async fn example(tables: Vec<&'static mwallet_db::schema::Table>) -> Result<(), Box<dyn std::error::Error>> {
//! use mwallet_api::{App, AppState, ExposedTables, ServeOptions, serve};
//!
//! let engine = mwallet_db::Engine::new(&"sqlite:mwallet.db".parse()?)?;
//! let state = AppState::new(engine, ExposedTables::new(tables)?);
//! let listener = mwallet_api::listen("127.0.0.1:8080".parse()?)?;
//! serve([listener], App::new(state), std::future::pending(), ServeOptions::default()).await?;
//! # Ok(())
//! # }
//! ```

mod accept;
mod access;
mod app;
mod asker;
mod body;
mod client;
mod columns;
mod compression;
mod docs;
mod endpoint;
mod error_log;
mod errors;
mod explanation;
mod exposed;
mod form;
mod handler;
mod home;
mod hosts;
mod identify;
mod limits;
mod location;
mod methods;
mod metrics;
mod middleware;
mod nearest;
mod openapi;
mod origins;
mod own_request;
mod params;
mod plan;
mod problem;
mod profile;
mod range;
mod related;
mod reload;
mod request;
mod request_id;
mod response_headers;
mod rest;
mod routes;
mod row_counts;
mod rows;
mod served;
mod server;
mod session;
mod sites;
mod state;
mod throttle;
mod timing;
mod unread;

pub use access::{AccessLog, Exchange};
pub use app::App;
pub use axum::http::HeaderValue;
pub use axum::response::Response;
pub use bytes::Bytes;
pub use client::{Proxies, Proxy, ProxyError};
pub use endpoint::{Endpoint, EndpointRequest, Parameter};
pub use explanation::{ExplainedGrant, Explanation, Refusal};
pub use exposed::{ExposedTable, ExposedTables};
pub use handler::Handler;
pub use hosts::{Host, HostError, Hosts};
pub use limits::Limits;
pub use location::table_path;
pub use openapi::Document;
pub use origins::Origins;
pub use own_request::OwnRequest;
pub use problem::Problem;
pub use reload::Reload;
pub use server::{Certificate, CertificateError, ServeOptions, listen, serve};
pub use session::DbSession;
pub use state::AppState;
