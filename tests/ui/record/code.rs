use thalweg::record;

#[record]
struct Code {
    call: fn(u64) -> u64,
    object: Box<dyn Send>,
    anything: impl Copy,
}

fn main() {}
