use super::*;
use crate::job::{Args, Secret};

struct Kafka {
    brokers: String,
    retries: u8,
}

impl Args for Kafka {
    fn parameters() -> Vec<Parameter> {
        vec![
            Parameter::of::<String, _>("brokers", "Kafka bootstrap servers.", "String", None),
            Parameter::of::<u8, _>("retries", "", "u8", Some("3")),
        ]
    }
    fn take(arguments: &Arguments) -> Result<Kafka, Failure> {
        Ok(Kafka { brokers: arguments.take("brokers")?, retries: arguments.take("retries")? })
    }
}

fn parameters() -> Vec<Parameter> {
    vec![
        Parameter::of::<u64, _>("min_price", "Least price.", "u64", None),
        Parameter::of::<Option<u64>, _>("limit", "", "Option<u64>", None),
        Parameter::of::<Vec<String>, _>("topics", "", "Vec<String>", None),
        Parameter::of::<bool, _>("verbose", "", "bool", None),
        Parameter::of::<Option<Secret<String>>, _>("password", "", "Option<Secret<String>>", None),
        Parameter::of::<Kafka, _>("kafka", "", "Kafka", None),
    ]
}

fn layer(entries: &[(&str, &[&str])]) -> Layer {
    let given = |values: &[&str]| Given {
        values: values.iter().map(|&v| v.to_owned()).collect(),
        origin: Origin::Program,
    };
    entries.iter().map(|(name, values)| ((*name).to_owned(), given(values))).collect()
}

fn collect(layers: &[Layer]) -> Result<Arguments, ArgumentErrors> {
    let parameters = parameters();
    let mut flat = Vec::new();
    for parameter in &parameters {
        parameter.flatten(&mut flat);
    }
    Arguments::collect(&flat, layers)
}

#[test]
fn each_kind_of_type_takes_its_value() {
    let given = layer(&[
        ("min_price", &["5"]),
        ("topics", &["a", "b"]),
        ("verbose", &["1"]),
        ("brokers", &["localhost:9092"]),
    ]);
    let arguments = collect(&[given]).expect("complete");
    assert_eq!(arguments.take::<u64, _>("min_price").expect("given"), 5);
    let limit: Option<u64> = arguments.take("limit").expect("optional");
    assert_eq!(limit, None);
    let topics: Vec<String> = arguments.take("topics").expect("given");
    assert_eq!(topics, ["a", "b"]);
    let verbose: bool = arguments.take("verbose").expect("given");
    assert!(verbose);
    let kafka: Kafka = arguments.take("kafka").expect("given");
    assert_eq!((kafka.brokers.as_str(), kafka.retries), ("localhost:9092", 3));
}

#[test]
fn the_first_layer_that_has_a_parameter_wins() {
    let strong = layer(&[("min_price", &["1"])]);
    let weak = layer(&[("min_price", &["2"]), ("retries", &["9"]), ("brokers", &["b"])]);
    let arguments = collect(&[strong, weak]).expect("complete");
    assert_eq!(arguments.take::<u64, _>("min_price").expect("given"), 1);
    assert_eq!(arguments.take::<u8, _>("retries").expect("given"), 9);
}

#[test]
fn all_that_is_wrong_is_reported_at_once_by_name() {
    let given = layer(&[
        ("limit", &["many"]),
        ("retries", &["1", "2"]),
        ("min_prize", &["1"]),
        ("password", &["hunter2"]),
    ]);
    let errors = collect(&[given]).err().expect("wrong").to_string();
    for part in [
        "there is no parameter `min_prize`, given by the program\nhelp: did you mean `min_price`?",
        "parameter `min_price` (u64) is missing: Least price\nhelp: give --min-price VALUE, set \
         THALWEG_MIN_PRICE, or write `min_price = ..` under [args] in job.toml",
        "parameter `brokers` (String) is missing: Kafka bootstrap servers",
        "parameter `limit` (Option<u64>) is wrong: `many` from the program: invalid digit",
        "parameter `retries` (u8) is wrong: `1`, `2` from the program: it takes one value but has 2",
        "parameter `password` (Option<Secret<String>>) is wrong from the program: a secret is given as \
         env:NAME or file:PATH",
    ] {
        assert!(errors.contains(part), "{part}\n--- not in ---\n{errors}");
    }
    assert!(!errors.contains("hunter2"), "{errors}");
}
