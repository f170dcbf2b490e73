//! What `#[record]` makes of a type: for any value the owned form, the view of it, the view of its archive and every
//! `…With` agree, in what they show and in the bytes they are written as.
#![allow(clippy::unwrap_used)] // In a test, a panic is the report.
#![forbid(unsafe_code)]

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash, Hasher};

use proptest::collection::{btree_map, btree_set, hash_map, hash_set, vec};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use thalweg::record;
use thalweg::record::{
    Arena, Decimal, Element, Emit, Key, Ranked, Record, Uuid, View, fingerprint, validate,
};
use thalweg::time::{Span, Timestamp, Window};

#[record]
struct Bid {
    auction: u64,
    bidder: u64,
    price: u64,
    channel: String,
    url: String,
    date_time: Timestamp,
}

#[record]
struct Line {
    sku: String,
    count: u32,
    weight: f64,
}

#[record]
enum Kind {
    Plain,
    Gift { to: String },
    Bulk(u32, Option<String>),
}

#[record]
struct Pair<T> {
    one: T,
    many: Vec<T>,
    n: u8,
}

#[record]
struct Nothing;

#[record]
struct Wrapped(u64, String);

#[record]
struct Tree {
    name: String,
    left: Option<Box<Tree>>,
    others: Vec<Self>,
}

/// Fields without a total order: floats and hash maps.
#[record]
struct Loose {
    f32: f32,
    f64: f64,
    line: Line,
    lines: Vec<Line>,
    counts: HashMap<String, Vec<u64>>,
    ids: HashSet<u16>,
    floats: Vec<f64>,
}

#[record]
struct Numbers {
    u8: u8,
    i8: i8,
    u16: u16,
    i16: i16,
    u32: u32,
    i32: i32,
    u64: u64,
    i64: i64,
    u128: u128,
    i128: i128,
    bool: bool,
    char: char,
    at: Timestamp,
    span: Span,
    decimal: Decimal,
    uuid: Uuid,
}

/// Every other kind of field. The names are those that emitted code would use itself.
#[record]
struct Strict {
    out: String,
    resolver: Option<String>,
    view: Option<Option<u32>>,
    state: Vec<String>,
    archived: Vec<u8>,
    kind: Kind,
    r#type: Box<Kind>,
    tree: Tree,
    array: [u16; 3],
    strings: [String; 2],
    tuple: (u32, String, Option<u8>),
    reverse: Reverse<i64>,
    window: Window,
    map: BTreeMap<String, Vec<u32>>,
    set: BTreeSet<i32>,
    pair: Pair<String>,
    unit: (),
    nothing: Nothing,
    wrapped: Vec<Wrapped>,
    numbers: Numbers,
}

fn encode<E: Emit>(item: &E) -> (u32, Vec<u8>) {
    let mut arena = Arena::default();
    arena.put(&"something before it, so that pointers matter");
    let at = arena.put(item);
    (at, arena.as_bytes().to_vec())
}

/// What holds for every value of every record.
fn check<T>(value: &T) -> Result<(), TestCaseError>
where
    T: Element + Clone + Debug + PartialEq + Serialize + DeserializeOwned,
{
    check_forms(value)?;
    let read: T = serde_json::from_str(&text(&value.as_view())).expect("what serde wrote");
    prop_assert_eq!(&read, value);
    Ok(())
}

/// What holds even where JSON cannot tell two values apart.
fn check_forms<T: Element + Clone + Debug + PartialEq>(value: &T) -> Result<(), TestCaseError> {
    let view = value.as_view();
    let (at, bytes) = encode(value);
    let archived = validate::<T>(&bytes, at as usize).expect("an archive that was just written");
    prop_assert_eq!(encode(&view), (at, bytes.clone()));
    prop_assert_eq!(encode(&archived), (at, bytes.clone()));
    prop_assert!(same::<T>(archived, view));
    prop_assert_eq!(format!("{archived:?}"), format!("{view:?}"));
    prop_assert_eq!(text(&archived), text(&view));
    prop_assert_eq!(&T::from_view(archived), value);
    prop_assert_eq!(&view.into_record(), value);
    prop_assert_eq!(&value.clone().into_record(), value);
    damage::<T>(at, &bytes);
    Ok(())
}

