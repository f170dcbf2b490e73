//! A job binary as its users meet it: help, mistakes, exit codes, signals, metrics.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStderr, ChildStdout, Command, Output, Stdio};

fn job(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_job_under_test"));
    command.args(arguments).stdin(Stdio::null());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("THALWEG_")) {
        command.env_remove(name);
    }
    command
}

/// Runs a job to its end: exit code, standard output, standard error.
fn run(command: &mut Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().expect("the job starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (status.code().expect("no signal"), text(stdout), text(stderr))
}

/// Expects an exit code, nothing on standard output, and exactly these lines on standard error.
fn check_refused(arguments: &[&str], code: i32, lines: &[&str]) {
    let (found, stdout, stderr) = run(&mut job(arguments));
    assert_eq!((stdout.as_str(), stderr.lines().collect::<Vec<_>>()), ("", lines.to_vec()));
    assert_eq!(found, code);
}

#[test]
fn a_job_that_is_done_exits_with_0_and_tells_what_it_did() {
    for arguments in [
        &["--count", "3", "--parallelism", "2"][..],
        &["run", "--count", "3", "--parallelism", "2"],
    ] {
        let (code, stdout, stderr) = run(&mut job(arguments));
        let mut lines: Vec<&str> = stdout.lines().collect();
        lines.sort_unstable();
        assert_eq!((code, lines), (0, vec!["0", "2", "4"]), "{stderr}");
        assert!(stderr.starts_with("done in "), "{stderr}");
        assert!(stderr.contains(": 3 records in (") && stderr.ends_with(", 3 out\n"), "{stderr}");
    }
}

#[test]
fn a_quiet_job_says_nothing() {
    let (code, _, stderr) = run(&mut job(&["--count", "3", "--quiet"]));
    assert_eq!((code, stderr.as_str()), (0, ""));
}

#[test]
fn a_missing_parameter_is_named() {
    check_refused(
        &["run"],
        2,
        &[
            "error: parameter `count` (u64) is missing: How many numbers, help: give --count VALUE, set \
           THALWEG_COUNT, or write `count = ..` under [args] in job.toml",
        ],
    );
}

#[test]
fn parallelism_0_is_refused() {
    check_refused(
        &["--count", "1", "--parallelism", "0"],
        2,
        &[
            "error: parameter `parallelism` (number) is wrong: `0` from --parallelism: a job needs at least one \
           task, help: leave it out to use every core",
        ],
    );
}

#[test]
fn all_mistakes_are_told_at_once() {
    check_refused(
        &["--cuont", "1", "--factor", "two", "--password", "hunter2"],
        2,
        &[
            "error: there is no option `--cuont`, help: did you mean `--count`?",
            "error: parameter `count` (u64) is missing: How many numbers, help: give --count VALUE, set \
             THALWEG_COUNT, or write `count = ..` under [args] in job.toml",
            "error: parameter `factor` (u64) is wrong: `two` from --factor: invalid digit found in string",
            "error: parameter `password` (Option<Secret<String>>) is wrong from --password: a secret \
             is given as env:NAME or file:PATH, never as the value itself",
        ],
    );
}

#[test]
fn an_address_in_use_is_refused() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("bound").to_string();
    let (code, stdout, stderr) = run(&mut job(&["--count", "1", "--metrics", &address]));
    assert_eq!((code, stdout.as_str(), stderr.lines().count()), (1, "", 1), "{stderr}");
    assert!(stderr.starts_with(&format!("error: cannot serve metrics at {address}: ")), "{stderr}");
    assert!(stderr.contains(", help: another process has that port"), "{stderr}");
}

#[test]
fn help_is_made_from_the_doc_comments() {
    let (code, stdout, stderr) = run(&mut job(&["--help"]));
    assert_eq!((code, stderr.as_str()), (0, ""));
    for part in [
        "Multiplies numbers.\n\nCounts from zero and writes",
        "--count <u64>",
        "How many numbers. [required]",
        "[default: 2]",
        "--fail-at <u64>",
        "--password <env:NAME|file:PATH>",
        "--parallelism <number>",
    ] {
        assert!(stdout.contains(part), "{part}\n--- not in ---\n{stdout}");
    }
}

#[test]
fn a_plan_is_printed_in_every_format() {
    let plan = |format: &str| {
        let (code, stdout, stderr) = run(&mut job(&["plan", "--count", "1", "--format", format]));
        assert_eq!((code, stderr.as_str()), (0, ""));
        stdout
    };
    assert!(plan("text").starts_with("Multiplication: 1 chain, 0 exchanges"));
    assert!(plan("dot").starts_with("digraph plan {"));
    assert!(plan("svg").starts_with("<svg "));
    let json: serde_json::Value = serde_json::from_str(&plan("json")).expect("JSON");
    assert_eq!(json["pipeline"], "multiply");
    assert_eq!(json["chains"][0]["operators"][1]["kind"], "map");
}

#[test]
fn environment_and_file_give_what_the_command_line_does_not() {
    let path = std::env::temp_dir().join(format!("thalweg-job-{}.toml", std::process::id()));
    std::fs::write(&path, "[args]\ncount = 5\nfactor = 7\n").expect("written");
    let config = path.to_str().expect("UTF-8");
    let mut command = job(&["--config", config, "--quiet", "--parallelism", "1"]);
    let (code, stdout, stderr) = run(command.env("THALWEG_COUNT", "2"));
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (0, "0\n7\n", ""));
    std::fs::write(&path, "[args]\ncount = 5\nfactr = 7\n").expect("written");
    let (code, _, stderr) = run(&mut job(&["--config", config]));
    std::fs::remove_file(&path).expect("removed");
    let expected = format!(
        "error: there is no parameter `factr`, given by [args] in {config}, help: did you mean `factor`?\n"
    );
    assert_eq!((code, stderr), (2, expected));
}

