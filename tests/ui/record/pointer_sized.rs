use thalweg::record;

#[record]
enum Sized {
    Count(usize),
    Offset { bytes: [isize; 2] },
}

fn main() {}
