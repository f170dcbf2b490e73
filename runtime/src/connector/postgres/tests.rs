//! A sink by hand, on a real server: crashes between all steps, others' doings, errors. `tests/servers/postgres.sh` starts one.

use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

use ::postgres::{Client, Config, NoTls};

use super::*;
use crate::connector::{
    Committable, Opening, Sink, SinkError, Transaction, TwoPhaseCommitSink, Writer,
};
use crate::time::Timestamp;

type Row = (u64, String);

pub(super) fn server() -> String {
    std::env::var("TEST_POSTGRES").unwrap_or_else(|_| {
        panic!("these tests need a server: export \"$(tests/servers/postgres.sh start /tmp/pg)\"")
    })
}

fn client(server: &str) -> Client {
    Config::from_str(server).unwrap().connect(NoTls).unwrap()
}

/// A database of its own, with a table of numbers and text.
fn database() -> (String, Client) {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("sink_{}_{number}", std::process::id());
    client(&server()).batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
    let server = server().replace("dbname=postgres", &format!("dbname={name}"));
    let mut client = client(&server);
    let table = "CREATE TABLE t (\"0\" bigint, \"1\" text)";
    client.batch_execute(table).unwrap();
    (server, client)
}

fn numbers(client: &mut Client) -> Vec<i64> {
    let rows = client.query("SELECT \"0\" FROM t ORDER BY 1", &[]).unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

fn prepared(client: &mut Client) -> Vec<String> {
    let question = "SELECT gid FROM pg_prepared_xacts WHERE database = current_database()";
    client.query(question, &[]).unwrap().iter().map(|row| row.get(0)).collect()
}

fn opening(attempt: u64, kept: Option<&[Committable]>) -> Opening<'_> {
    let (restored, kept) = (kept.is_some(), kept.unwrap_or_default());
    Opening { job: "job", sink: "out", attempt, restored, kept }
}

fn open(sink: &Postgres, task: usize) -> PostgresWriter {
    Sink::<Row>::open(sink, task, 1).unwrap()
}

fn write(writer: &mut PostgresWriter, number: u64) {
    Writer::<Row>::write(writer, Timestamp::MIN, (number, "text")).unwrap();
}

fn prepare(
    writer: &mut PostgresWriter,
    checkpoint: u64,
    attempt: u64,
) -> Result<Option<Committable>, SinkError> {
    let by = Transaction { checkpoint, attempt, task: 0 };
    Writer::<Row>::prepare(writer, &by)?.map(|preparation| preparation()).transpose()
}

/// The process was killed.
struct Killed;

/// A job, as far as a sink sees one.
#[derive(Default)]
struct Engine {
    attempt: u64,
    checkpoint: u64,
    written: u64,
    kept: Option<Vec<Committable>>,
    /// Steps until the next kill.
    steps: u32,
}

impl Engine {
    const ROWS: u64 = 9;

    fn step(&mut self) -> Result<(), Killed> {
        self.steps -= 1;
        if self.steps == 0 { Err(Killed) } else { Ok(()) }
    }

    fn attempt(&mut self, sink: &Postgres) -> Result<(), Killed> {
        self.attempt += 1;
        for committable in self.kept.clone().unwrap_or_default() {
            sink.commit(&committable).unwrap();
            self.step()?;
        }
        sink.abort_orphans(&opening(self.attempt, self.kept.as_deref())).unwrap();
        self.step()?;
        let mut writer = open(sink, 0);
        let mut number = self.written;
        while number < Self::ROWS {
            (0..3).for_each(|more| write(&mut writer, number + more));
            number += 3;
            self.step()?;
            self.checkpoint += 1;
            let by = Transaction { checkpoint: self.checkpoint, attempt: self.attempt, task: 0 };
            let preparation = Writer::<Row>::prepare(&mut writer, &by).unwrap().unwrap();
            self.step()?;
            let committable = preparation().unwrap();
            self.step()?;
            (self.written, self.kept) = (number, Some(vec![committable.clone()]));
            self.step()?;
            sink.commit(&committable).unwrap();
            self.step()?;
            sink.commit(&committable).unwrap();
            assert!(
                prepare(&mut writer, 0, self.attempt).unwrap().is_none(),
                "nothing is prepared"
            );
        }
        Ok(())
    }
}

/// What a killed process has begun is over.
fn wait_until_alone(client: &mut Client) {
    let question = "SELECT count(*) FROM pg_stat_activity \
                    WHERE datname = current_database() AND application_name = 'thalweg'";
    while client.query_one(question, &[]).unwrap().get::<_, i64>(0) > 0 {
        std::thread::yield_now();
    }
}

#[test]
fn rows_appear_once_wherever_the_job_is_killed() {
    for first in 1..25 {
        let (server, mut client) = database();
        let mut engine = Engine { steps: first, ..Engine::default() };
        let mut kills = 0;
        while engine.attempt(&postgres(&server).table("t")).is_err() {
            kills += 1;
            wait_until_alone(&mut client);
            // Once more, while it recovers.
            engine.steps = if kills == 1 { 1 + first % 4 } else { 1000 };
        }
        assert_eq!(numbers(&mut client), (0..Engine::ROWS as i64).collect::<Vec<_>>(), "{first}");
        assert_eq!(prepared(&mut client), Vec::<String>::new(), "{first}");
    }
}

