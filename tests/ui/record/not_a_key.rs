use thalweg::record;
use thalweg::record::Key;

#[record]
struct Reading {
    sensor: String,
    celsius: f64,
}

#[record]
struct Holder {
    reading: Reading,
}

fn key_by<K: Key>() {}

fn main() {
    key_by::<f64>();
    key_by::<Reading>();
    key_by::<Holder>();
}
