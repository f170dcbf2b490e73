//! What `#[record]` makes of a type: its view, its archive and its `…With` agree with the owned value.
#![forbid(unsafe_code)]

use thalweg::record;
use thalweg::record::{Arena, Emit, Record};
use thalweg::time::Timestamp;

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
struct Order {
    id: u64,
    note: Option<String>,
    lines: Vec<Line>,
    kind: Kind,
    pair: (u32, u64),
    tags: Vec<String>,
}

#[record]
struct Pair<T> {
    one: T,
    many: Vec<T>,
    n: u8,
}

#[record]
struct Empty;

#[record]
struct Wrapped(u64, String);

#[record]
struct Chain {
    name: String,
    rest: Vec<Chain>,
}

impl BidRef<'_> {
    fn is_large(self) -> bool {
        self.price > 100
    }
}

fn encode<E: Emit>(item: &E) -> (u32, Vec<u8>) {
    let mut arena = Arena::default();
    let at = arena.put(item);
    (at, arena.as_bytes().to_vec())
}

#[test]
fn first() {
    let bid = Bid {
        auction: 1,
        bidder: 2,
        price: 300,
        channel: "Google".into(),
        url: "https://www.nexmark.com/item.htm?query=1".into(),
        date_time: Timestamp(42),
    };
    let view = bid.as_view();
    assert!(view.is_large());
    let (at, bytes) = encode(&bid);
    assert_eq!(encode(&view), (at, bytes.clone()));
    let archived = thalweg::record::validate::<Bid>(&bytes, at as usize).unwrap();
    assert_eq!(archived, view);
    assert_eq!(format!("{archived:?}"), format!("{bid:?}"));
    assert_eq!(encode(&archived), (at, bytes.clone()));
    assert_eq!(archived.into_owned(), bid);
    let with = BidWith {
        auction: 1,
        bidder: 2,
        price: 300,
        channel: String::from("Google"),
        url: view.url,
        date_time: Timestamp(42),
    };
    assert_eq!(encode(&with), (at, bytes.clone()));
    assert_eq!(serde_json::to_string(&view).unwrap(), serde_json::to_string(&bid).unwrap());
    assert_eq!(Bid::COLUMNS, ["auction", "bidder", "price", "channel", "url", "date_time"]);
}
