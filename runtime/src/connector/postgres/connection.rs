//! Connections, and what their errors mean for whoever runs the job.

use std::error::Error;

use ::postgres::config::SslMode;
use ::postgres::error::SqlState;
use ::postgres::{Client, Config, NoTls};

use super::tls::{self, Encryption};
use crate::connector::SinkError;
use crate::job::Secret;

/// Connects, encrypted as is asked for. A transaction may wait for its next rows as long as the input does.
pub(super) fn connect(
    mut config: Config,
    encryption: &Encryption,
    password: Option<&Secret<String>>,
) -> Result<Client, SinkError> {
    if let Some(password) = password {
        config.password(password.expose().as_bytes());
    }
    let mut connected = config.ssl_mode(encryption.mode()).connect(encryption.connector()?);
    if encryption.is_dispensable() && connected.as_ref().is_err_and(is_about_encryption) {
        connected = config.ssl_mode(SslMode::Disable).connect(NoTls);
    }
    let connected = connected.and_then(|mut client| {
        client.batch_execute(
            "SET idle_in_transaction_session_timeout = 0; SET statement_timeout = 0; \
             SET client_min_messages = warning",
        )?;
        Ok(client)
    });
    connected.map_err(|error| failed("cannot connect to PostgreSQL", error))
}

/// True if the server and we did not agree on encryption, or it takes nobody in who encrypts.
fn is_about_encryption(error: &::postgres::Error) -> bool {
    tls::help(error).is_some() || error.code().is_some_and(|code| code.code() == "28000")
}

/// True if asking again on a new connection may help.
pub(super) fn is_lost(error: &::postgres::Error) -> bool {
    match error.code() {
        Some(code) => code.code().starts_with("08") || code.code().starts_with("57P"),
        None => true,
    }
}

/// `what` went wrong, as PostgreSQL says.
#[cold]
pub(super) fn failed(what: impl Into<String>, error: ::postgres::Error) -> SinkError {
    let what = what.into();
    let Some(said) = error.as_db_error() else {
        let mut words = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            words = format!("{words}: {cause}");
            source = cause.source();
        }
        let help = tls::help(&error).unwrap_or(
            "see whether the server is up and can be reached from here; \
             a job with checkpoints goes on by itself as often as `restarts` says",
        );
        return SinkError::new(what, help).because(words);
    };
    let mut words = said.message().to_owned();
    for more in [said.detail(), said.where_()].into_iter().flatten() {
        words = format!("{words} ({})", more.trim());
    }
    SinkError::new(what, help(said.code())).because(words)
}

fn help(code: &SqlState) -> &'static str {
    match code.code() {
        "42P01" => "create the table first: the sink does not",
        "42703" => {
            "the record's fields are the columns: add the column to the table, \
             or `.map(..)` to a record whose fields are there"
        }
        "42P10" => "the keys of `.upsert(..)` need a unique index or a primary key of their own",
        "42501" => {
            "give the job's user the rights: INSERT and SELECT on the table, for upserts UPDATE as well"
        }
        "3D000" => "create the database, or name another: dbname=..",
        "53300" => {
            "raise max_connections: each of the sink's tasks has a connection, and one commits"
        }
        "53200" | "53400" => {
            "if it is about prepared transactions, raise max_prepared_transactions to twice the sinks' tasks"
        }
        "42710" => "two jobs of one name write to this table: give each a `.tag(..)` of its own",
        code if code.starts_with("28") => "check the user and the password: `.password(&secret)`",
        code if code.starts_with("22") || code == "42804" => {
            "the field does not fit its column: change the column's type, or `.map(..)` the field"
        }
        code if code.starts_with("23") => {
            "the table's constraints refuse the row: mend the row with `.map(..)`, or use `.upsert(..)`"
        }
        code if code.starts_with("08") || code.starts_with("57") => {
            "see whether the server is up; a job with checkpoints goes on by itself as often as `restarts` says"
        }
        _ => "see the server's log",
    }
}
