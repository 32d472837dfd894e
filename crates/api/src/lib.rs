//! The HTTP side of mWallet: routes, extractors, errors as problems, the server's loop.
//!
//! A handler reads its request, calls one function of the data layer and turns what comes back into an answer. Nothing
//! here knows SQL, and nothing below knows HTTP.
//!
//! ```no_run
//! # async fn example(tables: Vec<&'static mwallet_db::schema::Table>) -> Result<(), Box<dyn std::error::Error>> {
//! use mwallet_api::{App, AppState, ServeOptions, Tables, serve};
//!
//! let engine = mwallet_db::Engine::new(&"sqlite:mwallet.db".parse()?)?;
//! let state = AppState::new(engine, Tables::new(tables)?);
//! let listener = mwallet_api::listen("127.0.0.1:8080".parse()?)?;
//! serve([listener], App::new(state), std::future::pending(), ServeOptions::default()).await?;
//! # Ok(())
//! # }
//! ```

mod accept;
mod access;
mod app;
mod body;
mod columns;
mod compression;
mod docs;
mod endpoint;
mod errors;
mod home;
mod layers;
mod location;
mod methods;
mod nearest;
mod openapi;
mod params;
mod problem;
mod profile;
mod range;
mod request_id;
mod rest;
mod routes;
mod rows;
mod server;
mod session;
mod sites;
mod state;
mod unread;

pub use access::{AccessLog, Exchange};
pub use app::{App, Respond};
pub use axum::http::HeaderValue;
pub use axum::response::Response;
pub use bytes::Bytes;
pub use endpoint::{Endpoint, EndpointRequest, Parameter};
pub use location::table_path;
pub use openapi::Document;
pub use problem::Problem;
pub use server::{ServeOptions, listen, serve};
pub use session::DbSession;
pub use state::{AppState, Limits, Origins, Reload, Resource, Tables};
