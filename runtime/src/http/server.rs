//! The server: one thread that accepts, one for each of a few connections.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::request::{self, Method, Refusal};

/// The most connections at once.
pub(super) const CONNECTIONS_MAX: usize = 8;
/// How long a request, and then its answer, may take.
const DEADLINE: Duration = Duration::from_secs(2);

/// Answers a path with a content type and a text; `None` if there is nothing there.
pub(crate) type Answer = Arc<dyn Fn(&str) -> Option<(&'static str, String)> + Send + Sync>;

/// A running server; stops when dropped.
pub(crate) struct MetricsServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    stopped: AtomicBool,
    connections: AtomicUsize,
    answer: Answer,
}

/// The server cannot be started.
#[derive(Debug, thiserror::Error)]
#[error("cannot serve metrics at {address}: {cause}\nhelp: {}", help(cause))]
pub(crate) struct ServeError {
    address: SocketAddr,
    cause: io::Error,
}

fn help(cause: &io::Error) -> &'static str {
    match cause.kind() {
        ErrorKind::AddrInUse => {
            "another process has that port; choose another with --metrics, or port 0 for any"
        }
        ErrorKind::PermissionDenied => {
            "ports below 1024 need privileges; choose a greater one with --metrics"
        }
        _ => "--metrics takes an address of this machine, for instance 127.0.0.1:9464",
    }
}

impl MetricsServer {
    /// Listens at `address`; port 0 stands for any that is free.
    pub(crate) fn start(address: SocketAddr, answer: Answer) -> Result<MetricsServer, ServeError> {
        let failed = |cause| ServeError { address, cause };
        let listener = TcpListener::bind(address).map_err(failed)?;
        let bound = listener.local_addr().map_err(failed)?;
        let shared = Arc::new(Shared {
            stopped: AtomicBool::new(false),
            connections: AtomicUsize::new(0),
            answer,
        });
        let accepting = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("thalweg-metrics".to_owned())
            .spawn(move || accept(&listener, &accepting))
            .map_err(failed)?;
        Ok(MetricsServer { address: bound, shared, thread: Some(thread) })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for MetricsServer {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // `accept` has no deadline; a connection wakes it.
        let mut own = self.address;
        match own.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => own.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => own.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        let woken = TcpStream::connect_timeout(&own, DEADLINE).is_ok();
        if let Some(thread) = self.thread.take().filter(|_| woken) {
            let _ = thread.join();
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.stopped.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else {
            // Out of file descriptors, mostly: trying again at once would only spin.
            thread::park_timeout(Duration::from_millis(100));
            continue;
        };
        let place = Place::take(shared);
        let Some(place) = place else {
            continue; // Dropping the stream closes it: the scraper tries again.
        };
        // If no thread can be had, the closure is dropped, and with it the stream and its place.
        let _ = thread::Builder::new().name("thalweg-metrics-answer".to_owned()).spawn(move || {
            let mut stream = Deadlined { stream, at: Instant::now() + DEADLINE };
            let text = respond(&mut stream, &place.0.answer);
            stream.at = Instant::now() + DEADLINE;
            if stream.write_all(text.as_bytes()).is_ok() {
                let _ = stream.stream.shutdown(Shutdown::Write);
            }
        });
    }
}

/// One of the few places for connections.
struct Place(Arc<Shared>);

impl Place {
    fn take(shared: &Arc<Shared>) -> Option<Place> {
        // Taken first, then looked at: when there are too many, the drop gives it back.
        let place = Place(Arc::clone(shared));
        let before = shared.connections.fetch_add(1, Ordering::SeqCst);
        (before < CONNECTIONS_MAX).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A stream whose reads and writes together end at a point in time; a plain timeout would start anew with each byte.
struct Deadlined {
    stream: TcpStream,
    at: Instant,
}

impl Deadlined {
    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.at.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(Some(left)) }
    }
}

impl Read for Deadlined {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(self.left()?)?;
        self.stream.read(buffer)
    }
}

impl Write for Deadlined {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(self.left()?)?;
        self.stream.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

fn respond(stream: &mut impl Read, answer: &Answer) -> String {
    let plain = "text/plain; charset=utf-8";
    let request = match request::read(stream) {
        Ok(request) => request,
        Err(Refusal::Malformed) => return response("400 Bad Request", plain, "no HTTP request\n"),
        Err(Refusal::TooLarge) => {
            return response("431 Request Header Fields Too Large", plain, "too large\n");
        }
        Err(Refusal::Incomplete) => return response("408 Request Timeout", plain, "incomplete\n"),
    };
    let (status, kind, body) = match (request.method, answer(&request.path)) {
        (Method::Other, _) => ("405 Method Not Allowed", plain, "only GET and HEAD\n".to_owned()),
        (_, Some((kind, body))) => ("200 OK", kind, body),
        (_, None) => ("404 Not Found", plain, "there is /metrics and /health\n".to_owned()),
    };
    let mut text = response(status, kind, &body);
    if request.method == Method::Head {
        text.truncate(text.len() - body.len());
    }
    text
}

fn response(status: &str, kind: &str, body: &str) -> String {
    let allow = if status.starts_with("405") { "Allow: GET, HEAD\r\n" } else { "" };
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{allow}Connection: close\r\n\r\n{body}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> MetricsServer {
        let answer: Answer =
            Arc::new(|path| (path == "/health").then(|| ("text/plain", "ok\n".to_owned())));
        MetricsServer::start(([127, 0, 0, 1], 0).into(), answer).expect("a free port")
    }

    fn ask(address: SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).expect("connects");
        stream.write_all(request.as_bytes()).expect("is sent");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("is answered");
        text
    }

    #[test]
    fn it_answers_what_is_there_and_refuses_the_rest() {
        let server = start();
        let check = |request: &str, status: &str, body: &str| {
            let text = ask(server.address(), request);
            assert!(text.starts_with(&format!("HTTP/1.1 {status}")), "{text}");
            assert!(text.ends_with(&format!("\r\n\r\n{body}")), "{text}");
        };
        check("GET /health HTTP/1.1\r\n\r\n", "200 OK", "ok\n");
        check("HEAD /health HTTP/1.1\r\n\r\n", "200 OK", "");
        check("GET / HTTP/1.1\r\n\r\n", "404 Not Found", "there is /metrics and /health\n");
        check("POST /health HTTP/1.1\r\n\r\n", "405 Method Not Allowed", "only GET and HEAD\n");
        check("nonsense\r\n\r\n", "400 Bad Request", "no HTTP request\n");
    }

    #[test]
    fn a_port_in_use_is_an_error_that_says_so() {
        let server = start();
        let answer: Answer = Arc::new(|_| None);
        let error =
            MetricsServer::start(server.address(), answer).err().expect("in use").to_string();
        assert!(
            error.contains(&format!("cannot serve metrics at {}", server.address())),
            "{error}"
        );
        assert!(error.contains("choose another with --metrics"), "{error}");
    }

    #[test]
    fn connections_are_bounded_and_silent_ones_do_not_block_others() {
        let server = start();
        let silent: Vec<TcpStream> = (1..CONNECTIONS_MAX)
            .map(|_| TcpStream::connect(server.address()).expect("connects"))
            .collect();
        let text = ask(server.address(), "GET /health HTTP/1.1\r\n\r\n");
        assert!(text.starts_with("HTTP/1.1 200"), "{text}");
        drop(silent);
    }

    #[test]
    fn it_stops_when_dropped() {
        let server = start();
        let address = server.address();
        drop(server);
        let again = TcpListener::bind(address);
        assert!(again.is_ok(), "{again:?}");
    }
}
