//! Encryption: `sslmode` and `sslrootcert` of a connection string, which mean what they mean to libpq.
//!
//! | `sslmode` | the connection | who the server is |
//! |---|---|---|
//! | `disable` | is not encrypted | is not asked |
//! | `prefer`, if nothing is said | is encrypted if the server can | is not asked |
//! | `require` | is encrypted | is not asked, unless there is a root certificate: then as with `verify-ca` |
//! | `verify-ca` | is encrypted | its certificate must come from the authority of the root certificate |
//! | `verify-full` | is encrypted | and it must be for the host's name |
//!
//! The root certificate is `sslrootcert`: a file, or `system` for the authorities that this machine trusts, with
//! `verify-full` only, which it then stands for. If it is not said, it is `~/.postgresql/root.crt`. Where libpq quietly
//! does without what was asked for, as with an `sslrootcert` that is not there, this refuses. Unix sockets are not encrypted.

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::postgres::config::SslMode;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::connector::SinkError;

/// What a connection string says of encryption.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Encryption {
    mode: Mode,
    roots: Option<Roots>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Mode {
    Disable,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

/// Where the certificates of authorities are.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Roots {
    System,
    File(PathBuf),
}

impl Encryption {
    pub(super) const NONE: Encryption = Encryption { mode: Mode::Disable, roots: None };

    /// Takes the words about encryption out of a connection string, of either kind; the rest is left.
    ///
    /// # Errors
    /// If they make no sense, in words.
    pub(super) fn take(server: &str) -> Result<(String, Encryption), String> {
        let (mut mode, mut roots) = (None, None);
        let is_ours = |name: &str, value: String| {
            match name {
                "sslmode" => mode = Some(value),
                "sslrootcert" => roots = Some(value),
                _ => return false,
            }
            true
        };
        let is_url = server.starts_with("postgres://") || server.starts_with("postgresql://");
        let rest = if is_url { without_in_url(server, is_ours) } else { without(server, is_ours) };
        let roots = roots.map(|roots| match &*roots {
            "system" => Roots::System,
            file => Roots::File(PathBuf::from(file)),
        });
        let mode = match mode.as_deref() {
            None if roots == Some(Roots::System) => Mode::VerifyFull,
            None | Some("prefer") => Mode::Prefer,
            Some("disable") => Mode::Disable,
            Some("require") => Mode::Require,
            Some("verify-ca") => Mode::VerifyCa,
            Some("verify-full") => Mode::VerifyFull,
            Some(other) => {
                return Err(format!(
                    "`sslmode={other}`: there are disable, prefer, require, verify-ca and verify-full"
                ));
            }
        };
        if roots.is_some() && mode < Mode::Require {
            return Err("`sslrootcert` checks nothing without `sslmode=verify-full`".to_owned());
        }
        if roots == Some(Roots::System) && mode != Mode::VerifyFull {
            return Err("`sslrootcert=system` needs `sslmode=verify-full`".to_owned());
        }
        Ok((rest, Encryption { mode, roots }))
    }

    /// What the client is to ask the server for.
    pub(super) fn mode(&self) -> SslMode {
        match self.mode {
            Mode::Disable => SslMode::Disable,
            Mode::Prefer => SslMode::Prefer,
            Mode::Require | Mode::VerifyCa | Mode::VerifyFull => SslMode::Require,
        }
    }

    /// True if a connection without encryption will do where one with it fails.
    pub(super) fn is_dispensable(&self) -> bool {
        self.mode == Mode::Prefer
    }

    /// What encrypts connections.
    ///
    /// # Errors
    /// If the authorities' certificates cannot be read.
    pub(super) fn connector(&self) -> Result<MakeRustlsConnect, SinkError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let check = Check {
            roots: self.roots()?,
            is_named: self.mode == Mode::VerifyFull,
            algorithms: provider.signature_verification_algorithms,
        };
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider knows them")
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(check))
            .with_no_client_auth();
        config.alpn_protocols = vec![b"postgresql".to_vec()];
        Ok(MakeRustlsConnect::new(config))
    }

    /// The authorities to check the server's certificate by; none if it is not checked.
    fn roots(&self) -> Result<Option<RootCertStore>, SinkError> {
        let file = match &self.roots {
            _ if self.mode < Mode::Require => return Ok(None),
            Some(Roots::System) => return trusted_here().map(Some),
            Some(Roots::File(file)) => file.clone(),
            None => {
                let home = std::env::home_dir().unwrap_or_default();
                let usual = home.join(".postgresql/root.crt");
                if self.mode == Mode::Require && !usual.exists() {
                    return Ok(None);
                }
                usual
            }
        };
        read(&file).map(Some)
    }
}

