//! How the program is told to stop: once, and it ends what it is at; twice, and it ends at once.

use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::failure::Result;

/// What is said with whatever the program waits for.
pub(crate) const HINT: &str = "Ctrl-C again stops at once";

/// Ends when the program is told to stop: by Ctrl-C, or as service managers do. When it is told so once more, the program ends in
/// that moment, with the code that shells know: 130 or 143.
///
/// A thread of its own waits for both, so that the second is heeded however busy the others are.
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
            // Where nobody waits any more, the program is at its end.
            let _ = sender.send(());
            let code = signals.next().await;
            // Nothing acknowledged is lost by it: that is on the disk already.
            std::process::exit(code)
        })
    })?;
    Ok(async {
        if first.await.is_err() {
            // Nothing can tell this program to stop but its end.
            std::future::pending::<()>().await;
        }
    })
}

/// The signals that stop.
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

    /// Waits for the next; gives the code to end with where it is the last.
    async fn next(&mut self) -> i32 {
        tokio::select! {
            _ = self.interrupt.recv() => 130,
            _ = self.terminate.recv() => 143,
        }
    }
}

/// Ctrl-C, which is all that there is.
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
