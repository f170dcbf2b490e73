use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use thalweg::record;

#[record]
struct Shared {
    rc: Rc<String>,
    arcs: Vec<Arc<str>>,
    cell: Option<RefCell<u64>>,
    lock: (u64, Mutex<u64>),
}

fn main() {}
