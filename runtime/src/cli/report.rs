//! Errors as one readable line.

use std::error::Error;

/// What separates an error's text from its advice, by convention of this crate.
const HELP: &str = "\nhelp: ";

/// `error: what: caused by why, help: what to do`. Advice of all causes comes last, in their order.
pub(super) fn line(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    let mut advice: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let whole = error.to_string();
        let mut parts = whole.split(HELP);
        let what = in_one_line(parts.next().unwrap_or_default());
        advice.extend(parts.map(in_one_line));
        // Many errors quote their cause; saying it twice helps nobody.
        if !text.contains(&what) {
            if !text.is_empty() {
                text.push_str(": caused by ");
            }
            text.push_str(&what);
        }
        next = error.source();
    }
    for advice in advice {
        text.push_str(", help: ");
        text.push_str(&advice);
    }
    format!("error: {text}")
}

fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::Failure;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot read in.csv\nhelp: buy another disk")]
    struct Plain(#[source] std::io::Error);

    #[test]
    fn causes_and_advice_are_on_one_line() {
        let error = Plain(std::io::Error::other("disk\nbroken"));
        let expected = "error: cannot read in.csv: caused by disk broken, help: buy another disk";
        assert_eq!(line(&error), expected);
        let failure = Failure::new(error).at(|| "record 7".to_owned());
        assert!(!line(&failure).contains('\n'), "{}", line(&failure));
    }

    #[test]
    fn a_cause_that_was_quoted_is_not_repeated() {
        #[derive(Debug, thiserror::Error)]
        #[error("cannot open x: {0}")]
        struct Quoting(#[source] std::io::Error);
        let error = Quoting(std::io::Error::other("permission denied"));
        assert_eq!(line(&error), "error: cannot open x: permission denied");
    }
}
