//! The loop that accepts connections, and its graceful shutdown.

mod certificate;
mod connections;
mod head_timer;
mod listener;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

pub use self::certificate::{Certificate, CertificateError};
use self::connections::Connections;
use self::listener::Listeners;
pub use self::listener::listen;
use crate::handler::Handler;

/// The options of [`serve`].
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// The certificate of the server, which then speaks TLS only: HTTP/1.1 and HTTP/2. Without one, the default, it
    /// speaks HTTP/1.1.
    pub certificate: Option<Certificate>,
    /// How long running requests may take to finish when the server stops: 10 seconds.
    pub grace: Duration,
    /// How long a connection may take to send the head of a request, or stay idle between requests: 60 seconds. TLS must
    /// be agreed on in a sixth of it.
    pub header_read_timeout: Duration,
    /// The most connections at once: 10,000. Further connections wait until one ends.
    pub connections: usize,
    /// The number of threads that serve connections, each with its own runtime. With 0, the default, the caller's
    /// runtime serves them. Set the same number in [`EngineOptions::runtimes`](mwallet_db::EngineOptions).
    pub threads: usize,
    /// A hint for the log message that the server waits for running requests when it stops. Empty by default.
    pub stop_hint: &'static str,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            certificate: None,
            grace: Duration::from_secs(10),
            header_read_timeout: Duration::from_secs(60),
            connections: 10_000,
            threads: 0,
            stop_hint: "",
        }
    }
}

/// How long to wait if the system cannot accept more connections.
const PAUSE: Duration = Duration::from_millis(200);

/// More time than connections without a request need to close.
const MOMENT: Duration = Duration::from_millis(100);

/// The longest time that a thread sleeps.
const TICK: Duration = Duration::from_millis(200);

/// A connection.
struct Accepted<S = TcpStream> {
    stream: S,
    /// The address of the other end.
    peer: SocketAddr,
    /// Its permit under the limit of connections.
    place: Option<OwnedSemaphorePermit>,
}

/// Serves the connections of all listeners until `shutdown` completes. Then it accepts no more connections, and running
/// requests have some time to finish. It accepts the first connection after all threads are ready
/// ([`Handler::warm_up`]).
///
/// # Errors
///
/// If the threads cannot be started.
pub async fn serve(
    listeners: impl IntoIterator<Item = TcpListener>,
    app: impl Handler,
    shutdown: impl Future<Output = ()> + Send,
    options: ServeOptions,
) -> io::Result<()> {
    let mut threads = (0..options.threads)
        .map(|number| Thread::start(number, app.clone(), options.clone()))
        .collect::<io::Result<Vec<_>>>()?;
    for thread in &mut threads {
        thread.ready().await;
    }
    if threads.is_empty() {
        app.warm_up().await;
    }
    let mut listeners = Listeners::new(listeners);
    let own = Connections::new(app, options.clone());
    let places = Arc::new(Semaphore::new(options.connections));
    let mut shutdown = std::pin::pin!(shutdown);
    let mut turn = 0;
    loop {
        let accepted = tokio::select! {
            accepted = accept(&mut listeners, &places) => accepted,
            () = &mut shutdown => break,
        };
        if threads.is_empty() {
            own.serve(accepted);
            continue;
        }
        turn = (turn + 1) % threads.len();
        threads[turn].give(accepted);
    }
    drop(listeners);
    threads.iter_mut().for_each(Thread::close);
    let mut ended = std::pin::pin!(async {
        own.end().await;
        for thread in threads {
            thread.ended().await;
        }
    });
    if tokio::time::timeout(MOMENT, &mut ended).await.is_err() {
        // Each remaining connection has a permit, and at most one request.
        let requests = options.connections.saturating_sub(places.available_permits());
        let hint = if options.stop_hint.is_empty() { "" } else { "; " };
        let ServeOptions { grace, stop_hint, .. } = options;
        tracing::warn!(requests, "stopping: running requests have {grace:?} to finish{hint}{stop_hint}");
        ended.await;
    }
    Ok(())
}

/// A thread that serves connections on its own runtime, so that no task of a connection has to wake another thread.
struct Thread {
    connections: Option<UnboundedSender<Accepted<std::net::TcpStream>>>,
    ready: oneshot::Receiver<()>,
    ended: oneshot::Receiver<()>,
}

