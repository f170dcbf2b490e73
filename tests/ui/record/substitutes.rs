use std::borrow::Cow;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use thalweg::record;

#[record]
struct Substitutes {
    text: Cow<'static, str>,
    path: PathBuf,
    long: Duration,
    at: Option<SystemTime>,
    queue: VecDeque<u64>,
}

fn main() {}
