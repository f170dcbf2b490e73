//! A job that writes to PostgreSQL, as users of a job binary meet it: kills, a server that is down, one that refuses.
//! `tests/servers/postgres.sh` starts the servers.
#![cfg(not(rust_analyzer))] // It does not follow a path into another package.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

#[allow(dead_code, reason = "the command line is for xtask")]
#[path = "../../xtask/src/ledger/mod.rs"]
mod ledger;

use ledger::entries::Entries;
use ledger::options::{Backend, Options, Sink};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ledger_postgres_job");
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/servers/postgres.sh");

/// A server and a job of its own.
struct Bench {
    dir: TempDir,
    server: String,
    entries: Entries,
}

impl Bench {
    fn new(settings: &[&str]) -> Bench {
        let dir = TempDir::new().expect("a directory");
        // The server runs as another user if this one is root.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(dir.path(), open).expect("it is ours");
        let entries = Entries { records: 20_000, keys: 50 };
        entries.write_files(&dir.path().join("input")).expect("files");
        let mut bench = Bench { dir, server: String::new(), entries };
        bench.start(settings);
        let total =
            "key bigint, \"start\" bigint, \"end\" bigint, \"count\" bigint, \"sum\" bigint";
        for book in ["tumbling", "sliding", "sessions", "timers"] {
            bench.ask(&format!("CREATE TABLE {book} ({total})"));
        }
        bench.ask("CREATE TABLE lines (id bigint, key bigint)");
        bench.ask("CREATE TABLE places (key bigint, place bigint)");
        bench
    }

    fn start(&mut self, settings: &[&str]) {
        let mut script = Command::new(SCRIPT);
        script.arg("start").arg(self.dir.path().join("pg")).args(settings).stderr(Stdio::inherit());
        let said = String::from_utf8(script.output().expect("bash").stdout).expect("UTF-8");
        let server = said.trim().strip_prefix("TEST_POSTGRES=");
        self.server = server.expect("the server starts").to_owned();
    }

    fn stop(&self) {
        let stopped = Command::new(SCRIPT).arg("stop").arg(self.dir.path().join("pg")).status();
        assert!(stopped.expect("bash").success());
    }

    fn ask(&self, question: &str) -> String {
        let mut psql = Command::new("psql");
        psql.args(["-X", "-q", "-t", "-A", "-d", &self.server, "-c", question]);
        let answer = psql.stderr(Stdio::inherit()).output().expect("psql");
        assert!(answer.status.success(), "{question}");
        String::from_utf8(answer.stdout).expect("UTF-8").trim().to_owned()
    }

    fn job(&self, rate: &str, more: &[&str]) -> Child {
        let path = |name: &str| self.dir.path().join(name).to_str().expect("UTF-8").to_owned();
        let mut command = Command::new(PROGRAM);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("THALWEG_")) {
            command.env_remove(name);
        }
        command
            .args(["--entries", &self.entries.generated().to_string()])
            .args(["--keys", &self.entries.keys.to_string(), "--rate", rate])
            .args(["--input", &path("input"), "--output", &self.server])
            .args(["--checkpoint-dir", &path("checkpoints"), "--checkpoint-interval", "20ms"])
            .args(["--parallelism", "2", "--quiet"])
            .args(more);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command.spawn().expect("the job starts")
    }

    fn run(&self, rate: &str, more: &[&str]) -> (Option<i32>, String) {
        ended(self.job(rate, more).wait_with_output().expect("it ends"))
    }

    fn wait_until(&self, question: &str) {
        let started = Instant::now();
        while self.ask(question) != "t" {
            assert!(started.elapsed() < Duration::from_secs(60), "never: {question}");
        }
    }

    fn check_books(&self) {
        assert_eq!(self.ask("SELECT count(*), count(DISTINCT id) FROM lines"), "20000|20000");
        assert_eq!(self.ask("SELECT sum(count) FROM tumbling"), "20000");
        assert_eq!(self.ask("SELECT count(*) FROM pg_prepared_xacts"), "0");
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        // It may be down.
        let _ = Command::new(SCRIPT).arg("stop").arg(self.dir.path().join("pg")).status();
    }
}