impl Thread {
    fn start(number: usize, app: impl Handler, options: ServeOptions) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (sender, mut receiver) = unbounded_channel();
        let (done, ended) = oneshot::channel();
        let (is_ready, ready) = oneshot::channel();
        std::thread::Builder::new().name(format!("serve-{number}")).spawn(move || {
            runtime.block_on(async {
                tokio::spawn(tick());
                app.warm_up().await;
                let _ = is_ready.send(());
                let own = Connections::new(app, options);
                while let Some(Accepted { stream, peer, place }) = receiver.recv().await {
                    match TcpStream::from_std(stream) {
                        Ok(stream) => own.serve(Accepted { stream, peer, place }),
                        Err(error) => tracing::error!(%error, "cannot serve a connection"),
                    }
                }
                own.end().await;
            });
            // Nobody waits if the server was dropped.
            let _ = done.send(());
        })?;
        Ok(Self { connections: Some(sender), ready, ended })
    }

    /// Moves a connection from the runtime that accepted it to this thread.
    fn give(&self, Accepted { stream, peer, place }: Accepted) {
        let given = stream.into_std().map(|stream| {
            let connections = self.connections.as_ref()?;
            connections.send(Accepted { stream, peer, place }).ok()
        });
        if let Err(error) = given {
            tracing::error!(%error, "cannot pass a connection to its thread");
        }
    }

    /// Waits until the thread is ready.
    async fn ready(&mut self) {
        // If the thread has panicked, there is nothing to wait for.
        let _ = (&mut self.ready).await;
    }

    fn close(&mut self) {
        self.connections = None;
    }

    async fn ended(self) {
        let _ = self.ended.await;
    }
}

/// Wakes the runtime regularly. A timer that is due before the next known wake-up makes the runtime notify itself, with
/// a system call and another wake-up; the time limits of requests are all later than this.
async fn tick() {
    loop {
        tokio::time::sleep(TICK).await;
    }
}

