use thalweg::record;

#[record]
enum Never {}

#[record]
enum Numbered {
    One = 1,
    Two = 2,
}

fn main() {}
