use thalweg::record;

#[record]
#[migrate(OldAttributes)]
struct Attributes {
    #[key]
    unknown: u64,
    #[default(5)]
    with_default: u64,
    #[was]
    nameless: u64,
    #[was("unknown")]
    doubled: u64,
    #[was("before")]
    first: u64,
    #[was("before")]
    second: u64,
    #[cfg(unix)]
    conditional: u64,
    #[serde(with = "hex")]
    written_by_hand: Vec<u8>,
}

#[record]
struct Nameless(#[was("0")] u64);

#[record]
struct NotDefault {
    #[default = "seven"]
    seven: u64,
}

#[record]
#[migrate(from = NotDefault)]
struct NotFrom {
    eight: u64,
}

fn main() {}
