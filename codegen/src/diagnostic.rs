//! The error sink: every mistake is collected, all are reported at once, and none can be forgotten.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use crate::messages::Message;

/// Collects errors. Panics if dropped unread.
#[derive(Debug, Default)]
pub struct Diagnostics {
    errors: Vec<Diagnostic>,
    /// Where, if a report does not say it more precisely: "in pipeline `x`".
    place: String,
    read: bool,
}

/// One mistake: three lines for the user, on the user's token.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// Its code, such as `TW0012`.
    pub code: &'static str,
    /// What the message says, whole.
    pub text: String,
    /// The offending tokens.
    pub extent: Extent,
}

/// From the first to the last of some tokens: on stable Rust, spans cannot be joined.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    start: Span,
    end: Span,
}

impl Extent {
    /// That of whole tokens.
    pub fn of(tokens: &impl ToTokens) -> Extent {
        let mut spans = tokens.to_token_stream().into_iter().map(|token| token.span());
        let start = spans.next().unwrap_or_else(Span::call_site);
        Extent { start, end: spans.last().unwrap_or(start) }
    }
}

impl Extent {
    /// The spans of the first and the last token.
    pub fn ends(self) -> (Span, Span) {
        (self.start, self.end)
    }
}

impl From<Span> for Extent {
    fn from(span: Span) -> Extent {
        Extent { start: span, end: span }
    }
}

impl Diagnostics {
    /// Says what is compiled: the place of all reports that name none themselves.
    pub fn within(&mut self, place: String) {
        self.place = place;
    }

    /// Reports a mistake: `subject` fills the message's `{}`, `place` says where in the pipeline.
    pub fn report(&mut self, message: &Message, at: impl Into<Extent>, subject: &str, place: &str) {
        self.report_with_help(message, at, subject, place, message.help);
    }

    /// The same with a help line made for the case at hand.
    pub fn report_with_help(
        &mut self,
        message: &Message,
        at: impl Into<Extent>,
        subject: &str,
        place: &str,
        help: &str,
    ) {
        let mut text = format!("{} [{}]", message.what.replace("{}", subject), message.code);
        let place = if place.is_empty() { &self.place } else { place };
        if !place.is_empty() {
            text.push('\n');
            text.push_str(place);
        }
        if !help.is_empty() {
            text.push_str("\nhelp: ");
            text.push_str(&help.replace("{}", subject));
        }
        self.errors.push(Diagnostic { code: message.code, text, extent: at.into() });
    }

    /// Takes over an error of the Rust parser.
    pub fn report_syntax(&mut self, error: &syn::Error) {
        for error in error.clone() {
            let extent = error.span().into();
            self.errors.push(Diagnostic { code: "", text: error.to_string(), extent });
        }
    }

    /// True if nothing was reported.
    pub fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.errors.len()
    }

    /// All errors, in the order of the text; reading them is what makes dropping the sink legal.
    pub fn into_errors(mut self) -> Vec<Diagnostic> {
        self.read = true;
        let mut errors = std::mem::take(&mut self.errors);
        errors.sort_by_key(|error| {
            let start = error.extent.start.start();
            (start.line, start.column)
        });
        errors
    }
}

impl Drop for Diagnostics {
    fn drop(&mut self) {
        assert!(self.read || std::thread::panicking(), "diagnostics were dropped unread");
    }
}

/// `compile_error!` for each mistake.
pub fn compile_errors(errors: &[Diagnostic]) -> TokenStream {
    errors
        .iter()
        .map(|error| {
            let text = &error.text;
            let head = quote_spanned!(error.extent.start=> ::core::compile_error!);
            let tail = quote_spanned!(error.extent.end=> { #text });
            quote!(#head #tail)
        })
        .collect()
}

/// The nearest of `candidates` to a misspelt name, if one is near enough.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (edit_distance(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_name_is_offered_only_if_near() {
        let names = ["filter", "filter_map", "map"];
        assert_eq!(nearest("fliter", names), Some("filter"));
        assert_eq!(nearest("mapp", names), Some("map"));
        assert_eq!(nearest("window", names), None);
    }

    #[test]
    #[should_panic(expected = "dropped unread")]
    fn unread_sink_panics() {
        drop(Diagnostics::default());
    }
}