fn same<'a, T: Element>(a: View<'a, T>, b: View<'a, T>) -> bool {
    a == b
}

fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("JSON")
}

/// Bytes that were cut off or changed are refused or are some other value, but nothing panics.
fn damage<T: Element>(at: u32, bytes: &[u8]) {
    let at = at as usize;
    let look = |bytes: &[u8]| {
        if let Ok(view) = validate::<T>(bytes, at) {
            let _ = (format!("{view:?}"), T::from_view(view));
        }
    };
    assert!(
        validate::<T>(&bytes[..bytes.len().saturating_sub(1)], at).is_err()
            || size_of::<T::Archived>() == 0
    );
    let step = (bytes.len() / 37).max(1);
    for place in (0..bytes.len()).step_by(step) {
        look(&bytes[..place]);
        let mut changed = bytes.to_vec();
        changed[place] ^= 1 << (place % 8);
        look(&changed);
        changed[place] = 0xff;
        look(&changed);
    }
}

/// What holds besides for two values of a record with a total order.
fn check_order<T>(a: &T, b: &T) -> Result<(), TestCaseError>
where
    T: Element + Debug + Ord + Hash + Key + Ranked,
    for<'x> View<'x, T>: Ord + Hash,
{
    let ((at, bytes), (bt, other)) = (encode(a), encode(b));
    let view = |bytes, at: u32| validate::<T>(bytes, at as usize).expect("an archive");
    let (x, y) = (view(&bytes, at), view(&other, bt));
    prop_assert_eq!(hash(&x), hash(a));
    prop_assert_eq!(hash(&a.as_view()), hash(a));
    prop_assert_eq!(x.cmp(&y), a.cmp(b));
    prop_assert_eq!(x.partial_cmp(&y), a.partial_cmp(b));
    prop_assert_eq!(a.as_view().cmp(&y), a.cmp(b));
    prop_assert_eq!(T::rank(x, y), a.cmp(b));
    prop_assert_eq!(T::same_key(x, y), a == b);
    prop_assert_eq!(T::key_hash(x), T::key_hash(a.as_view()));
    prop_assert_eq!(T::key_hash(x) == T::key_hash(y), a == b);
    prop_assert_eq!(format!("{x:?}"), format!("{a:?}"));
    prop_assert_eq!(text(&x), text(&x));
    Ok(())
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Around the eight bytes up to which strings lie inline.
fn string() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c]{0,2}", "[a-zß]{5,10}", "\\PC{0,20}"]
}

/// Floats that JSON's reader reads back exactly.
fn float() -> impl Strategy<Value = f64> {
    any::<i32>().prop_map(|n| f64::from(n) / 4.0)
}

fn line() -> impl Strategy<Value = Line> {
    (string(), any::<u32>(), float()).prop_map(|(sku, count, weight)| Line { sku, count, weight })
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Plain),
        string().prop_map(|to| Kind::Gift { to }),
        (any::<u32>(), proptest::option::of(string())).prop_map(|(n, why)| Kind::Bulk(n, why)),
    ]
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = string().prop_map(|name| Tree { name, left: None, others: Vec::new() });
    leaf.prop_recursive(4, 12, 3, |tree| {
        (string(), proptest::option::of(tree.clone()), vec(tree, 0..3))
            .prop_map(|(name, left, others)| Tree { name, left: left.map(Box::new), others })
    })
}

