//! What a layout's text says of archives is what archives are; migrations keep what they say they keep.
#![allow(clippy::unwrap_used)] // In a test, a panic is the report.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::record::{Arena, Key, Layout, Record, validate};
use crate::time::{Span, Timestamp, Window};
use crate::{record, record::Decimal, record::Uuid};

#[record]
enum Kind {
    Plain,
    Gift { to: String, wrapped: Option<bool> },
    Pair(u8, i16),
}

#[record]
struct Leaf {
    name: String,
    kind: Kind,
    sizes: Vec<Option<String>>,
    at: [(Timestamp, Span); 2],
}

#[record]
struct Tree {
    leaf: Leaf,
    children: Vec<Tree>,
    left: Option<Box<Tree>>,
}

type Mixed = (
    (u8, u16, u32, u64, u128, bool, char),
    (i8, i16, i32, i64, i128, f32, f64),
    (Decimal, Uuid, Window, (), std::cmp::Reverse<String>),
    BTreeMap<String, Vec<u32>>,
    HashMap<u16, String>,
    BTreeSet<i64>,
);

fn archive<T: Record>(value: &T) -> (Vec<u8>, usize) {
    let mut arena = Arena::default();
    arena.put(&"something before it, so that distances matter");
    let at = arena.put(value);
    (arena.as_bytes().to_vec(), at as usize)
}

fn shape<T: Record>() -> Shape {
    Shape::parse(Layout::of::<T>().as_str()).unwrap()
}

/// Reading and writing an archive gives the same bytes, but for where it lies.
fn there_and_back<T: Record>(value: &T) {
    let shape = shape::<T>();
    let (bytes, at) = archive(value);
    let read = shape.read(&bytes, at).unwrap();
    let mut arena = Arena::default();
    let root = arena.put(value) as usize;
    let mut written = Vec::new();
    assert_eq!(shape.write(&read, &mut written).unwrap(), root);
    assert_eq!(written, arena.as_bytes());
    assert_eq!(shape.stride(), T::FIXED.then_some(size_of::<T::Archived>()));
    shape.show(&read);
    for cut in 0..bytes.len() {
        let _ = shape.read(&bytes[..cut], at);
    }
    for byte in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[byte] ^= 0x81;
        let _ = shape.read(&damaged, at);
    }
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Plain),
        (any::<String>(), any::<Option<bool>>())
            .prop_map(|(to, wrapped)| Kind::Gift { to, wrapped }),
        (any::<u8>(), any::<i16>()).prop_map(|(a, b)| Kind::Pair(a, b)),
    ]
}

fn leaves() -> impl Strategy<Value = Leaf> {
    let times = any::<[(i64, i64); 2]>();
    let parts = (any::<String>(), kinds(), any::<Vec<Option<String>>>(), times);
    parts.prop_map(|(name, kind, mut sizes, at)| {
        sizes.truncate(4);
        let at = at.map(|(time, span)| (Timestamp(time), Span(span)));
        Leaf { name, kind, sizes, at }
    })
}

fn trees() -> impl Strategy<Value = Tree> {
    let leaf = leaves().prop_map(|leaf| Tree { leaf, children: Vec::new(), left: None });
    leaf.prop_recursive(3, 8, 3, |inner| {
        let parts = (leaves(), prop::collection::vec(inner.clone(), 0..3), prop::option::of(inner));
        parts.prop_map(|(leaf, children, left)| Tree { leaf, children, left: left.map(Box::new) })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() })]

    #[test]
    fn archives_are_what_their_layout_says(tree in trees(), texts in any::<Vec<(u32, String)>>()) {
        there_and_back(&tree);
        there_and_back(&texts);
    }

    #[test]
    fn numbers_and_maps_too(
        a in any::<(u8, u16, u32, u64, u128, bool, char)>(),
        b in any::<(i8, i16, i32, i64, i128, f32, f64)>(),
        texts in prop::collection::btree_map(any::<String>(), any::<Vec<u32>>(), 0..4),
        words in prop::collection::hash_map(any::<u16>(), any::<String>(), 0..4),
        set in prop::collection::btree_set(any::<i64>(), 0..4),
    ) {
        let window = Window { start: Timestamp(b.3), end: Timestamp::MAX };
        let fixed = (Decimal::new(b.3, 3), Uuid::from_u128(a.4), window, (), std::cmp::Reverse("r".to_owned()));
        let mixed: Mixed = (a, b, fixed, texts, words, set);
        there_and_back(&mixed);
    }

    #[test]
    fn the_hash_of_a_key_is_the_one_that_is_stored(number in any::<i32>(), text in any::<String>()) {
        let hash = shape::<(i32, String)>().hash_of(&json!([number, text]).to_string()).unwrap();
        prop_assert_eq!(hash, <(i32, String)>::key_hash((number, &text)));
        prop_assert_eq!(shape::<i32>().hash_of(&number.to_string()).unwrap(), i32::key_hash(number));
        prop_assert_eq!(shape::<String>().hash_of(&json!(text).to_string()).unwrap(), String::key_hash(&text));
    }
}

