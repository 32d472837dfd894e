//! Bodies that come compressed. However much a few bytes become, no more of it is made than may be sent as it is.

use std::io::{self, Write};

use axum::body::{Body, Bytes};
use flate2::write::MultiGzDecoder;
use http_body_util::{BodyExt, Limited};

use super::broken;
use crate::limits::Limits;
use crate::problem::Problem;

/// How much is taken apart before others on the same thread have their turn: it becomes a thousand times as much at most.
const PIECE: usize = 1_024;

/// Reads a body that is gzip.
///
/// # Errors
///
/// Where it is not, is too large by then, or does not come whole.
pub(super) async fn decode(mut body: Limited<Body>, limits: &Limits) -> Result<Bytes, Problem> {
    let mut decoder = MultiGzDecoder::new(Bounded { bytes: Vec::new(), limit: limits.body_bytes, is_beyond: false });
    let failed = |is_beyond: bool| match is_beyond {
        true => Problem::too_large(limits.body_bytes),
        false => Problem::body("the body is not what its Content-Encoding says: it is no gzip, or not whole"),
    };
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken(&*error, limits))?;
        // Trailers say nothing here.
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
    // It has ended well, so it gives back what it wrote to.
    decoder.finish().map(|written| written.bytes.into()).map_err(|_| failed(false))
}

/// Keeps what is written to it, up to a limit.
struct Bounded {
    bytes: Vec<u8>,
    limit: usize,
    /// Whether more was written than it takes.
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
