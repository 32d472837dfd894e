//! Signals that stop the program (the first one finishes the current work, the second one exits at once), and the one
//! that asks to read files again.

use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::failure::Result;

/// The hint that goes with messages about what the program still waits for.
pub(crate) const HINT: &str = "Ctrl-C again stops at once";

/// Completes on the first SIGINT (Ctrl-C) or SIGTERM. The second one exits the process at once, with the usual code of
/// 130 or 143.
///
/// A separate thread waits for the signals, so that the second one works however busy the other threads are.
pub(crate) fn stop() -> Result<impl Future<Output = ()> + Send + 'static> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let mut signals = {
        let _guard = runtime.enter();
        Signals::new()?
    };
    let (sender, first) = oneshot::channel();
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        runtime.block_on(async {
            signals.next().await;
            // If nobody waits any more, the program is about to exit.
            let _ = sender.send(());
            let code = signals.next().await;
            // This loses no acknowledged write: those are on disk already.
            std::process::exit(code)
        })
    })?;
    Ok(async {
        if first.await.is_err() {
            // The thread is gone, so no signal can arrive.
            std::future::pending::<()>().await;
        }
    })
}

/// The signals that stop the program.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for the next signal; returns the exit code for it.
    async fn next(&mut self) -> i32 {
        tokio::select! {
            _ = self.interrupt.recv() => 130,
            _ = self.terminate.recv() => 143,
        }
    }
}

/// Ctrl-C is the only signal here.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> i32 {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        130
    }
}

/// The signals that ask to read files again: SIGHUP.
#[cfg(unix)]
pub(crate) struct Hangups(tokio::signal::unix::Signal);

#[cfg(unix)]
impl Hangups {
    pub(crate) fn new() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self(signal(SignalKind::hangup())?))
    }

    /// Waits for the next signal.
    pub(crate) async fn next(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

/// There is no such signal here.
#[cfg(not(unix))]
pub(crate) struct Hangups;

#[cfg(not(unix))]
impl Hangups {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self)
    }

    pub(crate) async fn next(&mut self) {
        std::future::pending::<()>().await;
    }
}