fn numbers() -> impl Strategy<Value = Numbers> {
    let small =
        (any::<(u8, i8, u16, i16, u32, i32)>(), any::<(u64, i64, u128, i128, bool, char)>());
    let rest = (any::<(i64, i64)>(), any::<i64>(), 0..=28_u32, any::<[u8; 16]>());
    (small, rest).prop_map(|((a, b), (times, mantissa, scale, uuid))| Numbers {
        u8: a.0,
        i8: a.1,
        u16: a.2,
        i16: a.3,
        u32: a.4,
        i32: a.5,
        u64: b.0,
        i64: b.1,
        u128: b.2,
        i128: b.3,
        bool: b.4,
        char: b.5,
        at: Timestamp(times.0),
        span: Span(times.1),
        decimal: Decimal::from_i128_with_scale(mantissa.into(), scale),
        uuid: Uuid::from_bytes(uuid),
    })
}

fn strict() -> impl Strategy<Value = Strict> {
    let texts = (string(), proptest::option::of(string()), vec(string(), 0..4), any::<Vec<u8>>());
    let records = (kind(), kind(), tree(), numbers(), vec((any::<u64>(), string()), 0..3));
    let parts =
        (any::<[u16; 3]>(), [string(), string()], (any::<u32>(), string(), any::<Option<u8>>()));
    let maps = (btree_map(string(), any::<Vec<u32>>(), 0..4), btree_set(any::<i32>(), 0..4));
    let rest = (any::<Option<u32>>(), any::<i64>(), vec(string(), 0..3), any::<u8>());
    (texts, records, parts, maps, rest).prop_map(|(texts, records, parts, maps, rest)| Strict {
        out: texts.0.clone(),
        resolver: texts.1,
        view: rest.0.map(Some),
        state: texts.2,
        archived: texts.3,
        kind: records.0,
        r#type: Box::new(records.1),
        tree: records.2,
        array: parts.0,
        strings: parts.1,
        tuple: parts.2,
        reverse: Reverse(rest.1),
        window: Window::of(Timestamp(rest.1), Span(60_000), Span(0)),
        map: maps.0,
        set: maps.1,
        pair: Pair { one: texts.0, many: rest.2, n: rest.3 },
        unit: (),
        nothing: Nothing,
        wrapped: records.4.into_iter().map(|(n, text)| Wrapped(n, text)).collect(),
        numbers: records.3,
    })
}

