use thalweg::record;

#[record]
fn function() {}

#[record]
union Either {
    a: u64,
    b: u64,
}

#[record]
type Alias = u64;

fn main() {
    function();
}
