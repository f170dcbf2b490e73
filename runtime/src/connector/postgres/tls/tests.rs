//! What is taken out of connection strings, and what comes of it: with servers that only pretend, and a real one.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use ::postgres::{Client, NoTls};

use super::super::postgres;
use super::*;

fn taken(server: &str) -> (String, Encryption) {
    Encryption::take(server).unwrap()
}

fn file(name: &str) -> Option<Roots> {
    Some(Roots::File(PathBuf::from(name)))
}

#[test]
fn words_about_encryption_are_taken_out() {
    let none = Encryption { mode: Mode::Prefer, roots: None };
    for server in ["", "host=db user=etl", "postgres://db/x?connect_timeout=3", "nonsense", "a="] {
        assert_eq!(taken(server), (server.to_owned(), none.clone()));
    }
    for (server, rest) in [
        ("host=db sslmode=require", "host=db"),
        ("sslmode = 'require' user=u", " user=u"),
        (
            "application_name='it''s sslmode=disable' sslmode=require",
            "application_name='it''s sslmode=disable'",
        ),
        (
            "application_name=a\\ sslmode=disable\tsslmode=disable sslmode=require",
            "application_name=a\\ sslmode=disable",
        ),
        ("postgres://me@x/y?sslmode=require", "postgres://me@x/y"),
        ("postgresql://x/y?a=b&sslmode=require&c=%3D", "postgresql://x/y?a=b&c=%3D"),
    ] {
        let (left, encryption) = taken(server);
        assert_eq!((&*left, encryption.mode), (rest, Mode::Require), "{server}");
    }
}

#[test]
fn authorities_are_in_a_file_or_the_machines() {
    let (rest, own) = taken("sslrootcert='/a b/it\\'s.crt' host=db sslmode=verify-ca");
    assert_eq!((&*rest, own.mode, own.roots), (" host=db", Mode::VerifyCa, file("/a b/it's.crt")));
    let (rest, own) = taken("postgres://db/x?sslrootcert=%2Fa%20b%2fc.crt&sslmode=verify-full");
    assert_eq!(
        (&*rest, own.mode, own.roots),
        ("postgres://db/x", Mode::VerifyFull, file("/a b/c.crt"))
    );
    let (_, own) = taken("sslrootcert=system");
    assert_eq!((own.mode, own.roots), (Mode::VerifyFull, Some(Roots::System)));
    assert_eq!(unescaped("100%25 %zz%4"), "100% %zz%4");
}

#[test]
fn what_would_check_nothing_is_refused() {
    for (server, why) in [
        ("sslmode=verify_full", "there are disable, prefer"),
        ("sslmode=allow", "there are disable, prefer"),
        ("sslrootcert=/root.crt", "checks nothing"),
        ("sslrootcert=/root.crt sslmode=disable", "checks nothing"),
        ("sslrootcert=system sslmode=verify-ca", "needs `sslmode=verify-full`"),
    ] {
        let refused = Encryption::take(server).unwrap_err();
        assert!(refused.contains(why), "{server}: {refused}");
    }
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.crt");
    std::fs::write(&empty, "no certificate\n").unwrap();
    for (file, why) in
        [(empty.clone(), "none in it"), (folder.path().join("absent"), "No such file")]
    {
        let (_, own) = taken(&format!("sslmode=require sslrootcert={}", file.display()));
        let refused = own.connector().err().unwrap().to_string();
        assert!(refused.contains(why) && refused.contains("PEM"), "{refused}");
    }
}

fn connect(server: &str) -> Result<Client, SinkError> {
    postgres(server).table("t").server.connect()
}

fn refused(server: &str) -> String {
    connect(server).err().unwrap_or_else(|| panic!("{server} is refused")).to_string()
}

/// What a client asks for first: encryption, or a session.
const ENCRYPTION: u32 = 80_877_103;
const SESSION: u32 = 3 << 16;

/// A server that answers so to who asks for encryption and then hangs up; and what it was asked for, by each connection.
fn pretender(answer: u8, connections: usize) -> (u16, std::thread::JoinHandle<Vec<Vec<u32>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let hear = move |mut stream: TcpStream| {
        let mut asked = Vec::new();
        let mut first = [0; 8];
        while asked.last() != Some(&SESSION) && stream.read_exact(&mut first).is_ok() {
            asked.push(u32::from_be_bytes([first[4], first[5], first[6], first[7]]));
            if asked == [ENCRYPTION] {
                stream.write_all(&[answer]).unwrap();
            }
            if answer == b'S' {
                break;
            }
        }
        asked
    };
    let server = move || {
        let streams = listener.incoming().take(connections);
        streams.map(|stream| hear(stream.unwrap())).collect()
    };
    (port, std::thread::spawn(server))
}

