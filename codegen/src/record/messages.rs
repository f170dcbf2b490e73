//! What `#[record]` refuses: one entry per mistake, with its code, what is wrong and what to do.
//!
//! A message has three lines: what is wrong with its code, where, and the mend; rustc indents them. All mistakes of an
//! item are reported at once.

use quote::ToTokens;
use syn::Error;

/// A kind of mistake; `{}` in its text is the user's word.
pub(super) struct Message {
    pub code: &'static str,
    pub text: &'static str,
    pub help: &'static str,
}

macro_rules! catalogue {
    ($($name:ident $code:literal $text:literal $help:literal;)*) => {
        $(pub(super) const $name: Message = Message { code: $code, text: $text, help: $help };)*
        /// Every message, for the documentation and its tests.
        #[cfg(test)]
        pub(super) const ALL: &[&Message] = &[$(&$name),*];
    };
}

catalogue! {
    NOT_A_RECORD "TW0200" "`#[record]` works on structs and enums, not on {}"
        "put the fields into a `struct` or an `enum`";
    REFERENCE "TW0201" "the reference `{}` cannot be a field of a record"
        "own the data: `String` for `&str`, `Vec<T>` for `&[T]`, the type itself otherwise";
    POINTER "TW0202" "`{}` cannot be a field of a record: a pointer means nothing in another process"
        "own the data: `Box<T>` for one value, `Vec<T>` for many";
    SHARED "TW0203" "`{}` cannot be a field of a record: sharing ends where a record is sent"
        "use the type inside, or `Box<T>` if the type is recursive";
    POINTER_SIZED "TW0204" "`{}` cannot be a field of a record: its size differs between machines"
        "use `u64` or `i64`, or `u32` or `i32`";
    FUNCTION "TW0205" "`{}` cannot be a field of a record: code is not data"
        "use an `enum` that names what to do";
    TRAIT_OBJECT "TW0206" "`{}` cannot be a field of a record: its type is not known when the job is compiled"
        "use an `enum` with a variant for each type";
    FLOAT_KEY "TW0207" "`{}` has float keys, which have no equality: `NaN`, `-0.0`"
        "use `Decimal`, or an integer in a smaller unit";
    UNSIZED "TW0208" "`{}` cannot be a field of a record: it has no size of its own"
        "use `String` for `str`, `Vec<T>` for `[T]`";
    CONDITIONAL "TW0209" "`#[cfg]` on a field of a record"
        "a record has the same layout in every build: put `#[cfg]` on the whole record, or use `Option<T>`";
    SUBSTITUTE_TEXT "TW0210" "`{}` cannot be a field of a record"
        "use `String`";
    SUBSTITUTE_TIME "TW0211" "`{}` cannot be a field of a record"
        "use `Timestamp` for a point in time, `Span` for a duration";
    SUBSTITUTE_LIST "TW0212" "`{}` cannot be a field of a record"
        "use `Vec<T>`, or `BTreeMap` and `BTreeSet` where order matters";
    INTERIOR "TW0213" "`{}` cannot be a field of a record: views of a record do not change"
        "use the type inside; state is changed through the `&mut` that operators hand out";
    PHANTOM "TW0214" "`{}` cannot be a field of a record: it holds no data"
        "remove the field and the parameter it marks";
    WIDE_TUPLE "TW0215" "the tuple `{}` has more than eight parts"
        "make it a `#[record] struct` with named fields";
    INFERRED "TW0216" "`{}` does not say a type"
        "write the field's type";
    LIFETIME "TW0217" "a record cannot have the lifetime `{}`"
        "a record owns its data; what borrows is its view, which `#[record]` makes";
    UNKNOWN_ATTRIBUTE "TW0218" "`#[{}]` is not an attribute of a record's field"
        "`#[default]`, `#[was(\"old_name\")]` and `#[serde(..)]` are";
    UNKNOWN_ARGUMENT "TW0219" "`{}` is not an argument of `#[record]`"
        "`#[record(manual(Debug, PartialEq, ..))]` names the traits you implement by hand, `recursive(Other)` a record that contains this one";
    UNKNOWN_TRAIT "TW0220" "`#[record]` does not implement `{}`"
        "it implements Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize";
    BAD_DEFAULT "TW0221" "`#[default]` stands alone or before a value"
        "write `#[default]` for `Default::default()`, `#[default = 7]` for another value";
    BAD_WAS "TW0222" "`#[was]` takes the field's old names"
        "write `#[was(\"old_name\")]`";
    WAS_ITSELF "TW0223" "`#[was(\"{}\")]` names a field that the record has"
        "name what the field was called before; two fields cannot answer to one name";
    EMPTY_ENUM "TW0224" "an enum without variants has no values"
        "give it a variant";
    MANY_VARIANTS "TW0225" "a record's enum has at most 256 variants"
        "group them into enums of their own";
    DISCRIMINANT "TW0226" "a variant of a record has no number of its own"
        "variants are numbered by their order; remove `= {}`, or keep the number in a field";
    SERDE_WITH "TW0227" "`#[serde({})]` needs a reference to the field, but a view has none"
        "leave it out, or give the field a `#[record]` type of its own whose serde traits you implement";
    DOUBLED_WAS "TW0228" "two fields were called `{}`"
        "a field of before becomes one field; fill the other with `#[default = ..]`, or in `From<Old>` with `#[migrate(from = Old)]`";
    BAD_MIGRATE "TW0229" "`#[migrate]` names a record that this one was before"
        "write `#[migrate(from = OldBid)]`, and implement `From<OldBid>` for this record";
    NAMELESS_WAS "TW0230" "`#[was(\"{}\")]` on a field without a name"
        "give the fields names: those without are told apart by their order alone";
}

/// The mistakes found in one item.
#[derive(Default)]
pub(super) struct Errors {
    errors: Option<Error>,
    /// True if the item's traits cannot be implemented, so that trying would only bring more errors.
    pub is_fatal: bool,
}

impl Errors {
    /// Notes a mistake on `tokens`; `word` replaces `{}` in its text and `place` says where it is.
    pub fn add(&mut self, message: &Message, tokens: &impl ToTokens, word: &str, place: &str) {
        let Message { code, text, help } = message;
        let (text, help) = (text.replace("{}", word), help.replace("{}", word));
        let error = Error::new_spanned(tokens, format!("{text} [{code}]\n{place}\nhelp: {help}"));
        match &mut self.errors {
            Some(errors) => errors.combine(error),
            none => *none = Some(error),
        }
    }

    /// The same for a mistake behind which nothing can be made of the item.
    pub fn add_fatal(
        &mut self,
        message: &Message,
        tokens: &impl ToTokens,
        word: &str,
        place: &str,
    ) {
        self.is_fatal = true;
        self.add(message, tokens, word, place);
    }

    /// The mistakes as `compile_error!`s, if there are any.
    pub fn into_tokens(self) -> Option<proc_macro2::TokenStream> {
        self.errors.map(Error::into_compile_error)
    }
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn codes_are_distinct_and_in_the_range_of_records() {
        let mut codes: Vec<_> = ALL.iter().map(|message| message.code).collect();
        assert!(codes.iter().all(|code| ("TW0200"..="TW0249").contains(code)));
        codes.dedup();
        assert_eq!(codes.len(), ALL.len());
    }

    #[test]
    fn every_message_says_what_to_do() {
        assert!(ALL.iter().all(|message| !message.help.is_empty() && !message.text.is_empty()));
    }
}