#[test]
fn words_are_keys_as_they_are() {
    let shape = shape::<String>();
    assert_eq!(shape.hash_of("a b").unwrap(), String::key_hash("a b"));
    assert_eq!(shape.hash_of("42").unwrap(), String::key_hash("42"));
    assert!(super::tests::shape::<u8>().hash_of("300").is_err());
}

#[test]
fn texts_that_are_no_layouts_are_refused() {
    let texts = [
        "",
        "u65",
        "Option<",
        "Option<u8",
        "tuple<u8>",
        "A{a:u8}",
        "A{a:A^0,}",
        "A^1",
        "[x;u8]",
        "A{a:[1073741824;[1073741824;u64]],}",
        "u8u8",
        "Unknown<u8>",
    ];
    for text in texts {
        assert!(Shape::parse(text).is_err(), "{text}");
    }
    let deep = "Option<".repeat(100_000);
    assert!(Shape::parse(&deep).is_err());
}

/// What `to` becomes of `from`, with the changes.
fn migrate<A: Record, B: Record>(from: &A) -> Result<(B, Vec<String>), String> {
    let plan = Migration::plan(Layout::of::<A>().as_str(), &Layout::of::<B>());
    let plan = plan.map_err(|error| error.to_string())?;
    let (bytes, at) = archive(from);
    let mut out = Vec::new();
    let at = plan.migrate(&bytes, at, &mut out).map_err(|error| error.to_string())?;
    let to = B::from_view(validate::<B>(&out, at).unwrap());
    Ok((to, plan.changes().to_vec()))
}

mod before {
    use crate::record;

    #[record]
    pub struct Bid {
        pub auction: u32,
        pub url: String,
        pub price: u32,
        pub extra: u8,
        pub items: Vec<super::before::Item>,
    }

    #[record]
    pub struct Item {
        pub sku: String,
        pub weight: f32,
    }
}

#[record]
struct Bid {
    items: Vec<Item>,
    #[was("price", "cost")]
    cents: i64,
    #[default = "web".to_owned()]
    channel: String,
    auction: Option<u64>,
    url: String,
    #[default]
    seen: Option<Timestamp>,
}

#[record]
struct Item {
    weight: f64,
    #[was("sku")]
    code: String,
    #[default = Kind::Gift { to: "nobody in particular".to_owned(), wrapped: None }]
    kind: Kind,
}

#[test]
fn fields_are_found_by_their_names() {
    let items = vec![before::Item { sku: "a long enough sku".into(), weight: 0.5 }];
    let bid = before::Bid { auction: 7, url: "https://a.b".into(), price: 3, extra: 1, items };
    let (now, changes) = migrate::<_, Bid>(&bid).unwrap();
    let kind = Kind::Gift { to: "nobody in particular".to_owned(), wrapped: None };
    let items = vec![Item { weight: 0.5, code: "a long enough sku".into(), kind }];
    let channel = "web".to_owned();
    let expected =
        Bid { items, cents: 3, channel, auction: Some(7), url: "https://a.b".into(), seen: None };
    assert_eq!(now, expected);
    let expected = [
        "`Item.weight`: f32 becomes f64",
        "`Item.code` was `sku`",
        "`Item.kind` is added",
        "`Bid.cents` was `price`",
        "`Bid.cents`: u32 becomes i64",
        "`Bid.channel` is added",
        "`Bid.auction`: u32 becomes u64",
        "`Bid.auction` is an option",
        "`Bid.seen` is added",
        "`Bid.extra` is dropped",
    ];
    assert_eq!(changes, expected);
}

