//! Reads as JSON documents, as syntax trees and as statements of both engines.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| mwallet_fuzz::document::check(input));