fn loose() -> impl Strategy<Value = Loose> {
    let maps = (hash_map(string(), any::<Vec<u64>>(), 0..6), hash_set(any::<u16>(), 0..6));
    let floats = (any::<i16>().prop_map(f32::from), float(), vec(float(), 0..4));
    (floats, line(), vec(line(), 0..4), maps).prop_map(|(floats, line, lines, maps)| Loose {
        f32: floats.0,
        f64: floats.1,
        line,
        lines,
        counts: maps.0,
        ids: maps.1,
        floats: floats.2,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..Default::default() })]

    #[test]
    fn loose_records_agree_in_all_forms(value in loose()) {
        check(&value)?;
    }

    #[test]
    fn strict_records_agree_in_all_forms(value in strict()) {
        check(&value)?;
    }

    #[test]
    fn parts_agree_on_their_own(kind in kind(), tree in tree(), line in line(), numbers in numbers()) {
        check(&kind)?;
        check(&tree)?;
        check(&line)?;
        check(&numbers)?;
        check(&Pair { one: kind.clone(), many: vec![kind], n: 1 })?;
        check(&Nothing)?;
    }

    #[test]
    fn field_types_agree_on_their_own(
        nested in any::<Option<Option<u32>>>(),
        floats in any::<(f32, f64)>().prop_filter("not equal to itself", |(a, b)| a == a && b == b),
        lists in vec(vec(any::<Option<String>>(), 0..3), 0..3),
        hashed in hash_map(any::<i16>(), vec(line(), 0..2), 0..4),
        nine in any::<(u8, (u16, char), [Option<String>; 2], [[i64; 2]; 2], bool, (), i8, (u8,))>(),
    ) {
        check_forms(&nested)?;
        check_forms(&floats)?;
        check_forms(&lists)?;
        check_forms(&Some(Box::new(lists)))?;
        check_forms(&hashed)?;
        check_forms(&nine)?;
    }

    #[test]
    fn order_hash_and_key_agree(a in strict(), b in strict()) {
        check_order(&a, &b)?;
        check_order(&a.kind, &b.kind)?;
        check_order(&a.tree, &b.tree)?;
        check_order(&a.map, &b.map)?;
        check_order(&a, &a.clone())?;
    }

    #[test]
    fn maps_find_what_they_hold(value in loose(), other in strict(), absent in string()) {
        let ((at, bytes), (bt, others)) = (encode(&value), encode(&other));
        let views = [value.as_view(), validate::<Loose>(&bytes, at as usize).unwrap()];
        for view in views {
            for (key, list) in &value.counts {
                prop_assert_eq!(view.counts.get(key).unwrap(), list.as_view());
                prop_assert_eq!(view.counts.get(key.as_str()).unwrap().into_owned(), list.clone());
            }
            prop_assert_eq!(view.counts.get(&*absent).is_some(), value.counts.contains_key(&absent));
            prop_assert!(value.ids.iter().all(|id| view.ids.contains(id)));
            prop_assert_eq!(view.ids.contains(&7), value.ids.contains(&7));
        }
        for view in [other.as_view(), validate::<Strict>(&others, bt as usize).unwrap()] {
            prop_assert!(other.map.iter().all(|(key, list)| view.map.get(&**key) == Some(list.as_view())));
            prop_assert_eq!(view.map.get(&absent).is_some(), other.map.contains_key(&absent));
            prop_assert!(other.set.iter().all(|item| view.set.contains(item)));
            prop_assert_eq!(view.archived.as_bytes(), &other.archived[..]);
        }
    }

    #[test]
    fn any_mixture_is_written_alike(a in strict()) {
        let expected = encode(&a);
        let v = a.as_view();
        let mixed = StrictWith {
            out: a.out.as_str(),
            resolver: a.resolver.clone(),
            view: a.view,
            state: a.state.iter().map(String::as_str).collect::<Vec<&str>>(),
            archived: &a.archived[..],
            kind: v.kind,
            r#type: a.r#type.clone(),
            tree: TreeWith { name: &*a.tree.name, left: v.tree.left, others: a.tree.others.clone() },
            array: a.array,
            strings: [&*a.strings[0], &*a.strings[1]],
            tuple: (a.tuple.0, &*a.tuple.1, a.tuple.2),
            reverse: a.reverse,
            window: a.window,
            map: v.map,
            set: a.set.clone(),
            pair: PairWith { one: &*a.pair.one, many: v.pair.many, n: a.pair.n },
            unit: (),
            nothing: NothingWith,
            wrapped: a.wrapped.iter().map(|w| WrappedWith(w.0, &*w.1)).collect::<Vec<_>>(),
            numbers: a.numbers.as_view(),
        };
        prop_assert_eq!(encode(&mixed), expected);
        prop_assert_eq!(mixed.as_view(), v);
        prop_assert_eq!(format!("{:?}", mixed.as_view()), format!("{a:?}"));
        prop_assert_eq!(mixed.into_owned(), a);
    }
}

/// The same structs as rkyv itself archives them.
mod twin {
    use rkyv::{Archive, Serialize};

    #[derive(Archive, Serialize)]
    pub struct Line {
        pub sku: String,
        pub count: u32,
        pub weight: f64,
    }

    #[derive(Archive, Serialize)]
    pub enum Kind {
        Plain,
        Gift { to: String },
        Bulk(u32, Option<String>),
    }