#[test]
fn a_transaction_that_somebody_rolled_back_fails_with_its_name() {
    let (server, mut client) = database();
    let sink = postgres(&server).table("t");
    sink.abort_orphans(&opening(1, None)).unwrap();
    let mut writer = open(&sink, 0);
    write(&mut writer, 1);
    let first = prepare(&mut writer, 1, 1).unwrap().unwrap();
    sink.commit(&first).unwrap();
    write(&mut writer, 2);
    let second = prepare(&mut writer, 2, 1).unwrap().unwrap();
    let name = prepared(&mut client).remove(0);
    assert!(name.starts_with("tw:job:out:t:0:1:2:"), "{name}");
    client.batch_execute(&format!("ROLLBACK PREPARED '{name}'")).unwrap();
    let again = postgres(&server).table("t");
    again.commit(&first).unwrap();
    let error = again.commit(&second).unwrap_err().to_string();
    assert!(error.contains(&name) && error.contains("is lost"), "{error}");
    assert_eq!(numbers(&mut client), [1]);
}

#[test]
fn what_a_killed_process_prepares_late_is_rolled_back_by_the_next_checkpoint() {
    let (server, mut client) = database();
    let old = postgres(&server).table("t");
    old.abort_orphans(&opening(1, Some(&[]))).unwrap();
    let mut zombie = open(&old, 0);
    let new = postgres(&server).table("t");
    new.abort_orphans(&opening(2, Some(&[]))).unwrap();
    write(&mut zombie, 1);
    prepare(&mut zombie, 1, 1).unwrap().unwrap();
    let others = "BEGIN; INSERT INTO t VALUES (7); PREPARE TRANSACTION 'tw:other:out:t:0:1:1:x'";
    client.batch_execute(others).unwrap();
    assert_eq!(prepared(&mut client).len(), 2);
    let mut writer = open(&new, 0);
    write(&mut writer, 2);
    let committable = prepare(&mut writer, 2, 2).unwrap().unwrap();
    new.commit(&committable).unwrap();
    assert_eq!(prepared(&mut client), ["tw:other:out:t:0:1:1:x"]);
    assert_eq!(numbers(&mut client), [2]);
    client.batch_execute("ROLLBACK PREPARED 'tw:other:out:t:0:1:1:x'").unwrap();
}

#[test]
fn prepared_transactions_wait_for_one_another_in_nothing() {
    let (server, mut client) = database();
    let sink = postgres(&server).table("t");
    sink.abort_orphans(&opening(1, None)).unwrap();
    let mut writer = open(&sink, 0);
    let mut kept = Vec::new();
    for checkpoint in 1..=4 {
        write(&mut writer, checkpoint);
        kept.push(prepare(&mut writer, checkpoint, 1).unwrap().unwrap());
        if checkpoint == 1 {
            sink.commit(&kept[0]).unwrap();
        }
    }
    for committable in kept.iter().chain(&kept) {
        sink.commit(committable).unwrap();
    }
    assert_eq!(numbers(&mut client), [1, 2, 3, 4]);
    let entered = client.query_one("SELECT count(*) FROM tw_ledger", &[]).unwrap();
    assert!(entered.get::<_, i64>(0) <= 3, "the ledger grows");
}

#[test]
fn without_checkpoints_rows_appear_with_each_flush() {
    let (server, mut client) = database();
    let sink = postgres(&server).table("t");
    let mut writer = open(&sink, 0);
    (0..50_000).for_each(|number| write(&mut writer, number));
    Writer::<Row>::flush(&mut writer).unwrap();
    write(&mut writer, 50_000);
    Writer::<Row>::finish(&mut writer).unwrap();
    assert_eq!(numbers(&mut client).len(), 50_001);
}

