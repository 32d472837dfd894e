//! The HTTP side over both engines: one program, so that it is linked once.

#![expect(clippy::unwrap_used, reason = "a test that cannot have what it stands on must stop")]

mod addresses;
mod answers;
mod bodies;
mod bounds;
mod changed_schemas;
mod columns_apart;
mod contract;
mod database_errors;
mod endpoints;
mod home;
mod injections;
mod matrix;
mod metrics;
mod odd_tables;
mod openapi;
mod permissions;
mod plans;
mod policy_property;
mod production;
mod queries;
mod query_documents;
mod reflected;
mod refusals;
mod related;
mod related_property;
mod rest;
mod rows_read;
mod sessions;
mod streams;
mod support;
mod throttle;
mod time_zones;
mod timing;
mod tls;
mod values;
mod writes;
