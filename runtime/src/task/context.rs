//! What a chain's factory opens its task with.

use std::cell::RefCell;
use std::rc::Rc;

/// Something that outlives a turn, shared between the chain and the task's runner; borrowed once per turn.
pub type Handle<T> = Rc<RefCell<T>>;

/// One task being opened: gives the chain its source, inputs, outputs, sinks, state and watermark generators, and
/// keeps a second handle on each for the runner.
pub struct TaskContext {}
