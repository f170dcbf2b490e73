//! Handles: what a task opens once and borrows once per turn.

use proc_macro2::{Ident, TokenStream};

use super::names::located;

/// What a chain's factory opens, in order.
#[derive(Default)]
pub struct Handles {
    open: TokenStream,
    borrow: TokenStream,
    split: TokenStream,
}

impl Handles {
    /// Opens something shared with the runner: `let sink0 = cx.sink(&sink0)?;`, borrowed every turn.
    pub fn shared(&mut self, name: &Ident, open: TokenStream) {
        self.own(name, open);
        let borrow = code!(let #name = &mut *#name.borrow_mut(););
        self.borrow.extend(located(borrow, name.span()));
    }

    /// Opens something that only the chain uses.
    pub fn own(&mut self, name: &Ident, open: TokenStream) {
        self.open.extend(located(code!(let #name = #open;), name.span()));
    }

    /// Opens something that only the chain uses, and changes.
    pub fn own_mut(&mut self, name: &Ident, open: TokenStream) {
        self.open.extend(located(code!(let mut #name = #open;), name.span()));
    }

    /// Opens a watermark generator; each turn borrows the clock of the split that it reads.
    pub fn watermarks(&mut self, name: &Ident, clock: &Ident, open: TokenStream) {
        self.shared(name, open);
        self.split.extend(code!(let #clock = #name.split(turn.split());));
    }

    /// Statements of the factory.
    pub fn open(&self) -> &TokenStream {
        &self.open
    }

    /// Statements at the start of a turn.
    pub fn borrow(&self) -> &TokenStream {
        &self.borrow
    }

    /// Statements behind the poll of the source, which says what split is read.
    pub fn split(&self) -> &TokenStream {
        &self.split
    }

    /// The same, which are then done: what is opened from here on is needed further down only.
    pub fn take_split(&mut self) -> TokenStream {
        std::mem::take(&mut self.split)
    }
}