    #[derive(Archive, Serialize)]
    pub struct Order {
        pub id: u64,
        pub note: Option<String>,
        pub lines: Vec<Line>,
        pub kind: Kind,
        pub boxed: Box<Line>,
        pub pair: (u32, String),
        pub array: [Option<String>; 2],
        pub names: Vec<Vec<String>>,
        pub bytes: Vec<u8>,
        pub maybe: Vec<Option<u16>>,
        pub letter: char,
    }
}

#[record]
struct Order {
    id: u64,
    note: Option<String>,
    lines: Vec<Line>,
    kind: Kind,
    boxed: Box<Line>,
    pair: (u32, String),
    array: [Option<String>; 2],
    names: Vec<Vec<String>>,
    bytes: Vec<u8>,
    maybe: Vec<Option<u16>>,
    letter: char,
}

fn twin_line(line: &Line) -> twin::Line {
    twin::Line { sku: line.sku.clone(), count: line.count, weight: line.weight }
}

fn twin_kind(kind: &Kind) -> twin::Kind {
    match kind.clone() {
        Kind::Plain => twin::Kind::Plain,
        Kind::Gift { to } => twin::Kind::Gift { to },
        Kind::Bulk(n, why) => twin::Kind::Bulk(n, why),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn archives_are_those_of_rkyv(
        lines in vec(line(), 1..4),
        kind in kind(),
        texts in [string(), string()],
        names in vec(vec(string(), 0..3), 0..3),
        (id, bytes, maybe, letter) in any::<(u64, Vec<u8>, Vec<Option<u16>>, char)>(),
    ) {
        let twin = twin::Order {
            id,
            note: Some(texts[0].clone()),
            lines: lines.iter().map(twin_line).collect(),
            kind: twin_kind(&kind),
            boxed: Box::new(twin_line(&lines[0])),
            pair: (7, texts[1].clone()),
            array: [None, Some(texts[0].clone())],
            names: names.clone(),
            bytes: bytes.clone(),
            maybe: maybe.clone(),
            letter,
        };
        let order = Order {
            id,
            note: Some(texts[0].clone()),
            boxed: Box::new(lines[0].clone()),
            lines,
            kind,
            pair: (7, texts[1].clone()),
            array: [None, Some(texts[0].clone())],
            names,
            bytes,
            maybe,
            letter,
        };
        let expected = rkyv::to_bytes::<rkyv::rancor::Error>(&twin).unwrap();
        let mut arena = Arena::default();
        arena.put(&order);
        prop_assert_eq!(arena.as_bytes(), &expected[..]);
        check(&order)?;
    }
}

#[test]
fn the_format_is_pinned() {
    fn layout<T: Record>() -> (usize, usize) {
        (size_of::<T::Archived>(), align_of::<T::Archived>())
    }
    assert_eq!(layout::<Bid>(), (48, 1));
    assert_eq!(layout::<Line>(), (20, 1));
    assert_eq!(layout::<Kind>(), (1 + 4 + 9, 1));
    assert_eq!(layout::<Tree>(), (8 + 5 + 8, 1));
    assert_eq!(layout::<Nothing>(), (0, 1));
    assert_eq!(layout::<Option<u64>>(), (9, 1));
    assert_eq!(layout::<Vec<String>>(), (8, 1));
    assert_eq!(layout::<HashMap<u64, u64>>(), (8, 1));
    assert_eq!(layout::<Numbers>(), (2 * (1 + 2 + 4 + 8 + 16) + 1 + 4 + 8 + 8 + 16 + 16, 1));
    let mut arena = Arena::default();
    arena.put(&Line { sku: "a longer name".into(), count: 0x0102_0304, weight: 1.0 });
    let expected: [&[u8]; 4] = [
        b"a longer name",
        &[0x8d, 0, 0, 0, 0xf3, 0xff, 0xff, 0xff],
        &[4, 3, 2, 1],
        &[0, 0, 0, 0, 0, 0, 0xf0, 0x3f],
    ];
    assert_eq!(arena.as_bytes(), expected.concat());
}

mod layouts {
    pub mod same {
        #[thalweg::record]
        pub struct Bid {
            pub auction: u64,
            pub bidder: u64,
            pub price: u64,
            #[was("chan")]
            #[default]
            pub channel: String,
            pub url: String,
            pub date_time: thalweg::time::Timestamp,
        }
    }
    macro_rules! other {
        ($($name:ident { $($fields:tt)* })*) => {$(
            pub mod $name {
                #[thalweg::record]
                pub struct Bid { $($fields)* }
            }
        )*};
    }
    other! {
        first { pub a: u64, pub b: String }
        renamed { pub a: u64, pub c: String }
        reordered { pub b: String, pub a: u64 }
        retyped { pub a: i64, pub b: String }
        added { pub a: u64, pub b: String, pub c: u8 }
        optional { pub a: u64, pub b: Option<String> }
    }
}

#[test]
fn fingerprints_tell_layouts_apart() {
    use layouts::{added, first, optional, renamed, reordered, retyped, same};
    assert_eq!(fingerprint::<Bid>(), fingerprint::<same::Bid>());
    let prints = [
        fingerprint::<first::Bid>(),
        fingerprint::<renamed::Bid>(),
        fingerprint::<reordered::Bid>(),
        fingerprint::<retyped::Bid>(),
        fingerprint::<added::Bid>(),
        fingerprint::<optional::Bid>(),
        fingerprint::<Pair<Pair<u64>>>(),
        fingerprint::<Pair<Pair<String>>>(),
        fingerprint::<Pair<u64>>(),
        fingerprint::<Tree>(),
    ];
    assert_eq!(prints.iter().collect::<HashSet<_>>().len(), prints.len());
    let layout = thalweg::record::Layout::of::<same::Bid>();
    let [evolved] = layout.evolved() else { panic!("one field has a past") };
    assert_eq!((evolved.record, evolved.field, evolved.was), ("Bid", "channel", &["chan"][..]));
    assert!(evolved.default.is_some());
    let tree = thalweg::record::Layout::of::<Tree>();
    assert_eq!(tree.as_str(), "Tree{name:String,left:Option<Box<Tree^0>>,others:Vec<Tree^0>,}");
}

#[test]
fn old_names_and_missing_fields_are_read() {
    use layouts::same::Bid;
    let text = r#"{"auction":1,"bidder":2,"price":3,"chan":"x","url":"y","date_time":5}"#;
    assert_eq!(serde_json::from_str::<Bid>(text).unwrap().channel, "x");
    let text = r#"{"auction":1,"bidder":2,"price":3,"url":"y","date_time":"1970-01-01T00:00:00Z"}"#;
    assert_eq!(serde_json::from_str::<Bid>(text).unwrap().channel, "");
}

impl BidRef<'_> {
    fn is_large(self) -> bool {
        self.price > 100
    }
}

