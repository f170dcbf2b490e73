//! `window(..)` and the words that follow it.

use quote::ToTokens;
use syn::Expr;

use super::call::{innermost, literal_millis};
use super::{Cursor, Lowering, Pending, PendingWindow, site_of};
use crate::ast::Call;
use crate::catalog::{self, Kind};
use crate::diagnostic::{Diagnostics, Extent, nearest};
use crate::ir::{Aggregation, Op};
use crate::messages as m;

impl Lowering<'_> {
    pub(super) fn window(&mut self, cursor: &mut Cursor, call: &Call, kind: Kind) -> bool {
        let spec = call.args[0].clone();
        if !self.check_window(&spec) {
            return false;
        }
        if kind == Kind::WindowAll {
            self.push(cursor, call, Op::KeyBy { f: None });
        } else if !self.is_keyed(cursor) {
            self.errors.report(&m::NEEDS_KEY_OR_ALL, call.name.span(), "", &self.place);
        }
        cursor.pending = Pending::Window(Box::new(PendingWindow {
            spec,
            options: Vec::new(),
            firing: Default::default(),
            gap: None,
            late: None,
            site: site_of(call),
            place: self.place.clone(),
            modifiers: Default::default(),
        }));
        true
    }

    /// Known window, positive length where it is literal; false if nothing can follow it.
    pub(super) fn check_window(&mut self, spec: &Expr) -> bool {
        let Expr::Call(call) = innermost(spec) else { return true };
        let Expr::Path(path) = &*call.func else { return true };
        let Some(word) = path.path.segments.last().map(|last| &last.ident) else { return true };
        let name = word.to_string();
        if path.path.get_ident().is_some() && !catalog::WINDOWS.contains(&name.as_str()) {
            // It may be a function of the user's that returns a window; a near miss is not.
            if let Some(near) = nearest(&name, catalog::WINDOWS.iter().copied()) {
                let help = format!("did you mean `{near}`?");
                let place = &self.place;
                self.errors.report_with_help(&m::UNKNOWN_WINDOW, word.span(), &name, place, &help);
                return false;
            }
        }
        if !self.check_count_window(spec) {
            self.check_lengths(&name, call);
        }
        true
    }

    /// Lengths, slides and gaps are positive where they are literal.
    fn check_lengths(&mut self, name: &str, call: &syn::ExprCall) {
        let messages: &[&m::Message] = match name {
            "session" => &[&m::SESSION_GAP],
            _ => &[&m::WINDOW_SIZE, &m::WINDOW_SLIDE],
        };
        for (message, arg) in messages.iter().zip(&call.args) {
            if literal_millis(arg).is_some_and(|millis| millis <= 0) {
                self.errors.report(message, Extent::of(arg), "", &self.place);
            }
        }
    }

    pub(super) fn window_option(&mut self, cursor: &mut Cursor, call: &Call, kind: Kind) {
        let (word, span) = (call.name.to_string(), call.name.span());
        if !matches!(cursor.pending, Pending::Window(_)) {
            self.errors.report(&m::NEEDS_WINDOW, span, &word, &self.place);
            return self.refuse(call.args[0].to_token_stream());
        }
        let late = if kind == Kind::LateTo { self.side_argument(&call.args[0]) } else { None };
        if let Pending::Window(window) = &cursor.pending
            && self.check_timeless(&window.spec, &call.name)
        {
            return self.graph.refused.extend(late);
        }
        let Pending::Window(window) = &mut cursor.pending else { return };
        let given = match kind {
            Kind::LateTo => window.late.is_some(),
            _ => window.options.iter().any(|(name, _)| *name == call.name),
        };
        if given {
            self.errors.report(&m::DUPLICATE_MODIFIER, span, &word, &self.place);
            return self.graph.refused.extend(late);
        }
        if kind == Kind::LateTo {
            window.late = late;
            window.modifiers.late_to = Some(span);
            return;
        }
        if call.name == "offset" {
            check_offset(&window.spec, call, &self.place, self.errors);
        }
        let value = literal_millis(&call.args[0]);
        if call.name == "allowed_lateness" && value.is_some_and(|millis| millis < 0) {
            self.errors.report(&m::NEGATIVE_LATENESS, Extent::of(&call.args[0]), "", &self.place);
        }
        window.options.push((call.name.clone(), call.args[0].clone()));
    }

    /// `gap(|x| ..)` of a dynamic session.
    pub(super) fn gap(&mut self, cursor: &mut Cursor, call: &Call) {
        let span = call.name.span();
        self.check_captures(&call.args[0]);
        let Pending::Window(window) = &mut cursor.pending else {
            self.errors.report(&m::NEEDS_WINDOW, span, "gap", &self.place);
            return self.refuse(call.args[0].to_token_stream());
        };
        match word_of(&window.spec) {
            Some(word)
                if catalog::WINDOWS.contains(&word.as_str()) && word != "dynamic_session" =>
            {
                self.errors.report(&m::NO_GAP, span, &word, &self.place);
            }
            _ if window.gap.is_some() => {
                self.errors.report(&m::DUPLICATE_MODIFIER, span, "gap", &self.place);
            }
            _ => window.gap = Some(call.args[0].clone()),
        }
    }

    pub(super) fn check_gap(&mut self, window: &PendingWindow) {
        if word_of(&window.spec).is_some_and(|word| word == "dynamic_session")
            && window.gap.is_none()
        {
            self.errors.report(&m::NEEDS_GAP, window.site.span, "", &window.place);
        }
    }

    /// What a window is needs, and what it can keep.
    pub(super) fn check_kept(&mut self, window: &PendingWindow, kept: &Aggregation, call: &Call) {
        self.check_gap(window);
        let place = &window.place;
        if matches!(kept, Aggregation::Fold { .. }) && is_session(&window.spec) {
            self.errors.report(&m::SESSION_FOLD, call.name.span(), "", place);
        }
    }
}

/// An offset is below the length of a window, of a sliding one below the slide; sessions have none.
fn check_offset(spec: &Expr, call: &Call, place: &str, errors: &mut Diagnostics) {
    let (offset, word) = (literal_millis(&call.args[0]), word_of(spec));
    let (message, most) = match word.as_deref() {
        Some("session" | "dynamic_session") => {
            return errors.report(&m::SESSION_OFFSET, call.name.span(), "", place);
        }
        Some("sliding") => (&m::SLIDE_OFFSET, 1),
        _ => (&m::WINDOW_OFFSET, 0),
    };
    let Expr::Call(spec) = innermost(spec) else { return };
    if let (Some(offset), Some(most)) = (offset, spec.args.get(most).and_then(literal_millis))
        && most > 0
        && offset.unsigned_abs() >= most.unsigned_abs()
    {
        errors.report(message, Extent::of(&call.args[0]), "", place);
    }
}

/// The word of a window that is written where it is used: `sliding` of `sliding(..).offset(..)`.
pub(super) fn word_of(spec: &Expr) -> Option<String> {
    let Expr::Call(call) = innermost(spec) else { return None };
    let Expr::Path(path) = &*call.func else { return None };
    path.path.segments.last().map(|last| last.ident.to_string())
}

/// True if the windows are sessions, as far as that can be seen.
pub(crate) fn is_session(spec: &Expr) -> bool {
    word_of(spec).is_some_and(|word| word == "session" || word == "dynamic_session")
}
