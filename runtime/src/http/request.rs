//! Reading the head of an HTTP/1.1 request, within limits.

use std::io::Read;

/// The part of a request that matters here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Request {
    pub(super) method: Method,
    /// Without the query.
    pub(super) path: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Method {
    Get,
    Head,
    Other,
}

/// Why a request cannot be answered properly.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Refusal {
    /// It is no HTTP.
    Malformed,
    /// Its head is larger than [`HEAD_BYTES_MAX`].
    TooLarge,
    /// It stopped before its head's end, or took too long.
    Incomplete,
}

/// The largest head: scrapers send a few hundred bytes.
pub(super) const HEAD_BYTES_MAX: usize = 8 << 10;

/// Reads until the empty line. `stream` gives up by itself when its time is over.
pub(super) fn read(stream: &mut impl Read) -> Result<Request, Refusal> {
    let mut head = [0; HEAD_BYTES_MAX];
    let mut length = 0;
    loop {
        let read = stream.read(&mut head[length..]).map_err(|_| Refusal::Incomplete)?;
        if read == 0 {
            return Err(Refusal::Incomplete);
        }
        // The end may straddle two reads: three bytes of the last one count.
        let from = length.saturating_sub(3);
        length += read;
        if head[from..length].windows(4).any(|window| window == b"\r\n\r\n") {
            return parse(&head[..length]);
        }
        if length == head.len() {
            return Err(Refusal::TooLarge);
        }
    }
}

fn parse(head: &[u8]) -> Result<Request, Refusal> {
    let line = head.split(|&byte| byte == b'\r').next().unwrap_or_default();
    let line = std::str::from_utf8(line).map_err(|_| Refusal::Malformed)?;
    let mut words = line.split(' ');
    let (method, target, version) = (words.next(), words.next(), words.next());
    let (Some(method), Some(target), Some(version), None) = (method, target, version, words.next())
    else {
        return Err(Refusal::Malformed);
    };
    if !version.starts_with("HTTP/1.") || !target.starts_with('/') {
        return Err(Refusal::Malformed);
    }
    let method = match method {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        _ => Method::Other,
    };
    let path = target.split('?').next().unwrap_or(target).to_owned();
    Ok(Request { method, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time.
    struct Slowly<'a>(&'a [u8]);

    impl Read for Slowly<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = self.0.len().min(1);
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn check(text: &str, expected: Result<(Method, &str), Refusal>) {
        let expected = expected.map(|(method, path)| Request { method, path: path.to_owned() });
        assert_eq!(read(&mut text.as_bytes()), expected, "{text}");
        assert_eq!(read(&mut Slowly(text.as_bytes())), expected, "{text}");
    }

    #[test]
    fn heads_are_read_whatever_their_pieces() {
        check("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", Ok((Method::Get, "/metrics")));
        check("HEAD /health?x=1 HTTP/1.0\r\n\r\n", Ok((Method::Head, "/health")));
        check("POST / HTTP/1.1\r\n\r\n", Ok((Method::Other, "/")));
    }

    #[test]
    fn what_is_no_request_is_refused() {
        check("", Err(Refusal::Incomplete));
        check("GET /metrics HTTP/1.1\r\nHost: x\r\n", Err(Refusal::Incomplete));
        check("\r\n\r\n", Err(Refusal::Malformed));
        check("GET metrics HTTP/1.1\r\n\r\n", Err(Refusal::Malformed));
        check("GET /a b HTTP/1.1\r\n\r\n", Err(Refusal::Malformed));
        check("GET / SPDY/3\r\n\r\n", Err(Refusal::Malformed));
        let large = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(HEAD_BYTES_MAX));
        check(&large, Err(Refusal::TooLarge));
    }
}
