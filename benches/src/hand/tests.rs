//! Every loop against the answers of an independent program in another language.

use super::find;
use crate::nexmark::{Input, Query};

const EVENTS: u64 = 300_000;

#[track_caller]
fn check(seed: u64, expected: [(Query, &str); 9]) {
    let mut input = (Query::Q0, Input::materialise(Query::Q0, seed, EVENTS));
    for (query, checksum) in expected {
        if !Input::is_shared_by(input.0, query) {
            input = (query, Input::materialise(query, seed, EVENTS));
        }
        assert_eq!(find(query)(input.1, 1).to_string(), checksum, "{query}, seed {seed}");
    }
}

#[test]
fn answers_are_the_documented_ones() {
    check(
        42,
        [
            (Query::Q0, "300000:d7ff59a51076ea1e"),
            (Query::Q1, "276000:fe4ee6f50d132d3d"),
            (Query::Q2, "1890:945e4258da123f9e"),
            (Query::Q5, "20:c86b71f705574575"),
            (Query::Q7, "4:566c10dad22a6a1e"),
            (Query::Q8, "15201:50b79321f24dad6f"),
            (Query::Q11, "6934:f20f2bfb732b305a"),
            (Query::Kc, "300000:1a13b726fb618447"),
            (Query::Kcb, "300000:1a13b726fb618447"),
        ],
    );
}

#[test]
fn another_seed_gives_other_answers_also_right() {
    check(
        7,
        [
            (Query::Q0, "300000:0997403b5e60da52"),
            (Query::Q1, "276000:3c10fec377234691"),
            (Query::Q2, "1903:f66b03ab94b85fc5"),
            (Query::Q5, "20:1d9f0e4e74f07b11"),
            (Query::Q7, "4:a8fc9ebdd1e3f7f9"),
            (Query::Q8, "15466:8f51daa346260e82"),
            (Query::Q11, "6912:1e4bba9dece8a8a3"),
            (Query::Kc, "300000:95386f08b67098c9"),
            (Query::Kcb, "300000:95386f08b67098c9"),
        ],
    );
}
