//! What `#[record]` emits passes the strictest lints a user's crate may have.
#![forbid(unsafe_code)]
#![deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unused_qualifications,
    unused_lifetimes,
    clippy::all,
    clippy::pedantic,
    clippy::undocumented_unsafe_blocks
)]

/// Records of every shape.
pub mod records {
    use std::collections::BTreeMap;

    use thalweg::record;
    use thalweg::time::Timestamp;

    /// A bid.
    #[record]
    pub struct Bid {
        /// Which auction.
        pub auction: u64,
        /// Where it was made.
        pub channel: String,
        /// When.
        pub date_time: Timestamp,
        hidden: Option<Vec<Kind>>,
    }

    /// What a bid is.
    #[record]
    pub enum Kind {
        /// Nothing special.
        Plain,
        /// For someone else.
        Gift {
            /// For whom.
            to: String,
        },
        /// Many.
        Bulk(u32, f64),
    }

    /// A generic record.
    #[record]
    pub struct Pair<T: Ord>
    where
        T: Clone,
    {
        /// Its parts.
        pub parts: BTreeMap<T, T>,
        /// Numbers.
        pub numbers: [u16; 3],
    }

    #[record]
    #[derive(Default)]
    struct Private(u8, String);

    /// Nothing.
    #[record]
    pub struct Nothing;

    /// Makes and takes apart what is private.
    #[must_use]
    pub fn hidden(bid: &BidRef<'_>) -> usize {
        let private = Private::default();
        bid.hidden.map_or(0, |kinds| kinds.len()) + private.1.len() + usize::from(private.0)
    }
}

#[test]
fn views_of_private_fields_are_made_in_their_module_only() {
    use thalweg::record::Emit;
    let kind = records::Kind::Gift { to: "x".into() };
    assert_eq!(kind.as_view(), records::KindRef::Gift { to: "x" });
    let _ = records::hidden;
}