#[test]
fn where_encryption_is_wanted_there_is_no_other_way() {
    let (port, server) = pretender(b'N', 1);
    let words = refused(&format!("host=127.0.0.1 port={port} sslmode=require"));
    assert!(words.contains("does not support TLS") && words.contains("`ssl`"), "{words}");
    assert_eq!(server.join().unwrap(), [[ENCRYPTION]]);
    let (port, server) = pretender(b'S', 1);
    let words = refused(&format!("host=127.0.0.1 port={port} sslmode=require"));
    assert!(words.contains("TLS handshake"), "{words}");
    assert_eq!(server.join().unwrap(), [[ENCRYPTION]]);
}

#[test]
fn where_encryption_is_preferred_it_is_tried() {
    let (port, server) = pretender(b'N', 1);
    assert!(!refused(&format!("host=127.0.0.1 port={port}")).contains("TLS"));
    assert_eq!(server.join().unwrap(), [[ENCRYPTION, SESSION]]);
    let (port, server) = pretender(b'S', 2);
    assert!(!refused(&format!("host=127.0.0.1 port={port}")).contains("TLS"));
    assert_eq!(server.join().unwrap(), [[ENCRYPTION], [SESSION]]);
    let (port, server) = pretender(b'N', 1);
    refused(&format!("postgres://127.0.0.1:{port}/y?sslmode=disable"));
    assert_eq!(server.join().unwrap(), [[SESSION]]);
}

/// An authority that has signed nothing.
const ANOTHER: &str = "\
-----BEGIN CERTIFICATE-----
MIIBkDCCATWgAwIBAgIUOBBLzP/nqI2OH8eeK5Uqmg09QO0wCgYIKoZIzj0EAwIw
HDEaMBgGA1UEAwwRYW5vdGhlciBhdXRob3JpdHkwIBcNMjYxMTIzMDMxMzI4WhgP
MjEyNjEwMzAwMzEzMjhaMBwxGjAYBgNVBAMMEWFub3RoZXIgYXV0aG9yaXR5MFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEizEvbnewXPHAXAwUc3qkVIPIB2kGnxGi
7pUiKmubew5z8hD4TQn6zy/sbYcqLQncXObkGi0tfTTPPYHXZEiW/KNTMFEwHQYD
VR0OBBYEFHx5YMvYLAwbr+93njpujfY+AB8YMB8GA1UdIwQYMBaAFHx5YMvYLAwb
r+93njpujfY+AB8YMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIh
AJbfYCZILRkrdkAtS+OymYFWpp3sYrybRXjf1tHywbM6AiEAq2sH3S6R2O7m4JFw
Yi38OPFzKdIL9G0zGcXZdUSksnw=
-----END CERTIFICATE-----
";

fn is_encrypted(server: &str) -> bool {
    let question = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    connect(server).unwrap().query_one(question, &[]).unwrap().get(0)
}

#[test]
fn a_real_server_is_looked_at_as_was_asked_for() {
    let server = super::super::tests::server();
    let mut client = server.parse::<::postgres::Config>().unwrap().connect(NoTls).unwrap();
    let data: String = client.query_one("SHOW data_directory", &[]).unwrap().get(0);
    assert!(is_encrypted(&server) && is_encrypted(&format!("{server} sslmode=require")));
    assert!(!is_encrypted(&format!("{server} sslmode=disable")));
    let of = |mode: &str, roots: &str| format!("{server} sslmode={mode} sslrootcert='{roots}'");
    let own = &format!("{data}/ca.crt");
    assert!(is_encrypted(&of("require", own)) && is_encrypted(&of("verify-ca", own)));
    let words = refused(&of("verify-full", own));
    assert!(words.contains("not valid for name") && words.contains("sslmode=verify-ca"), "{words}");
    let named = server.replace("host=127.0.0.1", "host=localhost hostaddr=127.0.0.1");
    assert!(is_encrypted(&format!("{named} sslmode=verify-full sslrootcert='{own}'")));

    let folder = tempfile::tempdir().unwrap();
    let another = folder.path().join("another.crt");
    std::fs::write(&another, ANOTHER).unwrap();
    for mode in ["require", "verify-ca", "verify-full"] {
        let words = refused(&of(mode, &another.display().to_string()));
        assert!(words.contains("UnknownIssuer") && words.contains("authority"), "{mode}: {words}");
    }
    let words = refused(&format!("{server} sslrootcert=system"));
    assert!(words.contains("UnknownIssuer") || words.contains("trusts no"), "{words}");
}
