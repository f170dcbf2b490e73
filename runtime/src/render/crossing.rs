//! What crosses an exchange, in words: the types behind the compiler's names, and how many bytes they take.

use std::fmt::Write as _;

/// `key u64 + (price: u64, url: String) = 24 B and texts`, of the compiler's `label`, the exchange's record type as
/// `std::any::type_name` writes it, and whether its first half is the key.
pub(super) fn crossing(label: &str, type_name: &str, keyed: bool) -> String {
    if type_name.is_empty() {
        return label.to_owned();
    }
    let name = without_paths(type_name);
    let (key, payload) = match parts(&name).as_deref() {
        Some([key, payload]) if keyed => (Some((*key).to_owned()), (*payload).to_owned()),
        _ => (None, name),
    };
    let (what, note) = match label.strip_prefix("record") {
        Some(note) => (payload.clone(), note),
        None if payload == "()" => (String::new(), ""),
        None if label.starts_with('(') => (named(label, &payload), ""),
        None => (format!("{label} {payload}"), ""),
    };
    let mut words: Vec<String> = key.iter().map(|key| format!("key {key}")).collect();
    words.extend(Some(what).filter(|what| !what.is_empty()));
    let mut text = words.join(" + ");
    let whole = key.iter().map(String::as_str).chain([&*payload]);
    if let Some((bytes, has_texts)) = whole.map(size).try_fold((0, false), |sum, size| {
        let (bytes, has_texts) = size?;
        Some((sum.0 + bytes, sum.1 | has_texts))
    }) {
        // Writing into a string cannot fail.
        let _ = write!(text, " = {bytes} B{}", if has_texts { " and texts" } else { "" });
    }
    text + note
}

/// `alloc::string::String` is `String`.
fn without_paths(name: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    for char in name.chars() {
        match char {
            ':' => word.clear(),
            _ if char.is_alphanumeric() || char == '_' => word.push(char),
            _ => {
                out.push_str(&word);
                word.clear();
                out.push(char);
            }
        }
    }
    out + &word
}

/// The elements of a tuple.
fn parts(name: &str) -> Option<Vec<&str>> {
    let inner = name.strip_prefix('(')?.strip_suffix(')')?;
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, char) in inner.char_indices() {
        match char {
            '(' | '<' | '[' => depth += 1,
            ')' | '>' | ']' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(inner[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.extend(Some(inner[start..].trim()).filter(|last| !last.is_empty()));
    Some(parts)
}

/// `(price, url)` and `(u64, String)` are `(price: u64, url: String)`.
fn named(label: &str, payload: &str) -> String {
    let (Some(names), Some(types)) = (parts(label), parts(payload)) else {
        return label.to_owned();
    };
    let fields: Vec<String> =
        names.iter().zip(types).map(|(name, of)| format!("{name}: {of}")).collect();
    format!("({})", fields.join(", "))
}

/// Bytes of a type's fixed part, and whether there are texts or lists behind it; none if it is a record of the user's.
fn size(name: &str) -> Option<(usize, bool)> {
    let fixed = |bytes| Some((bytes, false));
    match name {
        "()" => return fixed(0),
        "bool" | "u8" | "i8" => return fixed(1),
        "u16" | "i16" => return fixed(2),
        "u32" | "i32" | "f32" | "char" => return fixed(4),
        "u64" | "i64" | "f64" | "usize" | "isize" | "Timestamp" | "Span" => return fixed(8),
        "u128" | "i128" | "Decimal" | "Uuid" | "Window" => return fixed(16),
        "String" => return Some((8, true)),
        _ => {}
    }
    if let Some(parts) = parts(name) {
        return parts.into_iter().map(size).try_fold((0, false), |sum, part| {
            let (bytes, has_texts) = part?;
            Some((sum.0 + bytes, sum.1 | has_texts))
        });
    }
    let inner = |word: &str| name.strip_prefix(word)?.strip_suffix('>');
    if let Some((bytes, has_texts)) = inner("Option<").and_then(size) {
        return Some((bytes + 1, has_texts));
    }
    inner("Vec<").map(|_| (8, true))
}

#[cfg(test)]
mod tests {
    use super::crossing;

    #[test]
    fn names_and_types_are_put_together() {
        let keyed = "(u64, (u64, alloc::string::String))";
        assert_eq!(
            crossing("(price, url)", keyed, true),
            "key u64 + (price: u64, url: String) = 24 B and texts"
        );
        assert_eq!(
            crossing(
                "(at,)",
                "(alloc::string::String, (thalweg::time::timestamp::Timestamp,))",
                true
            ),
            "key String + (at: Timestamp) = 16 B and texts"
        );
        assert_eq!(crossing("()", "(u64, ())", true), "key u64 = 8 B");
    }

    #[test]
    fn records_go_by_their_names() {
        assert_eq!(crossing("record", "job::Bid", false), "Bid");
        let note = "record, whole for `map(f)`, line 7";
        assert_eq!(
            crossing(note, "((u32, u32), a::b::Bid<c::D>)", true),
            "key (u32, u32) + Bid<D>, whole for `map(f)`, line 7"
        );
    }

    #[test]
    fn accumulators_are_shown_as_what_they_are() {
        let partial = "(u32, (u64, core::option::Option<i64>))";
        assert_eq!(
            crossing("partial count, max", partial, true),
            "key u32 + partial count, max (u64, Option<i64>) = 21 B"
        );
    }
}
