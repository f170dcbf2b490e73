//! A future runs on other threads.
use thalweg::prelude::*;

fn ids() -> Vec<u64> {
    vec![1]
}

#[pipeline]
fn job() {
    source(collection(ids()))
        .async_map(|id| async move {
            let local = std::rc::Rc::new(id);
            std::future::ready(()).await;
            *local
        })
        .sink(print());
}

fn main() {}
