//! The headers `Range` and `Prefer`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| mwallet_fuzz::headers::check(input));