impl<'a> Iterator for BidRef<'a> {
    type Item = &'a str;
    fn next(&mut self) -> Option<&'a str> {
        (!self.url.is_empty()).then(|| std::mem::take(&mut self.url))
    }
}

impl KindRef<'_> {
    fn recipient(&self) -> Option<&str> {
        match self {
            KindRef::Gift { to } => Some(to),
            KindRef::Plain | KindRef::Bulk(..) => None,
        }
    }
}

#[test]
fn views_are_named_built_and_matched() {
    let bid = BidRef {
        auction: 1,
        bidder: 2,
        price: 300,
        channel: "c",
        url: "u",
        date_time: Timestamp(1),
    };
    assert!(bid.is_large());
    assert_eq!(bid.collect::<Vec<_>>(), ["u"]);
    let BidRef { price, channel, .. } = bid;
    assert_eq!((price, channel), (300, "c"));
    assert_eq!(KindRef::Gift { to: "x" }.recipient(), Some("x"));
    assert_eq!(KindRef::Plain.into_owned(), Kind::Plain);
    let _: WrappedRef<'_> = WrappedRef { 0: 1, 1: "x" };
}

#[test]
fn columns_are_the_names_in_text_formats() {
    #[record]
    #[serde(rename_all = "camelCase")]
    struct Row {
        first_name: String,
        #[serde(rename = "AGE", skip_serializing_if = "is_zero")]
        age: u8,
        nick_name: (),
    }
    fn is_zero(age: &u8) -> bool {
        *age == 0
    }
    assert_eq!(Row::COLUMNS, ["firstName", "AGE", "nickName"]);
    assert_eq!(
        text(&Row { first_name: "a".into(), age: 1, nick_name: () }),
        r#"{"firstName":"a","AGE":1,"nickName":null}"#
    );
    assert_eq!(
        text(&RowWith { first_name: "a", age: 1, nick_name: () }),
        r#"{"firstName":"a","AGE":1,"nickName":null}"#
    );
    assert!(Kind::COLUMNS.is_empty() && Wrapped::COLUMNS.is_empty());
}

