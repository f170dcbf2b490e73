//! `socket`: lines of text from a TCP server.
//!
//! ```text
//!   server ──TCP──▶ thread ──4 chunks──▶ reader ──▶ lines
//!                     ▲───────empty chunks──┘
//! ```
//!
//! A thread of its own reads, because a slot must not block. A reader that does not keep up leaves the chunks where
//! they are, and the connection's flow control holds the server back.

use std::io::{self, Read};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;
use std::thread;
use std::time::Duration;

use super::file::{LeftOut, Lines};
use super::{Fill, OnRejected, OpenSource, Position, Reader, Rejected, Source, SourceError, Split};

/// Lines of text from the TCP server at `address` (`localhost:9999`, for which `nc -lk 9999` will do), until it closes
/// the connection.
///
/// For trying things out: one task reads, nothing can be read again after a failure, and a connection that breaks ends
/// the job with an error.
///
/// ```
/// use thalweg::connector::{Source, socket};
/// assert_eq!(socket("localhost:9999").name(), "socket(localhost:9999)");
/// ```
pub fn socket(address: impl Into<String>) -> Socket {
    Socket { address: address.into(), on_rejected: OnRejected::Fail }
}

/// Made by [`socket`].
#[derive(Clone, Debug)]
pub struct Socket {
    address: String,
    on_rejected: OnRejected,
}

impl Socket {
    /// Leaves out lines that are not UTF-8, and counts them.
    #[must_use]
    pub fn or_skip(self) -> Socket {
        Socket { on_rejected: OnRejected::Skip, ..self }
    }

    /// Lines that are not UTF-8 are handed to the runtime, for `.errors_to(side)`.
    #[doc(hidden)]
    #[must_use]
    pub fn reject_to_side(self) -> Socket {
        Socket { on_rejected: OnRejected::Side, ..self }
    }
}

impl Source for Socket {
    type Record = String;
    type Reader = SocketReader;

    fn name(&self) -> String {
        format!("socket({})", self.address)
    }

    fn splits(&self, _: usize) -> Result<Vec<Split>, SourceError> {
        Ok(vec![Split { id: self.address.clone(), detail: serde_json::Value::Null }])
    }

    fn open(&self, open: OpenSource<'_>) -> Result<SocketReader, SourceError> {
        SocketReader::start(&self.address, open.waker).map_err(|error| {
            let help = "raise the limit on threads of the user that runs the job";
            SourceError::new("cannot start a thread to read a socket", help).because(error)
        })
    }

    /// What the server has sent it does not send again.
    fn is_replayable(&self) -> bool {
        false
    }

    fn on_rejected(&self) -> OnRejected {
        self.on_rejected
    }
}

type Chunk = io::Result<Vec<u8>>;

/// Hands out the lines that the socket's thread has read.
pub struct SocketReader {
    address: String,
    chunks: Receiver<Chunk>,
    empty: SyncSender<Vec<u8>>,
    /// `Some` once connected; shut down when the reader is dropped, which ends the thread.
    stream: Arc<Mutex<Connection>>,
    /// The beginning of a line whose end has not come yet.
    carry: Vec<u8>,
    /// Lines read before and with the last batch.
    before: u64,
    lines: u64,
    left_out: LeftOut,
    ended: bool,
}

enum Connection {
    Opening,
    Open(TcpStream),
    /// The reader was dropped.
    Closed,
}

impl SocketReader {
    /// Chunks between thread and reader.
    const CHUNKS: usize = 4;
    const CHUNK: usize = 64 * 1024;
    /// Longest line that is believed to be one.
    const LONGEST: usize = 1 << 20;
    const CONNECT: Duration = Duration::from_secs(10);

    fn start(address: &str, waker: Waker) -> io::Result<SocketReader> {
        let (filled, chunks) = sync_channel(Self::CHUNKS);
        let (empty, empties) = sync_channel(Self::CHUNKS);
        let stream = Arc::new(Mutex::new(Connection::Opening));
        let (to, shared) = (address.to_owned(), stream.clone());
        thread::Builder::new().name("thalweg-socket".to_owned()).spawn(move || {
            if let Err(error) = receive(&to, &shared, &filled, &empties, &waker) {
                // Nobody is there any more if this fails.
                let _ = filled.send(Err(error));
            }
            drop(filled);
            waker.wake();
        })?;
        let address = address.to_owned();
        Ok(SocketReader {
            address,
            chunks,
            empty,
            stream,
            carry: Vec::new(),
            before: 0,
            lines: 0,
            left_out: LeftOut::default(),
            ended: false,
        })
    }

    fn take(&mut self, chunk: &[u8], batch: &mut Lines, rejected: &mut Vec<Rejected>, last: bool) {
        let mut bytes = batch.take_buffer();
        bytes.append(&mut self.carry);
        bytes.extend_from_slice(chunk);
        if !last {
            let complete = memchr::memrchr(b'\n', &bytes).map_or(0, |at| at + 1);
            self.carry.extend_from_slice(&bytes[complete..]);
            bytes.truncate(complete);
        }
        let (address, before, left_out) = (&self.address, self.before, &mut self.left_out);
        let lines = batch.set(bytes, |number, line| {
            left_out.0.push(number);
            rejected.push(Rejected {
                record: String::from_utf8_lossy(line).into_owned(),
                error: "not UTF-8".to_owned(),
                position: format!("{address}:{}", before + u64::from(number) + 1),
            });
        });
        self.lines += u64::from(lines);
    }

