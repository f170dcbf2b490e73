use thalweg::record;

#[record]
struct Attributes {
    #[key]
    unknown: u64,
    #[default(5)]
    with_default: u64,
    #[was]
    nameless: u64,
    #[was("unknown")]
    doubled: u64,
    #[cfg(unix)]
    conditional: u64,
    #[serde(with = "hex")]
    written_by_hand: Vec<u8>,
}

fn main() {}
