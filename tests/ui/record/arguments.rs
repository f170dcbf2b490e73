use thalweg::record;

#[record(fast)]
struct Fast(u64);

#[record(manual(Debug, Display))]
struct Shown(u64);

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

fn main() {}
