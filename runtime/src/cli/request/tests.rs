use super::*;
use crate::job::Secret;

fn hot_items() -> Definition {
    Definition {
        name: "Hot items",
        function: "hot_items",
        doc: "Finds what sells best.\n\nOne result per window.",
        parameters: vec![
            Parameter::of::<String, _>("brokers", "Kafka bootstrap servers.", "String", None),
            Parameter::of::<String, _>("topic", "", "String", Some("live-bids")),
            Parameter::of::<i64, _>("min_price", "", "i64", Some("0")),
            Parameter::of::<Vec<String>, _>("tags", "", "Vec<String>", None),
            Parameter::of::<bool, _>("verbose", "", "bool", None),
            Parameter::of::<Option<Secret<String>>, _>(
                "password",
                "",
                "Option<Secret<String>>",
                None,
            ),
        ],
        build: |_, _| Ok(()),
    }
}

fn plain() -> Definition {
    Definition {
        name: "Plain",
        function: "plain",
        doc: "",
        parameters: vec![],
        build: |_, _| Ok(()),
    }
}

fn argv(line: &str) -> Vec<String> {
    std::iter::once("/bin/job").chain(line.split_whitespace()).map(str::to_owned).collect()
}

fn read_one(line: &str) -> Result<Request, Stop> {
    read(vec![hot_items()], argv(line), &|_| None)
}

fn check_usage(line: &str, expected: &[&str]) {
    match read_one(line) {
        Err(Stop::Usage(errors)) => {
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            assert_eq!(errors, expected, "{line}");
        }
        Err(other) => panic!("{line}: {other:?}"),
        Ok(_) => panic!("{line}: accepted"),
    }
}

fn values(request: &Request) -> (String, i64, Vec<String>, bool) {
    let take = |error| panic!("{error}");
    (
        request.arguments.take("topic").unwrap_or_else(take),
        request.arguments.take("min_price").unwrap_or_else(|error| panic!("{error}")),
        request.arguments.take("tags").unwrap_or_else(|error| panic!("{error}")),
        request.arguments.take("verbose").unwrap_or_else(|error| panic!("{error}")),
    )
}

#[test]
fn run_is_the_default_and_options_stand_anywhere() {
    for line in [
        "run --brokers b --min-price -5 --tags x --tags y --verbose --parallelism 2",
        "--brokers b --min_price -5 --tags x --tags y --verbose=true --parallelism 2",
        "--brokers b --parallelism 2 run --min-price=-5 --tags x --tags y --verbose",
    ] {
        let request = read_one(line).unwrap_or_else(|stop| panic!("{line}: {stop:?}"));
        assert_eq!(request.verb, Verb::Run);
        assert_eq!(request.options.parallelism, Some(2), "{line}");
        let expected = ("live-bids".to_owned(), -5, vec!["x".to_owned(), "y".to_owned()], true);
        assert_eq!(values(&request), expected, "{line}");
    }
}

#[test]
fn plan_takes_a_format() {
    let verb = |line: &str| read_one(line).unwrap_or_else(|stop| panic!("{line}: {stop:?}")).verb;
    assert_eq!(verb("plan --brokers b"), Verb::Plan(Format::Text));
    assert_eq!(verb("plan --brokers b --format svg"), Verb::Plan(Format::Svg));
    assert_eq!(verb("--brokers b plan --format json"), Verb::Plan(Format::Json));
    check_usage(
        "plan --brokers b --format png",
        &["invalid value 'png' for '--format <format>' [possible values: text, json, dot, svg]"],
    );
}

#[test]
fn everything_wrong_is_reported_at_once() {
    check_usage(
        "--brokerz b --zzzzz --min-price cheap --parallelism 0",
        &[
            "there is no option `--brokerz`\nhelp: did you mean `--brokers`?",
            "there is no option `--zzzzz`\nhelp: --help lists the options",
            "parameter `brokers` (String) is missing: Kafka bootstrap servers\nhelp: give --brokers VALUE, set \
             THALWEG_BROKERS, or write `brokers = ..` under [args] in job.toml",
            "parameter `min_price` (i64) is wrong: `cheap` from --min-price: invalid digit found in string",
            "parameter `parallelism` (number) is wrong: `0` from --parallelism: a job needs at least one task\n\
             help: leave it out to use every core",
        ],
    );
    check_usage(
        "--brokers",
        &["a value is required for '--brokers <String>' but none was supplied"],
    );
    check_usage(
        "--brokers b --brokers c",
        &[
            "parameter `brokers` (String) is wrong: `b`, `c` from --brokers: it takes one value but has 2",
        ],
    );
    check_usage(
        "--brokers b --password hunter2",
        &[
            "parameter `password` (Option<Secret<String>>) is wrong from --password: a secret is given as env:NAME or \
         file:PATH, never as the value itself",
        ],
    );
}

#[test]
fn command_line_beats_environment_beats_file_beats_default() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("job.toml");
    let text = "parallelism = 3\n[args]\nbrokers = 'file'\ntopic = 'file'\nmin_price = 1\n\
                [args.hot_items]\ntopic = 'pipeline'\ntags = ['a']\n";
    std::fs::write(&path, text).expect("written");
    let environment = |name: &str| match name {
        "THALWEG_MIN_PRICE" => Some("2".to_owned()),
        "THALWEG_TAGS" => Some("x, y".to_owned()),
        "THALWEG_CONFIG" => Some(path.display().to_string()),
        _ => None,
    };
    let request =
        read(vec![hot_items(), plain()], argv("hot_items run --min-price 3"), &environment);
    let request = request.unwrap_or_else(|stop| panic!("{stop:?}"));
    assert_eq!(
        values(&request),
        ("pipeline".to_owned(), 3, vec!["x".to_owned(), "y".to_owned()], false)
    );
    assert_eq!(request.options.parallelism, Some(3));
    // What only another pipeline takes is no mistake in [args].
    let request = read(vec![hot_items(), plain()], argv("plain"), &environment);
    assert_eq!(request.unwrap_or_else(|stop| panic!("{stop:?}")).definition.function, "plain");
}

#[test]
fn help_comes_from_the_doc_comments() {
    let Err(Stop::Help(help)) = read_one("--help") else { panic!("no help") };
    for part in [
        "Finds what sells best.\n\nOne result per window.",
        "--brokers <String>",
        "Kafka bootstrap servers. [required]",
        "[default: live-bids]",
        "--password <env:NAME|file:PATH>",
        "--parallelism <number>",
        "plan",
    ] {
        assert!(help.contains(part), "{part}\n--- not in ---\n{help}");
    }
    let Err(Stop::Help(help)) = read(vec![hot_items(), plain()], argv("--help"), &|_| None) else {
        panic!("no help")
    };
    assert!(help.contains("hot_items  Finds what sells best") && help.contains("plain"), "{help}");
}

#[test]
fn a_pipeline_must_be_chosen_among_several() {
    let Err(Stop::Usage(errors)) = read(vec![hot_items(), plain()], argv(""), &|_| None) else {
        panic!("none chosen")
    };
    assert!(errors[0].to_string().contains("hot_items"), "{errors:?}");
    let Err(Stop::Usage(errors)) = read(vec![hot_items(), plain()], argv("hot_item"), &|_| None)
    else {
        panic!("none chosen")
    };
    assert!(errors[0].to_string().contains("hot_items"), "{errors:?}");
}