fn read(file: &Path) -> Result<RootCertStore, SinkError> {
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
    let certificates: Result<Vec<_>, _> = certificates;
    let added = certificates.map_err(|error| error.to_string()).and_then(|certificates| {
        certificates
            .into_iter()
            .try_for_each(|one| roots.add(one).map_err(|error| error.to_string()))
    });
    match added {
        Ok(()) if !roots.is_empty() => Ok(roots),
        cause => Err(SinkError::new(
            format!("cannot read root certificates from `{}`", file.display()),
            "`sslrootcert=FILE` names a PEM file with the certificate of the authority that signed the server's; \
             `sslrootcert=system` trusts whom this machine trusts",
        )
        .because(cause.err().unwrap_or_else(|| "there is none in it".to_owned()))),
    }
}

fn trusted_here() -> Result<RootCertStore, SinkError> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let causes: Vec<_> = found.errors.iter().map(ToString::to_string).collect();
        return Err(SinkError::new(
            "this machine trusts no certificate authority",
            "install them (`ca-certificates`), or name a file: sslrootcert=FILE",
        )
        .because(causes.join("; ")));
    }
    Ok(roots)
}

/// How a server's certificate is looked at.
#[derive(Debug)]
struct Check {
    roots: Option<RootCertStore>,
    /// It must be for the host's name.
    is_named: bool,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Check {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(roots) = &self.roots {
            let certificate = ParsedCertificate::try_from(certificate)?;
            let algorithms = self.algorithms.all;
            verify_server_cert_signed_by_trust_anchor(
                &certificate,
                roots,
                intermediates,
                now,
                algorithms,
            )?;
            if self.is_named {
                verify_server_name(&certificate, name)?;
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// What to do about an error, if it is one of encryption.
pub(super) fn help(error: &::postgres::Error) -> Option<&'static str> {
    if !error.to_string().starts_with("error performing TLS handshake") {
        return None;
    }
    let cause = std::error::Error::source(error);
    if cause.is_some_and(|cause| cause.to_string() == "server does not support TLS") {
        return Some(
            "switch on `ssl` in postgresql.conf; on a private network, sslmode=disable will do",
        );
    }
    let cause = cause.and_then(|cause| cause.downcast_ref::<std::io::Error>()?.get_ref());
    Some(match cause.and_then(|cause| cause.downcast_ref()) {
        Some(Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        )) => {
            "connect by a name that the certificate has, or leave the name unchecked: sslmode=verify-ca"
        }
        Some(Error::InvalidCertificate(_)) => {
            "`sslrootcert` must name the certificate of the authority that signed the server's"
        }
        _ => "see the server's log",
    })
}

/// A list of `name = value` without those that `takes` takes.
fn without(text: &str, mut takes: impl FnMut(&str, String) -> bool) -> String {
    let (mut kept, mut left) = (String::new(), text);
    while let Some((name, value, rest)) = first(left) {
        if !takes(name, value) {
            kept.push_str(&left[..left.len() - rest.len()]);
        }
        left = rest;
    }
    // What is no such list is for the client to refuse.
    kept + left
}

/// The first name of such a list, its value, and what comes then.
fn first(text: &str) -> Option<(&str, String, &str)> {
    let (name, rest) = text.trim_start().split_once('=')?;
    let rest = rest.trim_start();
    let quoted = rest.strip_prefix('\'');
    let written = quoted.unwrap_or(rest);
    let (mut value, mut end) = (String::new(), written.len());
    let mut letters = written.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\'' if quoted.is_some() => {
                end = at + 1;
                break;
            }
            _ if letter.is_whitespace() && quoted.is_none() => {
                end = at;
                break;
            }
            '\\' => value.extend(letters.next().map(|(_, escaped)| escaped)),
            _ => value.push(letter),
        }
    }
    Some((name.trim_end(), value, &written[end..]))
}

/// A URL without those of its parameters that `takes` takes.
fn without_in_url(url: &str, mut takes: impl FnMut(&str, String) -> bool) -> String {
    let Some((place, parameters)) = url.split_once('?') else { return url.to_owned() };
    let is_kept = |parameter: &&str| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        !takes(name, unescaped(value))
    };
    let kept: Vec<_> = parameters.split('&').filter(is_kept).collect();
    if kept.is_empty() { place.to_owned() } else { format!("{place}?{}", kept.join("&")) }
}

/// A value of a URL, in which `%2F` is a slash.
fn unescaped(value: &str) -> String {
    let mut pieces = value.split('%');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        match piece.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => bytes.extend([&[byte], &piece.as_bytes()[2..]].concat()),
            None => bytes.extend([b"%", piece.as_bytes()].concat()),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
