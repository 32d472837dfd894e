//! The HTTP side over both engines: one program, so that it is linked once.

mod refusals;
mod rest;
mod sessions;
mod streams;
mod support;
