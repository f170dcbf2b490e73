use std::collections::{BTreeMap, HashMap, HashSet};

use thalweg::record;

#[record]
struct FloatKeys {
    hashed: HashMap<f64, String>,
    ordered: Vec<BTreeMap<f32, u8>>,
    set: HashSet<f64>,
    values_are_fine: HashMap<String, f64>,
}

fn main() {}