/// Traits that the user derives or implements are left alone, and what a field lacks the record lacks too.
#[test]
fn traits_follow_the_fields() {
    #[record]
    #[derive(Clone, Debug, PartialEq, Eq, Hash, Default, PartialOrd, Ord, serde::Serialize)]
    struct Derived {
        name: String,
    }
    #[record(manual(Debug, Ord, PartialOrd))]
    struct Manual {
        name: String,
    }
    impl Debug for Manual {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("by hand")
        }
    }
    fn is_key<T: Key + Eq + Hash>() {}
    is_key::<Derived>();
    is_key::<Manual>();
    is_key::<Pair<String>>();
    let manual = Manual { name: "x".into() };
    assert_eq!(format!("{manual:?}{}", Derived::default().name), "by hand");
    // A record with floats is comparable and hence ranked, but no key.
    fn is_ranked<T: Ranked + PartialOrd>() {}
    is_ranked::<Line>();
    is_ranked::<Pair<f64>>();
}

/// Shapes that are easily forgotten.
mod shapes {
    use super::{BTreeMap, Debug, HashMap, Key, Timestamp, record};

    #[record]
    #[derive(Copy, Eq, PartialOrd, Ord, Hash, Default)]
    pub enum Plain {
        #[default]
        One,
        Two,
    }

    #[record(recursive(Back))]
    pub struct There {
        pub back: Vec<Back>,
        pub plain: Plain,
    }

    #[record]
    pub struct Back {
        pub there: Option<Box<There>>,
    }

    /// Parameters with bounds, defaults and conditions; parts whose names are those of types.
    #[record]
    pub struct Generic<K: Debug, V = u64>
    where
        V: Clone,
        K: Key + Ord,
    {
        pub k: K,
        pub plain: Plain,
        pub timestamp: String,
        pub at: Timestamp,
        pub map: BTreeMap<K, V>,
    }

    #[record]
    pub enum Choice<T> {
        Resolver(T),
        Some { none: Option<T>, r#match: u8 },
        Ok,
    }

    #[record]
    pub struct Unit {}

    #[record]
    pub(super) struct Alone(pub(super) HashMap<u8, Unit>);

