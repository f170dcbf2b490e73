//! What the compiler says about each mistake in a pipeline, word for word. Refresh with `TRYBUILD=overwrite`, and read
//! the difference.

use std::path::Path;

use thalweg_codegen::messages::ALL;

/// The folders of `ui/` that are about pipelines.
const RULES: &[&str] = &[
    "function",
    "parameters",
    "statements",
    "sides",
    "operators",
    "keys",
    "time",
    "windows",
    "joins",
    "triggers",
    "aggregates",
    "async",
    "uids",
    "captures",
    "collected",
    "fragments",
    "process",
    "rustc",
];

#[test]
fn every_mistake_has_its_message() {
    let cases = trybuild::TestCases::new();
    for rule in RULES {
        cases.compile_fail(format!("ui/{rule}/*.rs"));
    }
}

/// What the compiler says in each case.
fn answers() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui");
    let mut answers = Vec::new();
    for rule in RULES {
        for entry in std::fs::read_dir(root.join(rule)).expect("a folder of cases") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "stderr") {
                let text = std::fs::read_to_string(&path).expect("text");
                answers.push((path.display().to_string(), text));
            }
        }
    }
    answers
}

/// No error lies on the attribute: each has its place in what the user wrote.
#[test]
fn every_error_lies_on_the_users_tokens() {
    for (case, answer) in answers() {
        let lines: Vec<&str> = answer.lines().collect();
        let blamed = lines.windows(2).any(|pair| {
            let is_attribute =
                pair[0].contains("| #[pipeline]") || pair[0].contains("| #[operator]");
            is_attribute && pair[1].contains('^')
        });
        assert!(!blamed, "{case} blames the attribute");
    }
}

/// Every code has a paragraph in `docs/errors.md` and a case here, and no case shows a code that there is not.
#[test]
fn every_code_has_a_paragraph_and_a_case() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = std::fs::read_to_string(root.join("../docs/errors.md")).expect("docs/errors.md");
    let shown: String = answers().into_iter().map(|(_, answer)| answer).collect();
    for message in ALL {
        let code = message.code;
        assert!(
            docs.contains(&format!("### {code}: ")),
            "{code} has no paragraph in docs/errors.md"
        );
        assert!(shown.contains(&format!("[{code}]")), "{code} has no case in tests/ui");
    }
    let headings = docs.lines().filter_map(|line| line.strip_prefix("### ")?.split_once(':'));
    for (code, _) in headings {
        assert!(
            ALL.iter().any(|message| message.code == code),
            "{code} is documented, but not there"
        );
    }
}
