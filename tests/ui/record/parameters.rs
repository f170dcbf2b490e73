use std::marker::PhantomData;

use thalweg::record;

#[record]
struct Lifetime<'a> {
    name: &'a str,
}

#[record]
struct Phantom<T> {
    nothing: PhantomData<T>,
}

fn main() {}
