use thalweg::record;

#[record]
struct Borrowed {
    name: &'static str,
    list: &'static [u8],
    address: *const u8,
    unsized_text: Box<str>,
    unsized_list: Box<[u64]>,
}

fn main() {}
