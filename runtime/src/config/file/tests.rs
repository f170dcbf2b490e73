use super::*;

fn parse(text: &str) -> Result<JobFile, Vec<ArgumentError>> {
    let state = ["state_backend", "state_budget", "state_rocksdb_options"];
    let options = [&["parallelism", "buffer_timeout"][..], &state].concat();
    JobFile::parse(text, "job.toml", &options, &["hot_items", "q1"])
}

fn check_errors(text: &str, expected: &[&str]) {
    let errors = parse(text).err().unwrap_or_default();
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(errors, expected);
}

#[test]
fn every_table_is_read() {
    let file = parse(
        r#"
            parallelism = 4
            buffer-timeout = "1ms"
            [args]
            brokers = "localhost:9092"
            since = 2026-11-22
            [args.hot_items]
            topics = ["a", "b"]
            min_price = 5
            ratio = 0.5
            [operator."hot/window"]
            parallelism = 2
            name = "Hot items"
            ttl = "1h"
            buffer_timeout = "5ms"
            [state]
            backend = "fs"
            budget = "64MiB"
            rocksdb_options = ["compression=kZSTD", "write_buffer_size=1048576"]
        "#,
    );
    let file = file.unwrap_or_else(|errors| panic!("{errors:?}"));
    assert_eq!(file.options["parallelism"].values, ["4"]);
    assert_eq!(file.options["buffer_timeout"].values, ["1ms"]);
    assert_eq!(file.options["state_backend"].values, ["fs"]);
    assert_eq!(file.options["state_rocksdb_options"].values.len(), 2);
    assert_eq!(file.args["since"].values, ["2026-11-22"]);
    assert_eq!(file.args["brokers"].origin.to_string(), "[args] in job.toml");
    let hot = &file.pipeline_args["hot_items"];
    assert_eq!(
        (&*hot["topics"].values, &*hot["min_price"].values),
        (&["a".to_owned(), "b".to_owned()][..], &["5".to_owned()][..])
    );
    assert_eq!(
        file.operators["hot/window"],
        OperatorSettings {
            parallelism: Some(2),
            name: Some("Hot items".to_owned()),
            ttl: Some(Duration::from_secs(3_600)),
            buffer_timeout: Some(Duration::from_millis(5)),
        }
    );
}

#[test]
fn unknown_keys_are_all_reported() {
    check_errors(
        r#"
            paralelism = 4
            zzz = 1
            [args.hot_item]
            x = 1
            [operator.a]
            paralelism = 2
            [state]
            backnd = "memory"
        "#,
        &[
            "job.toml: [args.hot_item] names no pipeline of this job\nhelp: did you mean `hot_items`?",
            "job.toml: there is no setting `operator.\"a\".paralelism`\nhelp: did you mean `parallelism`?",
            "job.toml: there is no setting `paralelism`\nhelp: did you mean `parallelism`?",
            "job.toml: there is no setting `state.backnd`\nhelp: did you mean `backend`?",
            "job.toml: there is no setting `zzz`\nhelp: there is parallelism, buffer_timeout, state_backend, state_budget, state_rocksdb_options, args, checkpoint, operator, state",
        ],
    );
}

#[test]
fn wrong_values_are_all_reported() {
    check_errors(
        r#"
            args = 1
            [operator.a]
            parallelism = 0
            ttl = "5 weeks"
        "#,
        &[
            "job.toml: `args` is a table: write [args]",
            "job.toml: `operator.\"a\".parallelism = 0` is wrong: a job needs at least one task\nhelp: leave it out to use every core",
            "job.toml: `operator.\"a\".ttl = \"5 weeks\"` is wrong: a duration is written as 5ms, 2s or 1h 30m, with the units d, h, m, s and ms",
        ],
    );
    check_errors(
        "[args]\nx = [[1]]\n",
        &["job.toml: `x` must be a text, a number, true or false, or a list of those"],
    );
}

#[test]
fn broken_toml_names_the_line() {
    let errors = parse("parallelism = 1\nbuffer_timeout = \n").err().expect("broken");
    assert!(errors[0].to_string().starts_with("job.toml:2: "), "{errors:?}");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let errors = JobFile::read(Path::new("/no/such/job.toml"), &[], &[]).err().expect("missing");
    assert!(errors[0].to_string().starts_with("cannot read the configuration /no/such/job.toml: "));
}
