//! A URL's parameters, as text and as a syntax tree.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| mwallet_fuzz::query_string::check(input));