#[test]
fn what_cannot_be_migrated_is_named() {
    #[record]
    struct Missing {
        auction: u32,
        url: String,
        other: u64,
    }
    let bid = before::Bid { auction: 7, url: String::new(), price: 3, extra: 1, items: Vec::new() };
    let error = migrate::<_, Missing>(&bid).unwrap_err();
    assert!(error.starts_with("`Missing.other` is new") && error.contains("#[default]"), "{error}");
    let error = migrate::<(u64, u64), (u64, u32)>(&(1, 2)).unwrap_err();
    assert!(error.contains("saved: u64\n  now:   u32"), "{error}");
    let set = BTreeSet::from([1u32]);
    assert!(migrate::<_, BTreeSet<u64>>(&set).unwrap_err().contains("a set of other elements"));
    let map = BTreeMap::from([(1u32, 1u32)]);
    assert!(migrate::<_, BTreeMap<u64, u32>>(&map).unwrap_err().contains("with other keys"));
    assert_eq!(migrate::<_, BTreeMap<u32, u64>>(&map).unwrap().0, BTreeMap::from([(1u32, 1u64)]));
}

#[test]
fn fields_without_names_are_not_confused() {
    #[record]
    struct Two(u64, u64);
    #[record]
    struct One(u64);
    #[record]
    struct Three(u64, u64, #[default = 9] u64);
    let error = migrate::<_, One>(&Two(1, 2)).unwrap_err();
    assert!(error.contains("they have no names"), "{error}");
    assert_eq!(migrate::<_, Three>(&Two(1, 2)).unwrap().0, Three(1, 2, 9));
}

#[test]
fn variants_are_found_by_their_names_and_none_may_go() {
    mod now {
        #[crate::record]
        pub enum Kind {
            Pair(u8, i32),
            New,
            Gift { to: String, wrapped: Option<bool> },
            Plain,
        }
        #[crate::record]
        pub enum Fewer {
            Plain,
        }
    }
    let (kind, changes) = migrate::<_, now::Kind>(&Kind::Pair(1, -2)).unwrap();
    assert_eq!(kind, now::Kind::Pair(1, -2));
    assert_eq!(changes, ["`Kind::Pair.1`: i16 becomes i32", "`Kind::New` is added"]);
    assert_eq!(migrate::<_, now::Kind>(&Kind::Plain).unwrap().0, now::Kind::Plain);
    let error = migrate::<_, now::Fewer>(&Kind::Plain).unwrap_err();
    assert!(error.starts_with("`Fewer::Gift` is gone"), "{error}");
}

#[test]
fn a_record_inside_itself_is_migrated_everywhere() {
    mod old {
        #[crate::record]
        pub struct Node {
            pub name: String,
            pub next: Option<Box<Node>>,
            pub more: Vec<Node>,
        }
    }
    #[record]
    struct Node {
        more: Vec<Node>,
        next: Option<Box<Node>>,
        #[default = 5]
        weight: u32,
        name: String,
    }
    let leaf = |name: &str| old::Node { name: name.into(), next: None, more: Vec::new() };
    let next = Some(Box::new(leaf("a name of some length")));
    let root = old::Node { name: "root".into(), next, more: vec![leaf("b"), leaf("c")] };
    let (now, changes) = migrate::<_, Node>(&root).unwrap();
    assert_eq!(changes, ["`Node.weight` is added"]);
    assert_eq!(now.next.as_ref().unwrap().name, "a name of some length");
    assert_eq!(now.more.iter().map(|node| node.weight).collect::<Vec<_>>(), [5, 5]);
}

#[test]
fn a_record_is_made_by_hand_of_what_it_was() {
    mod old {
        #[crate::record]
        pub struct Name {
            pub first: String,
            pub last: String,
        }
    }
    #[record]
    #[migrate(from = old::Name)]
    struct Name {
        full: String,
    }
    impl From<old::Name> for Name {
        fn from(old: old::Name) -> Name {
            Name { full: format!("{} {}", old.first, old.last) }
        }
    }
    let names = vec![(1u8, old::Name { first: "Ada".into(), last: "Lovelace".into() })];
    let (now, changes) = migrate::<_, Vec<(u8, Name)>>(&names).unwrap();
    assert_eq!(now[0].1.full, "Ada Lovelace");
    assert_eq!(changes, ["`Name` is made from a `Name`"]);
}

#[test]
fn values_are_shown_as_json() {
    let value =
        (7u64, Kind::Gift { to: "me".into(), wrapped: None }, [Kind::Plain, Kind::Pair(1, 2)]);
    let (bytes, at) = archive(&value);
    let shape = shape::<(u64, Kind, [Kind; 2])>();
    let shown = shape.show(&shape.read(&bytes, at).unwrap());
    assert_eq!(
        shown,
        json!([7, {"Gift": {"to": "me", "wrapped": null}}, ["Plain", {"Pair": [1, 2]}]])
    );
}
