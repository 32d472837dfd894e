//! Requests to the tables of a fixed catalog, as statements of both engines.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| mwallet_fuzz::plan::check(input));