    macro_rules! made {
        ($name:ident, $field:ident: $type:ty) => {
            #[record]
            pub struct $name {
                pub $field: $type,
                pub out: Vec<$type>,
            }
        };
    }
    made!(Made, resolver: Option<String>);
}

#[test]
fn every_shape_agrees_in_all_forms() {
    use shapes::{Alone, Back, Choice, Generic, Made, Plain, There, Unit};
    let back = |back: Vec<Back>| Back { there: Some(Box::new(There { back, plain: Plain::Two })) };
    let there = There { back: vec![back(vec![back(vec![])])], plain: Plain::One };
    check(&there).unwrap();
    check_order(&there.back[0].there.clone().unwrap(), &Box::new(there)).unwrap();
    check_order(&Plain::One, &Plain::Two).unwrap();
    let generic = Generic {
        k: "key".to_owned(),
        plain: Plain::Two,
        timestamp: "text".into(),
        at: Timestamp(-1),
        map: BTreeMap::from([("a".into(), 1_u64), ("b".into(), 2)]),
    };
    check(&generic).unwrap();
    check_order(&generic, &Generic { k: String::new(), ..generic.clone() }).unwrap();
    let choices = [
        Choice::Resolver("a".to_owned()),
        Choice::Some { none: Some("b".into()), r#match: 1 },
        Choice::Ok,
    ];
    choices.iter().for_each(|choice| check(choice).unwrap());
    choices.iter().zip(&choices[1..]).for_each(|(a, b)| check_order(a, b).unwrap());
    check_forms(&choices.to_vec()).unwrap();
    check(&Unit {}).unwrap();
    check_forms(&Alone(HashMap::from([(1, Unit {}), (2, Unit {})]))).unwrap();
    check(&Made { resolver: None, out: vec![Some("x".into())] }).unwrap();
    let mixed = shapes::ChoiceWith::Some::<String, _> { none: Some("b"), r#match: 1 };
    assert_eq!(encode(&mixed), encode(&choices[1]));
}

/// An archive that points deep into itself is refused, not followed until the stack ends.
#[test]
fn depth_is_bounded() {
    let leaf = || Tree { name: String::new(), left: None, others: Vec::new() };
    let nest = |depth: usize| {
        (0..depth).fold(leaf(), |inner, _| Tree { left: Some(Box::new(inner)), ..leaf() })
    };
    let is_valid = |tree: &Tree| {
        let (at, bytes) = encode(tree);
        validate::<Tree>(&bytes, at as usize).is_ok()
    };
    assert!(is_valid(&nest(100)));
    assert!(!is_valid(&nest(150)));
    let error = validate::<Bid>(&[0; 10], 0).unwrap_err().to_string();
    assert!(error.contains("not a valid archive of `records::Bid` at byte 0"), "{error}");
}

/// Keys and their hashes are on disk: these numbers never change.
#[test]
fn key_hashes_are_pinned() {
    fn hash<T: Key>(value: &T) -> u64 {
        T::key_hash(value.as_view())
    }
    let gift = Kind::Gift { to: "someone".into() };
    let maps: HashMap<u8, String> = HashMap::from([(1, "a".into()), (2, "b".into())]);
    let hashes = [
        hash(&42_u64),
        hash(&"a string".to_owned()),
        hash(&(7_u32, "x".to_owned())),
        hash(&Some(Timestamp(-1))),
        hash(&gift),
        hash(&vec![gift]),
        hash(&maps),
        hash(&Decimal::new(100, 2)),
    ];
    let pinned = [
        15395265915043915720,
        5507541213866684465,
        14764804369921632381,
        6027492765397423756,
        13813822255725480509,
        5222060554613041071,
        2803252165238499493,
        16039705606431271951,
    ];
    assert_eq!(hashes, pinned);
    // One number, written in two ways, is one key.
    assert_eq!(hash(&Decimal::new(100, 2)), hash(&Decimal::new(1, 0)));
}

#[test]
fn floats_are_ranked_by_their_total_order() {
    let mut floats = [f64::NAN, 1.0, f64::NEG_INFINITY, 0.0, -0.0, f64::INFINITY];
    floats.sort_by(|a, b| f64::rank(*a, *b));
    assert_eq!(format!("{floats:?}"), "[-inf, -0.0, 0.0, 1.0, inf, NaN]");
    assert!(Reverse::<u8>::rank(Reverse(1), Reverse(2)).is_gt());
    assert!(
        Line::rank(
            LineRef { sku: "a", count: 1, weight: f64::NAN },
            LineRef { sku: "a", count: 1, weight: 0.0 }
        )
        .is_gt()
    );
}
