//! The data layer of mWallet, which runs SQL.
//!
//! It has engines, sessions, queries and rows for SQLite and PostgreSQL. It knows nothing of HTTP or wallets. A table
//! is a value ([`schema::Table`]), whether declared by an entity or reflected from a live database.
//!
//! A request passes through plain functions, from value to value:
//!
//! ```text
//! Query -> Plan::select(Table, Query) -> Plan -> statement(Dialect) -> Statement -> Engine -> rows or JSON bytes
//! ```
//!
//! Only the last step needs a connection, so invalid requests are rejected before one is taken.
//!
//! # Features
//!
//! Two Cargo features select the drivers. Both are on by default.
//!
//! - `postgres`: the PostgreSQL driver, with TLS.
//! - `sqlite`: the SQLite driver, with SQLite itself, and the module `sqlite_files`.
//!
//! URLs, tables, DDL and SQL are the same with any features. An engine whose driver is not compiled in fails with
//! [`Error::Config`], which names the missing feature. Without both features only [`Engine::mock`] works.

// The mock engine uses little of what the drivers share.
#![cfg_attr(not(any(feature = "postgres", feature = "sqlite")), expect(unused, reason = "no driver is built in"))]

// The derive macros refer to `::mwallet_db`, in this crate too.
extern crate self as mwallet_db;

mod allowed_rows;
mod batch;
mod catalog;
mod columns;
mod ddl;
mod dialect;
mod driver;
mod echo;
mod engine;
mod entity;
mod error;
mod executor;
mod explain;
mod isolation;
mod json_row;
mod json_rows;
mod notifications;
mod options;
mod query;
mod quote;
mod room;
mod row;
mod session;
mod setup;
mod sources;
mod sql;
#[cfg_attr(not(feature = "sqlite"), expect(dead_code, reason = "SQLite alone repeats statements and sorts their rows"))]
mod statement;
mod stream;
mod url;
mod usage;

pub mod crud;
pub mod prelude;
pub mod schema_tools;
#[cfg(feature = "sqlite")]
pub mod sqlite_files;
pub mod typed;
pub mod worker;

/// Table descriptions and data validation.
pub use mwallet_schema as schema;

pub use catalog::{
    Candidate, Cardinality, Catalog, CatalogTable, ColumnPairs, FindError, Junction, Relationship, TableRef,
};
pub use columns::{Columns, OutputColumn, OutputKind, RelatedColumns};
pub use ddl::{create_statements, drop_statements};
pub use dialect::Dialect;
pub use engine::Engine;
pub use entity::{
    Attribute, Auto, Cell, Cells, ColumnGroup, ColumnValue, DecodeError, Entity, EntityDescription, Enumeration,
    FieldSpec, ForeignKeySpec, Handle, HasGroup, Json, Key, KeyColumns, Name, NameColumns, NativeSpec, NativeTransfer,
    PendingKey, Ref, Reference, TableBuilder, TableSpec, Timestamps, TimestampsColumns, ToMany, ToOne, TypeLimits,
};
pub use error::{ConstraintKind, Details, DriverError, Error, NotOpened, ReadEnd, Refusal, Result, Violation};
pub use executor::Executor;
pub use explain::{causes, explain};
pub use isolation::Isolation;
pub use json_rows::JsonRows;
pub use mwallet_derive::{ColumnGroup, Entity, Enumeration, FromRow};
pub use notifications::Notifications;
pub use options::{EngineOptions, SessionOptions};
pub use query::{
    Aggregate, AggregateFunction, Aggregated, Caller, CastType, Comparison, Denied, Direction, Field, Filter, Grant,
    GrantedColumns, GrantedReference, Grants, Identifier, Is, JsonKey, JsonPath, KeptReads, Nulls, OnConflict, Operand,
    Order, Plan, PlanError, Projection, Query, QueryArgs, Related, RelatedFilter, Scope, ScopedTable, SearchForm,
    SelectValue, Selection, SetRelation, TableGrants, WriteAction, WriteGrant,
};
pub use row::{FromRow, Row};
pub use session::{Savepoint, Session, SessionFactory, SessionFuture};
pub use sources::SystemSources;
pub use sql::Sql;
pub use statement::{Format, JsonStyle, Numbers, Output, Statement};
pub use stream::{Batches, Rows};
pub use typed::{Find, KeyValues, LoadRelated, LoadedMany, LoadedOne, Page, RelatedQuery};
pub use url::{DatabaseUrl, Host, PostgresUrl, SqliteUrl, SslMode, UrlError};
pub use usage::{PoolUsage, Usage};
