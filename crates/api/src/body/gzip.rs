//! Compressed bodies. Decompression stops at the same size limit that applies to other bodies.

use std::io::{self, Write};

use axum::body::{Body, Bytes};
use flate2::write::MultiGzDecoder;
use http_body_util::{BodyExt, Limited};

use super::broken;
use crate::limits::Limits;
use crate::problem::Problem;

/// How much is decompressed before other tasks on the same thread run. It expands to at most a thousand times as much.
const PIECE: usize = 1_024;

/// Decompresses a gzip body.
///
/// # Errors
///
/// If the body is not gzip, is incomplete, or is too large after decompression.
pub(super) async fn decode(mut body: Limited<Body>, limits: &Limits) -> Result<Bytes, Problem> {
    let mut decoder = MultiGzDecoder::new(Bounded { bytes: Vec::new(), limit: limits.body_bytes, is_beyond: false });
    let failed = |is_beyond: bool| match is_beyond {
        true => Problem::too_large(limits.body_bytes),
        false => Problem::body("the body is not valid gzip, as its Content-Encoding claims, or is incomplete"),
    };
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken(&*error, limits))?;
        // Trailers are ignored.
        let Ok(data) = frame.into_data() else { continue };
        for piece in data.chunks(PIECE) {
            if decoder.write_all(piece).is_err() {
                return Err(failed(decoder.get_ref().is_beyond));
            }
            tokio::task::yield_now().await;
        }
    }
    if decoder.try_finish().is_err() {
        return Err(failed(decoder.get_ref().is_beyond));
    }
    // The stream is complete, so this does not fail.
    decoder.finish().map(|written| written.bytes.into()).map_err(|_| failed(false))
}

/// A writer that keeps up to `limit` bytes.
struct Bounded {
    bytes: Vec<u8>,
    limit: usize,
    /// Whether a write exceeded the limit.
    is_beyond: bool,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.limit - self.bytes.len() {
            self.is_beyond = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