/// Accepts the next connection, as soon as there is a permit for it.
async fn accept(listeners: &mut Listeners, places: &Arc<Semaphore>) -> Accepted {
    // The semaphore is never closed.
    let place = places.clone().acquire_owned().await.ok();
    loop {
        match listeners.accept().await {
            Ok((stream, peer)) => {
                // Small responses must not wait for the acknowledgement of earlier ones.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "cannot set TCP_NODELAY");
                }
                return Accepted { stream, peer, place };
            }
            // The client disconnected before it was accepted.
            Err(error) if is_of_one_connection(&error) => {}
            // The limit of open files is reached, for example; other connections will close.
            Err(error) => {
                tracing::error!(%error, "cannot accept a connection");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::Router;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::Notify;
    use tokio::time::Instant;

    use super::*;

    /// Serves until the test ends, and says where.
    async fn listen(router: Router, options: ServeOptions) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve([listener], router, std::future::pending(), options));
        address
    }

    /// Serves a request that takes `work`, stops the server in the middle of it, and returns the response.
    async fn stop_during(work: Duration, grace: Duration, threads: usize) -> String {
        let begun = std::sync::Arc::new(Notify::new());
        let at_work = begun.clone();
        let handler = async move || {
            at_work.notify_one();
            tokio::time::sleep(work).await;
            "done"
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = async move { begun.notified().await };
        let options = ServeOptions { grace, threads, ..ServeOptions::default() };
        let server = tokio::spawn(serve([listener], Router::new().route("/", get(handler)), stop, options));
        let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
        socket.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
        server.await.unwrap().unwrap();
        let mut answer = String::new();
        // What is still open when the server has ended is closed with the program.
        let _ = tokio::time::timeout(Duration::from_millis(100), socket.read_to_string(&mut answer)).await;
        answer
    }

    #[tokio::test]
    async fn what_is_under_way_ends_unless_it_takes_too_long() {
        for threads in [0, 2] {
            let in_time = stop_during(Duration::from_millis(100), Duration::from_secs(60), threads).await;
            assert!(in_time.ends_with("done"), "{in_time}");
            assert_eq!(stop_during(Duration::from_secs(60), Duration::from_millis(50), threads).await, "");
        }
    }

    #[tokio::test]
    async fn a_head_that_never_ends_is_given_up() {
        let options = ServeOptions { header_read_timeout: Duration::from_millis(50), ..ServeOptions::default() };
        let address = listen(Router::new(), options).await;
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(b"GET / HTTP/1.1\r\nX-Slow: ").await.unwrap();
        let mut answer = String::new();
        let ended = tokio::time::timeout(Duration::from_secs(5), socket.read_to_string(&mut answer)).await;
        assert!(ended.is_ok(), "the connection is still open");
    }

    #[tokio::test]
    async fn a_connection_may_wait_so_long_between_two_requests() {
        let options = ServeOptions { header_read_timeout: Duration::from_millis(400), ..ServeOptions::default() };
        let address = listen(Router::new(), options).await;
        let mut socket = TcpStream::connect(address).await.unwrap();
        let begun = Instant::now();
        let mut answer = [0; 1024];
        for _ in 0..4 {
            tokio::time::sleep(Duration::from_millis(150)).await;
            socket.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
            assert!(socket.read(&mut answer).await.unwrap() > 0, "closed after {:?}", begun.elapsed());
        }
        let waits = Instant::now();
        let ended = tokio::time::timeout(Duration::from_secs(5), socket.read(&mut answer)).await;
        assert_eq!(ended.expect("the connection is still open").unwrap(), 0);
        assert!(waits.elapsed() >= Duration::from_millis(350), "closed after {:?}", waits.elapsed());
    }

    /// The status line that comes back for what is written.
    async fn status_of(address: SocketAddr, request: &str) -> String {
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = vec![0; 4_096];
        let read = socket.read(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer[..read]).lines().next().unwrap_or_default().to_owned()
    }

    #[tokio::test]
    async fn one_host_is_named() {
        let address = listen(Router::new().route("/", get(async || "done")), ServeOptions::default()).await;
        for (version, hosts, status) in [
            ("1.1", &["localhost"][..], 200),
            ("1.1", &["localhost:80"], 200),
            ("1.1", &["[::1]:80"], 200),
            ("1.1", &[""], 200),
            ("1.1", &[], 400),
            ("1.1", &["localhost", "localhost"], 400),
            ("1.1", &["localhost", "evil.example"], 400),
            ("1.1", &["local host"], 400),
            ("1.1", &["me@localhost"], 400),
            ("1.1", &["localhost/"], 400),
            ("1.0", &[], 200),
            ("1.0", &["localhost"], 200),
            ("1.0", &["localhost", "localhost"], 400),
        ] {
            let hosts: String = hosts.iter().map(|host| format!("Host: {host}\r\n")).collect();
            let request = format!("GET / HTTP/{version}\r\n{hosts}\r\n");
            let answered = status_of(address, &request).await;
            assert!(answered.starts_with(&format!("HTTP/{version} {status} ")), "{request:?}: {answered}");
        }
        let absolute = "GET http://localhost/ HTTP/1.1\r\n\r\n";
        assert!(
            status_of(address, absolute).await.contains(" 400 "),
            "a target with a host does not replace the header"
        );
    }

    #[tokio::test]
    async fn a_client_that_closes_its_side_is_gone() {
        /// Reports when the handler is dropped.
        struct Told(Option<tokio::sync::oneshot::Sender<()>>);
        impl Drop for Told {
            fn drop(&mut self) {
                let _ = self.0.take().unwrap().send(());
            }
        }
        let (sender, dropped) = tokio::sync::oneshot::channel();
        let told = Arc::new(std::sync::Mutex::new(Some(Told(Some(sender)))));
        let handler = async move || {
            let _told = told.lock().unwrap().take();
            std::future::pending::<&str>().await
        };
        let address = listen(Router::new().route("/", get(handler)), ServeOptions::default()).await;
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        socket.shutdown().await.unwrap();
        let ended = tokio::time::timeout(Duration::from_secs(5), dropped).await;
        assert!(ended.is_ok_and(|told| told.is_ok()), "the request is still worked on");
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer, "");
    }

    #[tokio::test]
    async fn connections_beyond_the_limit_wait() {
        let router = Router::new().route("/", get(async || "done"));
        let address = listen(router, ServeOptions { connections: 1, ..ServeOptions::default() }).await;
        let first = TcpStream::connect(address).await.unwrap();
        let mut second = TcpStream::connect(address).await.unwrap();
        second.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        let waited = tokio::time::timeout(Duration::from_millis(100), second.read_to_string(&mut answer)).await;
        assert!(waited.is_err(), "{answer}");
        drop(first);
        second.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("done"), "{answer}");
    }
}