#[test]
fn an_upsert_never_goes_back() {
    let (server, mut client) = database();
    let columns = "ALTER TABLE t ADD PRIMARY KEY (\"0\"); \
                   ALTER TABLE t ALTER \"1\" TYPE int USING 0; ALTER TABLE t ADD \"2\" text";
    client.batch_execute(columns).unwrap();
    type Versioned = (u64, u64, String);
    let run = |attempt, rows: &[(u64, u64, &str)]| {
        let sink = postgres(&server).table("t").upsert(["0"], "1");
        sink.abort_orphans(&opening(attempt, None)).unwrap();
        let opened = Sink::<Versioned>::open(&sink, 0, 1);
        opened.map(|mut writer| {
            for row in rows {
                Writer::<Versioned>::write(&mut writer, Timestamp::MIN, *row).unwrap();
            }
            let by = Transaction { checkpoint: 1, attempt, task: 0 };
            let done = Writer::<Versioned>::prepare(&mut writer, &by).unwrap().unwrap();
            sink.commit(&done().unwrap()).unwrap();
        })
    };
    let error = run(1, &[]).unwrap_err();
    assert!(error.help.contains("ADD COLUMN tw_attempt"), "{error}");
    client.batch_execute("ALTER TABLE t ADD tw_attempt bigint NOT NULL DEFAULT 0").unwrap();
    let mut value = || -> String {
        client.query_one("SELECT \"2\" FROM t WHERE \"0\" = 7", &[]).unwrap().get(0)
    };
    run(1, &[(7, 1, "a"), (8, 1, "x"), (7, 3, "c"), (7, 2, "b"), (7, 3, "d")]).unwrap();
    assert_eq!(value(), "d", "the last of the latest version");
    run(2, &[(7, 2, "B")]).unwrap();
    assert_eq!(value(), "d", "a replay begins with what is older");
    run(2, &[(7, 3, "D")]).unwrap();
    assert_eq!(value(), "D", "the newer attempt is to be believed");
    run(1, &[(7, 3, "zombie")]).unwrap();
    assert_eq!(value(), "D", "the older is not");
    run(3, &[(7, 4, "e")]).unwrap();
    assert_eq!(value(), "e");
}

#[test]
fn what_the_server_refuses_is_told() {
    let (server, mut client) = database();
    let fails = |sink: &Postgres| -> String {
        let opened = Sink::<Row>::open(sink, 0, 1);
        let written = opened.and_then(|mut writer| {
            Writer::<Row>::write(&mut writer, Timestamp::MIN, (1, "text"))?;
            Writer::<Row>::finish(&mut writer)
        });
        written.unwrap_err().to_string()
    };
    let missing = fails(&postgres(&server).table("nowhere"));
    assert!(missing.contains("`nowhere`") && missing.contains("create it first"), "{missing}");
    client.batch_execute("CREATE TABLE other (\"0\" bigint)").unwrap();
    let column = fails(&postgres(&server).table("other"));
    assert!(column.contains("column \"1\"") && column.contains("add the column"), "{column}");
    client.batch_execute("ALTER TABLE other ADD \"1\" bigint").unwrap();
    let wrong = fails(&postgres(&server).table("other"));
    assert!(wrong.contains("column 1: \"text\"") && wrong.contains("fit its column"), "{wrong}");

    let role = format!("poor_{}", std::process::id());
    client.batch_execute(&format!("CREATE ROLE {role} LOGIN")).unwrap();
    let poor = postgres(&server.replace("user=test", &format!("user={role}"))).table("t");
    let right = fails(&poor);
    assert!(right.contains("GRANT INSERT ON \"t\""), "{right}");
    let ledger = poor.abort_orphans(&opening(1, None)).unwrap_err().to_string();
    assert!(ledger.contains("CREATE TABLE tw_ledger"), "{ledger}");

    let down = fails(&postgres("host=127.0.0.1 port=1 user=test dbname=x").table("t"));
    assert!(down.contains("refused") && down.contains("server is up"), "{down}");
}

#[test]
fn a_lost_connection_fails_the_attempt_and_the_next_one_goes_on() {
    let (server, mut client) = database();
    let lose = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                WHERE datname = current_database() AND application_name = 'thalweg'";
    let sink = postgres(&server).table("t");
    sink.abort_orphans(&opening(1, None)).unwrap();
    let mut writer = open(&sink, 0);
    write(&mut writer, 1);
    let first = prepare(&mut writer, 1, 1).unwrap().unwrap();
    client.batch_execute(lose).unwrap();
    wait_until_alone(&mut client);
    // The connection that commits is made anew.
    sink.commit(&first).unwrap();
    write(&mut writer, 2);
    let error = prepare(&mut writer, 2, 1).unwrap_err().to_string();
    assert!(error.contains("table `t`") && error.contains("goes on by itself"), "{error}");
    sink.abort_orphans(&opening(2, Some(&[first]))).unwrap();
    let mut writer = open(&sink, 0);
    write(&mut writer, 2);
    sink.commit(&prepare(&mut writer, 3, 2).unwrap().unwrap()).unwrap();
    assert_eq!(numbers(&mut client), [1, 2]);
}

#[test]
fn a_password_is_shown_nowhere() {
    use crate::job::Secret;
    for server in
        ["host=x password=hunter2", "postgres://me:hunter2@x/y", "password=hunter2 port=z"]
    {
        let sink = postgres(server).table("t");
        let error = Sink::<Row>::open(&sink, 0, 1).err().unwrap().to_string();
        assert!(!error.contains("hunter2") && error.contains("Secret"), "{error}");
        let name = Sink::<Row>::name(&sink);
        assert!(!format!("{sink:?} {name}").contains("hunter2"));
    }
    let password = Secret::new("hunter2".to_owned());
    let sink = postgres("host=127.0.0.1 port=1 user=u").password(&password).table("t");
    let told = format!("{sink:?} {} {}", Sink::<Row>::name(&sink), Sink::<Row>::parameters(&sink));
    let error = Sink::<Row>::open(&sink, 0, 1).err().unwrap();
    assert!(!format!("{told} {error:?} {error}").contains("hunter2"));
}
