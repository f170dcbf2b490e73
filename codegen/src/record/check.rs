//! Field types that cannot cross an exchange, told by their tokens.
//!
//! Only what is certainly wrong is refused here, because a word of the user's may mean a record of theirs. The rest is
//! left to the trait `Record`, which says so on the same token.

use quote::ToTokens;
use syn::{GenericArgument, PathArguments, PathSegment, Type, TypePath};

use super::messages::{self as m, Errors, Message};

/// Notes what is wrong with a field's type; `place` says which field it is.
pub(super) fn field_type(ty: &Type, place: &str, errors: &mut Errors) {
    let mut refuse = |message: &Message| errors.add_fatal(message, ty, &text(ty), place);
    match ty {
        Type::Reference(_) => refuse(&m::REFERENCE),
        Type::Ptr(_) => refuse(&m::POINTER),
        Type::FnPtr(_) => refuse(&m::FUNCTION),
        Type::TraitObject(_) | Type::ImplTrait(_) => refuse(&m::TRAIT_OBJECT),
        Type::Slice(_) => refuse(&m::UNSIZED),
        Type::Infer(_) | Type::Never(_) => refuse(&m::INFERRED),
        Type::Tuple(tuple) if tuple.elems.len() > 8 => refuse(&m::WIDE_TUPLE),
        Type::Tuple(tuple) => tuple.elems.iter().for_each(|part| field_type(part, place, errors)),
        Type::Array(array) => field_type(&array.elem, place, errors),
        Type::Paren(inner) => field_type(&inner.elem, place, errors),
        Type::Group(inner) => field_type(&inner.elem, place, errors),
        Type::Path(path) => named_type(ty, path, place, errors),
        _ => {}
    }
}

fn named_type(ty: &Type, path: &TypePath, place: &str, errors: &mut Errors) {
    let Some(last) = path.path.segments.last().filter(|_| path.qself.is_none()) else { return };
    let name = last.ident.to_string();
    if let Some(message) = refusal(&name) {
        return errors.add_fatal(message, ty, &text(ty), place);
    }
    let arguments = type_arguments(last);
    let is_keyed = matches!(&*name, "HashMap" | "BTreeMap" | "HashSet" | "BTreeSet" | "MapState");
    if is_keyed && arguments.first().is_some_and(|key| matches!(&*text(key), "f32" | "f64")) {
        return errors.add_fatal(&m::FLOAT_KEY, ty, &text(ty), place);
    }
    arguments.iter().for_each(|argument| field_type(argument, place, errors));
}

fn refusal(name: &str) -> Option<&'static Message> {
    Some(match name {
        "usize" | "isize" => &m::POINTER_SIZED,
        "Rc" | "Arc" => &m::SHARED,
        "RefCell" | "Mutex" | "RwLock" | "OnceCell" | "OnceLock" => &m::INTERIOR,
        "NonNull" => &m::POINTER,
        "PhantomData" => &m::PHANTOM,
        "str" => &m::UNSIZED,
        "Cow" | "PathBuf" | "OsString" | "CString" => &m::SUBSTITUTE_TEXT,
        "Instant" | "SystemTime" | "Duration" | "NaiveDateTime" => &m::SUBSTITUTE_TIME,
        "VecDeque" | "LinkedList" | "BinaryHeap" => &m::SUBSTITUTE_LIST,
        _ => return None,
    })
}

fn type_arguments(segment: &PathSegment) -> Vec<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return Vec::new() };
    let types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.collect()
}

/// The type as the user would write it.
fn text(ty: &Type) -> String {
    let spaced = ty.to_token_stream().to_string();
    let mut text = String::with_capacity(spaced.len());
    for (at, letter) in spaced.char_indices() {
        let next = spaced[at + letter.len_utf8()..].chars().next().unwrap_or(' ');
        let last = text.chars().next_back().unwrap_or(' ');
        let is_loose = letter == ' ' && ("<>,:;&*)".contains(next) || "<&:*(".contains(last));
        if !is_loose {
            text.push(letter);
        }
    }
    text
}

/// True if the written type is one of the scalars, which are their own view.
pub(super) fn is_scalar(ty: &Type) -> bool {
    const SCALARS: &[&str] = &[
        "u8",
        "u16",
        "u32",
        "u64",
        "u128",
        "i8",
        "i16",
        "i32",
        "i64",
        "i128",
        "f32",
        "f64",
        "bool",
        "char",
        "Timestamp",
        "Span",
        "Decimal",
        "Uuid",
    ];
    match ty {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last().is_some_and(|last| {
            last.arguments.is_none() && SCALARS.contains(&&*last.ident.to_string())
        }),
        Type::Paren(inner) => is_scalar(&inner.elem),
        Type::Group(inner) => is_scalar(&inner.elem),
        _ => false,
    }
}