#[test]
fn a_job_that_fails_exits_with_1_and_one_line() {
    let (code, _, stderr) =
        run(&mut job(&["--count", "10", "--fail-at", "3", "--parallelism", "1"]));
    assert_eq!((code, stderr.lines().count()), (1, 1), "{stderr}");
    assert!(stderr.starts_with("error: ") && stderr.contains("3 is not wanted"), "{stderr}");
}

#[test]
fn a_backtrace_is_printed_if_it_is_asked_for() {
    let mut command = job(&["--count", "10", "--fail-at", "3"]);
    let (code, _, stderr) = run(command.env("THALWEG_BACKTRACE", "1"));
    assert!(
        code == 1 && stderr.contains("visit") && stderr.contains("job_under_test.rs:"),
        "{stderr}"
    );
}

#[test]
fn a_pipeline_that_panics_while_it_is_built_fails_with_1_and_one_line() {
    let (code, _, stderr) = run(&mut job(&["--count", "10", "--factor", "13"]));
    assert_eq!((code, stderr.lines().count()), (1, 1), "{stderr}");
    assert!(
        stderr.starts_with("error: pipeline `multiply` cannot be built: panicked at "),
        "{stderr}"
    );
    assert!(stderr.contains("13 brings bad luck"), "{stderr}");
}

/// A job that runs until it is told to end.
struct Endless {
    child: Child,
    stdout: BufReader<ChildStdout>,
    stderr: BufReader<ChildStderr>,
}

impl Endless {
    fn start(arguments: &[&str]) -> Endless {
        let mut command = job(&["--parallelism", "1", "--count", "18446744073709551615"]);
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the job starts");
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        let stderr = BufReader::new(child.stderr.take().expect("piped"));
        Endless { child, stdout, stderr }
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(sent.expect("kill is there").success());
    }

    fn next_error_line(&mut self) -> String {
        let mut line = String::new();
        self.stderr.read_line(&mut line).expect("UTF-8");
        line
    }

    /// Reads what is left and waits for the end: exit code, standard output, standard error.
    fn end(mut self) -> (Option<i32>, String, String) {
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.stdout.read_to_string(&mut stdout).expect("UTF-8");
        self.stderr.read_to_string(&mut stderr).expect("UTF-8");
        (self.child.wait().expect("it ends").code(), stdout, stderr)
    }
}

#[test]
fn the_first_signal_stops_at_a_record_boundary() {
    for signal in ["-INT", "-TERM"] {
        let mut job = Endless::start(&[]);
        let mut first = String::new();
        job.stdout.read_line(&mut first).expect("UTF-8");
        job.signal(signal);
        let (code, stdout, stderr) = job.end();
        assert_eq!((code, first.as_str()), (Some(130), "0\n"), "{stderr}");
        // Every record that was read was written, whole and in order.
        let whole = stdout.lines().zip(1u64..).all(|(line, i)| line == (2 * i).to_string());
        assert!(whole && stdout.ends_with('\n'));
        let mut lines = stderr.lines();
        assert_eq!(lines.next(), Some("stopping at a record boundary; once more to abort"));
        let summary = lines.next().unwrap_or_default();
        assert!(summary.starts_with("stopped after "), "{stderr}");
    }
}

#[test]
fn a_job_whose_reader_has_seen_enough_ends_quietly() {
    let mut job = Endless::start(&["--quiet"]);
    let mut first = String::new();
    job.stdout.read_line(&mut first).expect("UTF-8");
    drop(job.stdout);
    let mut stderr = String::new();
    job.stderr.read_to_string(&mut stderr).expect("UTF-8");
    let code = job.child.wait().expect("it ends").code();
    assert_eq!((first.as_str(), stderr.as_str(), code), ("0\n", "", Some(0)));
}

#[test]
fn the_second_signal_ends_a_job_that_hangs() {
    let mut job = Endless::start(&["--hang-at", "0", "--metrics", "127.0.0.1:0"]);
    // The handler for signals is there before the server.
    assert!(job.next_error_line().starts_with("metrics at "));
    job.signal("-INT");
    assert_eq!(job.next_error_line(), "stopping at a record boundary; once more to abort\n");
    job.signal("-INT");
    let (code, stdout, _) = job.end();
    assert_eq!((code, stdout.as_str()), (Some(130), ""));
}

#[test]
fn metrics_and_health_are_served_while_it_runs() {
    let mut job = Endless::start(&["--metrics", "127.0.0.1:0"]);
    let line = job.next_error_line();
    let address =
        line.trim().strip_prefix("metrics at http://").and_then(|url| url.strip_suffix("/metrics"));
    let address = address.unwrap_or_else(|| panic!("{line}")).to_owned();
    let ask = |path: &str| {
        let mut stream = TcpStream::connect(&address).expect("connects");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").expect("sent");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("answered");
        text
    };
    let health = ask("/health");
    assert!(
        health.starts_with("HTTP/1.1 200 OK\r\n") && health.ends_with("\r\n\r\nok\n"),
        "{health}"
    );
    // Somebody has to read what it prints, or it waits; counts are published once per turn.
    let mut stdout = job.stdout;
    let reader = std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
    let counted = || {
        let metrics = ask("/metrics");
        let line =
            metrics.lines().find(|line| line.starts_with("thalweg_records_in_total{chain=\"0\","));
        line.is_some_and(|line| !line.ends_with(" 0"))
    };
    while !counted() {
        std::thread::yield_now();
    }
    job.child.kill().expect("killed");
    job.child.wait().expect("ended");
    reader.join().expect("no panic").expect("read");
}
