//! Names of a `…With`'s generic parameters.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};

use super::model::plain;

/// Hands out parameter names that mean nothing else in the record.
pub(super) struct PartNames {
    taken: BTreeSet<String>,
}

impl PartNames {
    /// `types` are the tokens of all field types and generics: their names cannot be taken.
    pub fn new(types: TokenStream) -> Self {
        let mut taken = BTreeSet::from(["Self".to_owned()]);
        collect(types, &mut taken);
        PartNames { taken }
    }

    /// The parameter for a field: its name in CamelCase, behind that of its variant; `Part` is added while it is taken.
    pub fn part(&mut self, variant: Option<&Ident>, field: &str) -> Ident {
        let mut name = variant.map(plain).unwrap_or_default() + &camel_case(field);
        if name.starts_with(|first: char| !first.is_alphabetic()) {
            name.insert(0, 'F');
        }
        while !self.taken.insert(name.clone()) {
            name.push_str("Part");
        }
        Ident::new(&name, Span::call_site())
    }
}

fn collect(types: TokenStream, names: &mut BTreeSet<String>) {
    for token in types {
        match token {
            TokenTree::Ident(name) => drop(names.insert(plain(&name))),
            TokenTree::Group(group) => collect(group.stream(), names),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// `date_time` as `DateTime`.
fn camel_case(name: &str) -> String {
    let words = name.split('_').filter(|word| !word.is_empty());
    let capital = words.map(|word| {
        let mut letters = word.chars();
        letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect())
            .unwrap_or_default()
    });
    capital.collect::<Vec<String>>().concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_named_after_fields_and_avoid_types() {
        let mut names = PartNames::new("Option<Order>".parse().expect("tokens"));
        assert_eq!(names.part(None, "date_time").to_string(), "DateTime");
        assert_eq!(names.part(None, "order").to_string(), "OrderPart");
        assert_eq!(names.part(None, "order_part").to_string(), "OrderPartPart");
        assert_eq!(names.part(None, "0").to_string(), "F0");
        let gift = Ident::new("Gift", Span::call_site());
        assert_eq!(names.part(Some(&gift), "to").to_string(), "GiftTo");
    }
}
