use thalweg::record;

#[record]
struct Types {
    nine: (u8, u8, u8, u8, u8, u8, u8, u8, u8),
    inferred: _,
    never: !,
}

fn main() {}