    #[cold]
    fn broken(&self, error: io::Error) -> SourceError {
        let help = match error.kind() {
            io::ErrorKind::ConnectionRefused => "start the server first: nobody listens there",
            _ => "check the address, and that the server can be reached from here",
        };
        SourceError::new(format!("cannot read from the socket `{}`", self.address), help)
            .because(error)
    }
}

fn receive(
    address: &str,
    shared: &Mutex<Connection>,
    filled: &SyncSender<Chunk>,
    empties: &Receiver<Vec<u8>>,
    waker: &Waker,
) -> io::Result<()> {
    let mut stream = connect(address)?;
    {
        let mut connection = shared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Connection::Closed = *connection {
            return Ok(());
        }
        *connection = Connection::Open(stream.try_clone()?);
    }
    loop {
        let mut chunk = empties.try_recv().unwrap_or_default();
        chunk.resize(SocketReader::CHUNK, 0);
        let read = match stream.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        chunk.truncate(read);
        if filled.send(Ok(chunk)).is_err() {
            return Ok(());
        }
        waker.wake_by_ref();
    }
}

fn connect(address: &str) -> io::Result<TcpStream> {
    let mut failed = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, SocketReader::CONNECT) {
            Ok(stream) => return Ok(stream),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

impl Drop for SocketReader {
    fn drop(&mut self) {
        let mut connection = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        if let Connection::Open(stream) = &*connection {
            // It may be closed already.
            let _ = stream.shutdown(Shutdown::Both);
        }
        *connection = Connection::Closed;
    }
}

impl Reader for SocketReader {
    type Record = String;
    type Batch = Lines;

    fn fill(
        &mut self,
        batch: &mut Lines,
        _: usize,
        rejected: &mut Vec<Rejected>,
    ) -> Result<Fill, SourceError> {
        self.before = self.lines;
        self.left_out.0.clear();
        if self.ended {
            return Ok(Fill::End);
        }
        match self.chunks.try_recv() {
            Ok(Ok(chunk)) => {
                self.take(&chunk, batch, rejected, false);
                // The thread has gone if this fails, or has enough.
                let _ = self.empty.try_send(chunk);
                if self.carry.len() > Self::LONGEST {
                    return Err(SourceError::new(
                        format!("{}: a line longer than {} bytes", self.address, Self::LONGEST),
                        "check that the server sends lines of text",
                    ));
                }
                Ok(Fill::More)
            }
            Ok(Err(error)) => Err(self.broken(error)),
            Err(TryRecvError::Empty) => Ok(Fill::Wait),
            Err(TryRecvError::Disconnected) => {
                self.take(&[], batch, rejected, true);
                self.ended = true;
                Ok(Fill::More)
            }
        }
    }

    fn position(&self) -> Position {
        Position(self.lines.into())
    }

    fn locate(&self, index: usize) -> String {
        let number = u64::from(self.left_out.number_of(index));
        format!("{}:{}", self.address, self.before + number + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::testing::{drain, open};
    use std::io::Write;
    use std::net::TcpListener;

    fn serve(bytes: Vec<u8>) -> (String, thread::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            // Fails when the reader is dropped first.
            let _ = stream.write_all(&bytes);
        });
        (address, server)
    }

    #[test]
    fn lines_come_until_the_server_closes() {
        let text = (0..50_000).map(|i| format!("line {i}\r\n")).collect::<String>() + "last";
        let (address, server) = serve(text.clone().into_bytes());
        let source = socket(&*address);
        let read = drain(&source, &source.splits(3).unwrap()[0], 100).unwrap();
        server.join().unwrap();
        assert!(read.records.iter().eq(text.lines()));
        assert_eq!(read.places.last().unwrap(), &format!("{address}:50001"));
    }

    #[test]
    fn a_line_that_is_not_text_is_rejected() {
        let (address, server) = serve(b"one\n\xFF\nthree\n".to_vec());
        let source = socket(&*address);
        let read = drain(&source, &source.splits(1).unwrap()[0], 100).unwrap();
        server.join().unwrap();
        assert_eq!(read.records, ["one", "three"]);
        assert_eq!(read.rejected[0].position, format!("{address}:2"));
        assert_eq!(read.places, [format!("{address}:1"), format!("{address}:3")]);
    }

    #[test]
    fn a_reader_that_is_dropped_ends_its_thread() {
        let (address, server) = serve(vec![b'\n'; 64 << 20]);
        let source = socket(&*address);
        let mut reader = open(&source, &source.splits(1).unwrap()[0], None).unwrap();
        let mut batch = Lines::default();
        while reader.fill(&mut batch, 100, &mut vec![]).unwrap() == Fill::Wait {
            thread::yield_now();
        }
        drop(reader);
        server.join().unwrap();
    }

    #[test]
    fn nobody_listening_is_an_error() {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let source = socket(&*address);
        let error = drain(&source, &source.splits(1).unwrap()[0], 1).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "cannot read from the socket `{address}`: Connection refused (os error 111)\nhelp: start the server \
                 first: nobody listens there"
            )
        );
    }
}
