//! The timeout for the head of a request, which is set for every request and hardly ever expires.
//!
//! hyper creates a timer when it starts to wait for a head, and drops it when the head has arrived. Registering and
//! removing each one took two to four percent of the time of a short request, so a connection keeps one timer: it is
//! left to expire, and only then reset to the current deadline.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::time::Sleep;

/// The timer of one connection.
#[derive(Clone, Default)]
pub(super) struct HeadTimer {
    /// Not in use. Its deadline is earlier than every later one.
    kept: Arc<Mutex<Option<Pin<Box<Sleep>>>>>,
}

impl HeadTimer {
    fn kept(&self) -> std::sync::MutexGuard<'_, Option<Pin<Box<Sleep>>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl hyper::rt::Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        let kept = self.kept().take();
        let sleep = kept.unwrap_or_else(|| Box::pin(tokio::time::sleep_until(deadline.into())));
        Box::pin(HeadSleep { deadline: deadline.into(), sleep: Some(sleep), timer: self.clone() })
    }

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into()
    }
}

struct HeadSleep {
    deadline: tokio::time::Instant,
    /// `None` only while this is dropped.
    sleep: Option<Pin<Box<Sleep>>>,
    timer: HeadTimer,
}

impl Future for HeadSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let deadline = self.deadline;
        let Some(sleep) = &mut self.sleep else { return Poll::Ready(()) };
        loop {
            ready!(sleep.as_mut().poll(context));
            if sleep.deadline() >= deadline {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(deadline);
        }
    }
}

impl hyper::rt::Sleep for HeadSleep {}

impl Drop for HeadSleep {
    fn drop(&mut self) {
        *self.timer.kept() = self.sleep.take();
    }
}