fn ended(output: Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8(output.stderr).expect("UTF-8"))
}

#[test]
fn a_job_that_is_killed_keeps_exact_books_in_tables() {
    let dir = TempDir::new().expect("a directory");
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(dir.path(), open).expect("it is ours");
    let (kills, records, keys, seed, folder, sink) = (4, 60_000, 100, 31, None, Sink::Postgres);
    let life = Duration::from_millis(500);
    let options = Options { kills, records, keys, seed, life, folder, backend: Backend::Fs, sink };
    let report = ledger::run(&options, Path::new(PROGRAM), dir.path()).expect("it can be tried");
    assert!(report.is_exact(), "{report:#?}");
}

#[test]
fn a_server_that_is_down_for_a_while_is_waited_for() {
    let mut bench = Bench::new(&[]);
    let job = bench.job("4000", &["--restarts", "1000"]);
    bench.wait_until("SELECT count(*) > 0 FROM lines");
    bench.stop();
    bench.start(&[]);
    let (code, said) = ended(job.wait_with_output().expect("it ends"));
    assert_eq!(code, Some(0), "{said}");
    bench.check_books();
}

#[test]
fn a_server_that_is_down_from_the_beginning_is_told() {
    let bench = Bench::new(&[]);
    bench.stop();
    let (code, said) = bench.run("1e9", &["--restarts", "0"]);
    assert!(code != Some(0) && said.contains("cannot connect to PostgreSQL"), "{said}");
    assert!(said.contains("help: see whether the server is up"), "{said}");
}

#[test]
fn a_server_that_prepares_nothing_is_refused() {
    let bench = Bench::new(&["max_prepared_transactions=0"]);
    let (code, said) = bench.run("1e9", &["--restarts", "0"]);
    assert!(code != Some(0) && said.contains("set max_prepared_transactions"), "{said}");
    assert_eq!(bench.ask("SELECT count(*) FROM lines"), "0");
}

#[test]
fn a_transaction_that_somebody_rolls_back_ends_the_job_with_its_name() {
    // The job may be faster each time: then another one is tried.
    let (bench, found, code, said) = (0..20)
        .find_map(|_| {
            let bench = Bench::new(&[]);
            let job = bench.job("2000", &["--restarts", "0"]);
            let found = roll_one_back(&bench);
            let (code, said) = ended(job.wait_with_output().expect("it ends"));
            found.map(|found| (bench, found, code, said))
        })
        .expect("a transaction is there between its two phases");
    assert!(code != Some(0), "{said}");
    assert!(said.contains(&found) && said.contains("is lost"), "{said}");
    let (code, again) = bench.run("1e9", &["--restarts", "0"]);
    assert!(code != Some(0) && again.contains(&found), "{again}");
}

/// Rolls the first transaction back that is prepared for `lines`, and answers its name; none if there was none for some
/// seconds. One session looks for it, over and over: it is there for a few milliseconds.
fn roll_one_back(bench: &Bench) -> Option<String> {
    const LOOK: &str = r"
SELECT gid AS found FROM pg_prepared_xacts WHERE gid LIKE '%:lines:%' LIMIT 1 \gset
\if :{?found}
ROLLBACK PREPARED :'found';
\if :ERROR
\unset found
\else
\echo :found
\q
\endif
\endif
";
    let dir = tempfile::tempdir().expect("a directory");
    let script = dir.path().join("look.sql");
    fs::write(&script, LOOK.repeat(20_000)).expect("written");
    let psql = Command::new("psql")
        .args(["-X", "-q", "-d", &bench.server, "-f"])
        .arg(script)
        .stderr(Stdio::null())
        .output();
    let told = String::from_utf8(psql.expect("psql").stdout).expect("UTF-8");
    told.lines().next().map(str::to_owned)
}
